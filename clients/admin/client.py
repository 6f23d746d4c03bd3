from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import Narrowed, PortalAdmin, ReadOnlyAdmin, ReadOnlyInline, badge, leads_to, link
from affiliates.models import Partner
from clients.models import CategoryMapping, ChargebackReview, Client, ClientHistory, WinCorrection
from referrals.models import Lead


class ClientHistoryInline(ReadOnlyInline[ClientHistory, Client]):
    model = ClientHistory
    fields = (link("batch", "recorded in"), link("partner"), "closed_on", "canceled_on")
    verbose_name_plural = "the facts as they were recorded"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClientHistory]:
        return super().get_queryset(request).select_related("batch", "partner")


@admin.register(Client)
class ClientAdmin(PortalAdmin[Client]):
    """Name and domain are put right here; partner and dates are facts, which only a recording changes."""

    list_display = ("name", "reference", link("partner"), "domain", "closed_on", "canceled_on")
    list_filter = (("canceled_on", admin.EmptyFieldListFilter), ("partner", Narrowed), ("lead", Narrowed))
    list_select_related = ("partner",)
    ordering = ("-id",)  # By name all of them would be sorted before the first page.
    search_fields = ("name", "reference", "domain")
    fieldsets = (
        (None, {"fields": ("reference", "name", "domain")}),
        ("Facts", {"fields": ("partner", "closed_on", "canceled_on", "contract_months", "lead", "batch")}),
    )
    readonly_fields = ("reference", "partner", "closed_on", "canceled_on", "lead", "batch")
    inlines = (ClientHistoryInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False


@admin.register(ClientHistory)
class ClientHistoryAdmin(ReadOnlyAdmin[ClientHistory]):
    list_display = ("id", link("client"), link("partner"), "closed_on", "canceled_on", link("batch"))
    list_filter = (("client", Narrowed), ("partner", Narrowed), ("batch", Narrowed))
    list_select_related = ("client", "partner", "batch")
    search_fields = ("client__name",)
    fields = ("client", "partner", "closed_on", "canceled_on", "batch")


@admin.register(WinCorrection)
class WinCorrectionAdmin(ReadOnlyAdmin[WinCorrection]):
    list_display = ("at", link("lead"), link("client"), "closed_on", link("by"), "reason")
    list_display_links = ("at",)
    list_filter = (("lead", Narrowed), ("client", Narrowed), ("by", Narrowed))
    list_select_related = ("lead", "client", "by")
    search_fields = ("lead__company", "client__reference")
    fields = ("lead", "client", "closed_on", "reason", "at", "by")


@admin.register(CategoryMapping)
class CategoryMappingAdmin(ReadOnlyAdmin[CategoryMapping]):
    list_display = ("word", badge("category"), "decided_at", link("decided_by"))
    list_filter = ("category",)
    list_select_related = ("decided_by",)
    search_fields = ("word",)
    fields = ("word", "category", "decided_at", "decided_by", "batch")


@admin.register(ChargebackReview)
class ChargebackReviewAdmin(ReadOnlyAdmin[ChargebackReview]):
    list_display = (
        "raised_at",
        link("partner"),
        "chargebacks",
        link("raised_by"),
        "decided_at",
        link("decided_by"),
    )
    list_filter = (("decided_at", admin.EmptyFieldListFilter), ("partner", Narrowed), ("raised_by", Narrowed))
    list_select_related = ("partner", "raised_by", "decided_by")
    search_fields = ("partner__name",)
    fields = ("partner", "chargebacks", "raised_by", "raised_at", "decided_at", "decided_by", "decision")


leads_to(Partner, Client, partner__id__exact="pk")
leads_to(Partner, ChargebackReview, partner__id__exact="pk")
leads_to(Lead, Client, lead__id__exact="pk")
