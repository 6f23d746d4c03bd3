"""Commission plans: which there are, who has them, and a new one."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.forms import BaseFormSet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.months import month_of
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from commissions.forms import PlanForm, TierForm, TierFormSet
from commissions.models import Plan, PlanAssignment, Tier
from commissions.services.give_plan import PlanHasNoLowestTier, PlanRefused, make_plan
from parts.formats import percent, short_month
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

WHERE = {"threshold": "monthly MRR", "percent": "rate"}
PLANS = {
    "plan": Column("Plan", sort=("name",)),
    "tiers": Column("Rates"),
    "partners": Column("Partners now", is_number=True),
}
HOLDERS = {
    "partner": Column("Partner", sort=("partner__name",)),
    "from": Column("From", sort=("first_month",)),
    "state": Column("State"),
    "given": Column("Given by", sort=("given_by__name",)),
    "reason": Column("Reason"),
}


@require_safe
@staff_page(Right.GIVE_PLANS)
def plans(request: StaffRequest) -> HttpResponse:
    """All plans with their rates, and how many partners have each."""
    held = _held(month_of(request.staff.today))
    partner = Partner.objects.filter(pk=asked_key(request.GET.get("for", ""))).first()
    listing = Listing(
        request,
        Plan.objects.prefetch_related("tiers"),
        PLANS,
        lambda plan: (
            Cell(
                plan.name,
                below="Valid wherever no other plan was given" if plan.is_standard else "",
                url=_simulation(plan, partner) if partner else reverse("staff_plan", args=[plan.pk]),
            ),
            Cell(in_words(plan.tiers.all())),
            Cell(f"{held[None if plan.is_standard else plan.pk] + (held[plan.pk] if plan.is_standard else 0):,}"),
        ),
        "plan",
        Empty("No plans", "The standard plan comes with the program."),
        label="Commission plans",
    )
    context = {
        "title": "Plans",
        "lead": "A plan never changes, so that what it paid stays explained. Other rates are another plan.",
        "listing": listing,
    }
    if partner is not None:
        context |= {
            "title": f"A plan for {partner}",
            "lead": "Choose one: what it would have paid on the months that were is shown before it is given.",
            "back": (reverse("staff_partner", args=[partner.pk]), partner.name),
        }
    return render(request, "commissions/staff/plans.html", context)


@require_safe
@staff_page(Right.GIVE_PLANS)
def plan(request: StaffRequest, pk: int) -> HttpResponseBase:
    """A plan's tiers, and to whom it was given."""
    found = get_object_or_404(Plan.objects.prefetch_related("tiers"), pk=pk)
    month = month_of(request.staff.today)
    listing = Listing(
        request,
        _given(found, month),
        HOLDERS,
        lambda row: (
            Cell(row.partner.name, below=row.partner.reference, url=reverse("staff_partner", args=[row.partner_id])),
            Cell(short_month(row.first_month)),
            Cell(badge=_state(row, month)),
            Cell(row.given_by.get_full_name() if row.given_by else "The system"),
            Cell(row.reason),
        ),
        "-from",
        Empty("Given to nobody yet", "Simulate it on the months that were, and give it from there."),
        label="Partners who were given the plan",
    )
    context = {
        "title": found.name,
        "lead": "The standard plan: valid wherever no other plan was given." if found.is_standard else "",
        "back": (reverse("staff_plans"), "Plans"),
        "plan": found,
        "tiers": [(show_money(tier.threshold), percent(tier.rate)) for tier in found.tiers.all()],
        "listing": listing,
    }
    return render(request, "commissions/staff/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.GIVE_PLANS)
def plan_new(request: StaffRequest) -> HttpResponse:
    """A new plan: its name and its tiers."""
    sent = request.POST if request.method == "POST" else None
    form, tiers = PlanForm(sent), TierFormSet(sent, prefix="tier", initial=[{"threshold": "0.00"}])
    if sent is not None and all([form.is_valid(), tiers.is_valid()]):
        rows = [row.cleaned_data for row in tiers if row.cleaned_data]
        try:
            made = make_plan(
                name=form.cleaned_data["name"],
                tiers=[(row["threshold"], row["percent"] / Decimal(100)) for row in rows],
                by=request.staff.user,
                at=timezone.now(),
            )
        except PlanHasNoLowestTier:
            form.add_error(None, "A plan begins with a tier from 0.00 on, so that every MRR has a rate. Add that one.")
        except PlanRefused as refusal:
            form.add_error("name" if "already" in str(refusal) else None, f"{refusal}.")
        else:
            messages.success(request, f"“{made}” is made. Simulate it, then give it.")
            return redirect("staff_plan", pk=made.pk)
    context = {
        "title": "A new plan",
        "lead": "The rate of the highest tier that a month’s MRR reaches applies to all of that month.",
        "back": (reverse("staff_plans"), "Plans"),
        "form": form,
        "tiers": tiers,
        "wrong_tiers": _wrong(tiers) if sent is not None else [],
    }
    return render(request, "commissions/staff/plan_form.html", context, status=200 if sent is None else 422)


def _simulation(plan: Plan, partner: Partner) -> str:
    """Where a plan is simulated for a partner, and given from."""
    return f"{reverse('staff_plan_simulate', args=[plan.pk])}?{urlencode({'partners': partner.reference})}"


def in_words(tiers: Iterable[Tier]) -> str:
    """A plan's tiers in a line: `20 %, from 5,000.00 30 %`."""
    return ", ".join(
        f"from {show_money(tier.threshold)} {percent(tier.rate)}" if tier.threshold else percent(tier.rate)
        for tier in tiers
    )


def _wrong(tiers: "BaseFormSet[TierForm]") -> list[tuple[str, str]]:
    """What is wrong in the table, each with where."""
    return [
        (f"Tier {number}, {WHERE.get(name, '')}", str(error))
        for number, row in enumerate(tiers, 1)
        for name, errors in row.errors.items()
        for error in errors
    ]


def _holding(month: date) -> "QuerySet[PlanAssignment]":
    """What holds in a month for the partner of the row around it."""
    rows = PlanAssignment.objects.filter(partner=OuterRef("holder"), first_month__lte=month)
    return rows.order_by("-first_month", "-id")


def _held(month: date) -> "Counter[int | None]":
    """How many partners that have not ended have each plan in a month; None stands for no plan of their own."""
    rows = Partner.objects.filter(terminated_on=None).annotate(
        holder=F("pk"), plan=Subquery(_holding(month).values("plan")[:1])
    )
    return Counter(rows.values_list("plan", flat=True))


def _given(plan: Plan, month: date) -> "QuerySet[PlanAssignment]":
    rows = PlanAssignment.objects.filter(plan=plan).select_related("partner", "given_by")
    return rows.annotate(holder=F("partner"), holds=Subquery(_holding(month).values("pk")[:1]))


def _state(row: PlanAssignment, month: date) -> Badge:
    if row.first_month > month:
        return Badge("Later", Tone.WAITING)
    return Badge("Now", Tone.GOOD) if getattr(row, "holds") == row.pk else Badge("Replaced")  # noqa: B009
