from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import (
    GenericInline,
    Narrowed,
    PortalAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    badge,
    leads_to,
    link,
)
from accounts.models import User
from affiliates.models import Membership, Partner, PartnerHistory


class MembershipInline(GenericInline[Membership, Partner]):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name_plural = "people who act for this partner"


class PartnerHistoryInline(ReadOnlyInline[PartnerHistory, Partner]):
    model = PartnerHistory
    fields = (link("batch", "recorded in"), "joined_on", "terminated_on")
    verbose_name_plural = "the dates as they were recorded"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnerHistory]:
        return super().get_queryset(request).select_related("batch")


@admin.register(Partner)
class PartnerAdmin(PortalAdmin[Partner]):
    """Names and addresses are put right here; dates are facts, which only a recording changes."""

    list_display = ("name", "reference", badge("kind"), "email", "joined_on", "terminated_on")
    list_filter = ("kind", ("terminated_on", admin.EmptyFieldListFilter))
    search_fields = ("name", "reference", "email")
    fieldsets = (
        (None, {"fields": ("reference", "kind", "name", "email", "address")}),
        ("Facts", {"fields": ("joined_on", "terminated_on", "terminated_by", "batch")}),
    )
    readonly_fields = ("reference", "kind", "joined_on", "terminated_on", "terminated_by", "batch")
    inlines = (MembershipInline, PartnerHistoryInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Partner | None = None) -> bool:
        return False


@admin.register(PartnerHistory)
class PartnerHistoryAdmin(ReadOnlyAdmin[PartnerHistory]):
    list_display = ("id", link("partner"), "joined_on", "terminated_on", link("batch"))
    list_filter = (("partner", Narrowed), ("batch", Narrowed))
    list_select_related = ("partner", "batch")
    search_fields = ("partner__name",)
    fields = ("partner", "joined_on", "terminated_on", "batch")


@admin.register(Membership)
class MembershipAdmin(PortalAdmin[Membership]):
    list_display = ("id", link("user"), link("partner"), badge("role"))
    list_filter = ("role", ("partner", Narrowed), ("user", Narrowed))
    list_select_related = ("user", "partner")
    search_fields = ("user__email", "user__name", "partner__name")
    autocomplete_fields = ("user", "partner")
    fields = ("user", "partner", "role")


leads_to(User, Membership, user__id__exact="pk")
