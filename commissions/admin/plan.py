from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from accounts.admin_parts import (
    Column,
    GenericInline,
    Narrowed,
    PortalAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    leads_to,
    link,
)
from affiliates.admin.columns import money, month, rate
from affiliates.models import Partner
from commissions.models import Plan, PlanAssignment, Tier

TIERS = Column("tiers", lambda plan: " · ".join(str(tier) for tier in plan.tiers.all()), "tiers")


class NewTiers(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        thresholds = [
            form.cleaned_data.get("threshold")
            for form in self.forms
            if form.has_changed() and form.is_valid()
        ]
        if not self.errors or not any(self.errors):
            if 0 not in thresholds:
                raise ValidationError("A plan begins with a tier from 0.00 on, so that every MRR has a rate.")


class NewTierInline(GenericInline[Tier, Plan]):
    model = Tier
    formset = NewTiers
    extra = 3
    fields = ("threshold", "rate")

    def get_formset(self, request: HttpRequest, obj: Plan | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, help_texts={"rate": "A share: 0.2 is 20 %"}, **kwargs)


class TierInline(ReadOnlyInline[Tier, Plan]):
    model = Tier
    fields = (money("threshold", "from a monthly MRR of"), rate("rate"))


@admin.register(Plan)
class PlanAdmin(PortalAdmin[Plan]):
    """A plan is added with its tiers and stays as it is; other rates are another plan."""

    list_display = ("name", "is_standard", TIERS)
    search_fields = ("name",)

    def has_change_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        return ("name", "is_standard") if obj else ("name",)

    def get_inlines(self, request: HttpRequest, obj: Plan | None) -> Any:
        return (TierInline,) if obj else (NewTierInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("tiers")


@admin.register(Tier)
class TierAdmin(ReadOnlyAdmin[Tier]):
    list_display = ("id", link("plan"), money("threshold", is_summed=False), rate("rate"))
    list_filter = ("plan",)
    list_select_related = ("plan",)
    fields = ("plan", money("threshold"), rate("rate"))


@admin.register(PlanAssignment)
class PlanAssignmentAdmin(ReadOnlyAdmin[PlanAssignment]):
    list_display = ("id", link("partner"), link("plan"), month("first_month"), "reason", link("given_by"))
    list_filter = ("plan", ("partner", Narrowed))
    list_select_related = ("partner", "plan", "given_by")
    search_fields = ("partner__name", "reason")
    fields = ("partner", "plan", month("first_month"), "reason", "given_by", "batch")


leads_to(Partner, PlanAssignment, label="plans", partner__id__exact="pk")
leads_to(Plan, PlanAssignment, label="partners with this plan", plan__id__exact="pk")
