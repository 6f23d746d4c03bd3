from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import (
    Column,
    Narrowed,
    PortalAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    badge,
    leads_to,
    link,
)
from affiliates.models import Partner
from referrals.models import Click, Lead, LeadStep, Link

PROFILE = Column(
    "profile",
    lambda lead: "Outside: to be reviewed" if lead.is_outside_profile() else "Within, as far as is known",
    "the program's profile",
)


class LeadStepInline(ReadOnlyInline[LeadStep, Lead]):
    model = LeadStep
    fields = ("at", badge("stage"), link("by"), "reason")
    verbose_name_plural = "history"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadStep]:
        return super().get_queryset(request).select_related("by")


@admin.register(Lead)
class LeadAdmin(PortalAdmin[Lead]):
    """Who to talk to is put right here; the stage moves with its history, through the sales pipeline."""

    list_display = (
        "company",
        link("partner"),
        badge("stage"),
        "contact",
        "channel",
        "registered_on",
        "protected_until",
    )
    list_filter = ("stage", "channel", ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("company", "domain", "email", "contact")
    date_hierarchy = "registered_on"
    fieldsets = (
        (None, {"fields": ("company", "domain", "partner", "stage", "contact", "email")}),
        ("Size", {"fields": ("agents", "employees", PROFILE)}),
        (None, {"fields": ("note",)}),
        (
            "Registration",
            {"fields": ("channel", "registered_on", "registered_by", "protected_until", "is_attested")},
        ),
    )
    readonly_fields = (
        "company", "domain", "email", "partner", "stage",
        "channel", "registered_on", "registered_by", "protected_until", "is_attested",
    )  # fmt: skip
    inlines = (LeadStepInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Lead | None = None) -> bool:
        return False


@admin.register(LeadStep)
class LeadStepAdmin(ReadOnlyAdmin[LeadStep]):
    list_display = ("at", link("lead"), badge("stage"), link("by"), "reason")
    list_filter = ("stage", ("lead", Narrowed))
    list_select_related = ("lead", "by")
    search_fields = ("lead__company",)
    ordering = ("-id",)
    fields = ("lead", "stage", "at", "by", "reason")


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin[Link]):
    list_display = ("code", "name", link("partner"), "destination", "created_at")
    list_filter = (("partner", Narrowed),)
    list_select_related = ("partner",)
    search_fields = ("code", "name", "partner__name")
    fields = ("code", "name", "partner", "destination", "created_at")


@admin.register(Click)
class ClickAdmin(ReadOnlyAdmin[Click]):
    list_display = ("at", link("link"), link("link__partner"), "referrer", "agent")
    list_filter = (("link", Narrowed), ("link__partner", Narrowed))
    list_select_related = ("link__partner",)
    search_fields = ("=link__code",)
    fields = ("link", "at", "referrer", "agent")


leads_to(Partner, Lead, partner__id__exact="pk")
leads_to(Partner, Link, partner__id__exact="pk")
leads_to(Link, Click, link__id__exact="pk")
