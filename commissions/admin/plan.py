from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin_parts import (
    AddOnlyAdmin,
    Column,
    GenericInline,
    Narrowed,
    ReadOnlyAdmin,
    ReadOnlyInline,
    leads_to,
    link,
)
from accounts.models import User
from affiliates.admin.columns import money, month, rate, show_rate
from affiliates.models import Partner
from affiliates.money import show_money
from commissions.models import Plan, PlanAssignment, Tier
from commissions.services.give_plan import make_plan


def _tiers(plan: Plan) -> str:
    return " · ".join(f"{show_rate(tier.rate)} from {show_money(tier.threshold)}" for tier in plan.tiers.all())


TIERS = Column("tiers", _tiers, "tiers")


class NewTiers(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        thresholds = [
            form.cleaned_data.get("threshold") for form in self.forms if form.has_changed() and form.is_valid()
        ]
        if not any(self.errors) and 0 not in thresholds:
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
class PlanAdmin(AddOnlyAdmin[Plan]):
    """A plan is added with its tiers and stays as it is; other rates are another plan."""

    list_display = ("name", "is_standard", TIERS)
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        return ("name", "is_standard") if obj else ("name",)

    def get_inlines(self, request: HttpRequest, obj: Plan | None) -> Any:
        return (TierInline,) if obj else (NewTierInline,)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """The plan is written with its tiers, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        tiers = [tier.cleaned_data for formset in formsets for tier in formset if tier.has_changed()]
        made = make_plan(
            name=form.cleaned_data["name"],
            tiers=[(tier["threshold"], tier["rate"]) for tier in tiers],
            by=cast(User, request.user),
            at=timezone.now(),
        )
        form.instance.pk = made.pk

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"added": {}}]

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
