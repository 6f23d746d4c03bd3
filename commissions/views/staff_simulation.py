"""What a plan would have paid on the real facts, before it is given: by partner and month, down to the arithmetic."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from affiliates.models import Partner
from affiliates.money import ZERO, show_money
from affiliates.months import add_months, parse_month, show_month
from affiliates.staff_page import StaffRequest, staff_page
from clients.models import Client
from commissions.forms import GivePlanForm, PlanFromForm, SimulateForm
from commissions.models import LedgerEntry, Period, Plan
from commissions.services.give_plan import PlanIsGiven, give_plan
from commissions.services.simulate_plan import (
    Trial,
    latest_assignment,
    next_run_month,
    simulate_month,
    simulate_plan,
)
from commissions.views.staff_plans import in_words
from parts.formats import month_name, percent, short_month
from parts.shapes import Tile
from parts.sheet import sheet

MOST_SHOWN = 200  # Partners on the page; the file has them all.
MONTHS_AHEAD = 24
USUAL_MONTHS = 12
HEADER = (
    "Partner", "Key", "Service month", "MRR", "Rate now", "Rate with the plan", "Paid", "Due without the plan",
    "With the plan", "Difference", "Held back with the plan",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """What several months come to: paid, due without the plan, with it, and held back with it."""

    paid: Decimal
    anyway: Decimal
    then: Decimal
    waiting: Decimal

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "Sums":
        return cls(
            sum((trial.then.posted for trial in trials), ZERO),
            sum((trial.now.target for trial in trials), ZERO),
            sum((trial.then.target for trial in trials), ZERO),
            sum((trial.then.waiting for trial in trials), ZERO),
        )

    @property
    def difference(self) -> Decimal:
        return self.then - self.paid

    @property
    def cells(self) -> tuple[str, ...]:
        return (show_money(self.paid), show_money(self.anyway), show_money(self.then), signed(self.difference))


@require_safe
@staff_page(Right.GIVE_PLANS)
def simulate(request: StaffRequest, pk: int) -> HttpResponseBase:
    """What a plan would have paid one, several or all partners in a range of months."""
    plan, latest = get_object_or_404(Plan, pk=pk), next_run_month(request.staff.today)
    closed = Period.objects.last_closed()
    last = closed.month if closed else latest
    usual = {"first": show_month(add_months(last, 1 - USUAL_MONTHS)), "last": show_month(last)}
    usual["partners"] = request.GET.get("partners", "")
    form = SimulateForm(request.GET if "first" in request.GET else None, latest=latest, initial=usual)
    context = {
        "title": f"Simulate “{plan}”",
        "lead": f"{in_words(plan.tiers.all())}, on the facts as they are. Nothing is given by looking.",
        "back": (reverse("staff_plan", args=[plan.pk]), plan.name),
        "plan": plan,
        "form": form,
    }
    if not form.is_valid():
        return render(request, "commissions/staff/plan_simulate.html", context, status=422 if form.errors else 200)
    asked = form.cleaned_data
    trials = simulate_plan(
        plan=plan,
        partners=asked["partners"],
        from_month=asked["first"],
        to_month=asked["last"],
        by=request.staff.user,
        on=request.staff.today,
    )
    names = Partner.objects.in_bulk({trial.partner_id for trial in trials})
    if request.GET.get("format") == "csv":
        return sheet(f"simulation-{plan.pk}", HEADER, (_record(trial, names) for trial in trials))
    one = asked["partners"][0] if asked["partners"] and len(asked["partners"]) == 1 else None
    months = {"first": show_month(asked["first"]), "last": show_month(asked["last"])}
    context |= {
        "tiles": _tiles(trials, request.staff.program.currency),
        "months": _by_month(trials, plan, one, asked["first"]),
        "partners": [] if one else _by_partner(trials, names, plan, months),
        "totals": Sums.of(trials).cells,
        "one": one,
        "is_cut": len({trial.partner_id for trial in trials}) > MOST_SHOWN,
        "most_shown": MOST_SHOWN,
        "give_url": f"{reverse('staff_plan_give', args=[plan.pk, one.pk])}?first={months['first']}" if one else "",
        "csv_url": f"?{urlencode({**request.GET.dict(), 'format': 'csv'})}",
    }
    return render(request, "commissions/staff/plan_simulate.html", context)


@require_safe
@staff_page(Right.GIVE_PLANS)
def simulated_month(request: StaffRequest, pk: int, partner: int, month: str) -> HttpResponse:
    """One simulated month of a partner, client by client."""
    plan, of = get_object_or_404(Plan, pk=pk), get_object_or_404(Partner, pk=partner)
    try:
        opened = parse_month(month)
        first = parse_month(request.GET.get("first", month))
    except ValueError as error:
        raise Http404(str(error)) from error
    trial, parts = simulate_month(
        plan=plan, partner=of, from_month=first, month=opened, by=request.staff.user, on=request.staff.today
    )
    if trial is None:
        raise Http404(f"{of} earned nothing in {month_name(opened)}")
    clients = Client.objects.in_bulk({part.client_id for part in parts})
    tiers = plan.tiers.order_by("threshold")
    tier = tiers.filter(threshold__lte=trial.then.mrr).last() or tiers[0]
    context = {
        "title": f"{of} in {month_name(opened)}",
        "lead": f"As it is, and with “{plan}” from {month_name(first)} on.",
        "back": (_simulation(plan, of, show_month(first), show_month(opened)), f"Simulation for {of}"),
        "tiles": _tiles([trial], request.staff.program.currency),
        "mrr": show_money(trial.then.mrr),
        "rates": (percent(trial.now.rate), percent(trial.then.rate)),
        "holds": tier.rate == trial.then.rate,
        "threshold": show_money(tier.threshold),
        "rows": [
            (
                str(clients[part.client_id]),
                show_money(part.then.base),
                show_money(part.then.posted),
                _amount(part.now.target, part.now.waiting),
                _amount(part.then.target, part.then.waiting),
                signed(part.then.target - part.then.posted),
            )
            for part in parts
        ],
        "totals": Sums.of([trial]).cells,
        "held_back": show_money(trial.then.waiting) if trial.then.waiting else "",
    }
    return render(request, "commissions/staff/plan_month.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.GIVE_PLANS)
def give(request: StaffRequest, pk: int, partner: int) -> HttpResponse:
    """A plan is given to a partner from a month on; what the next run posts because of it is shown first."""
    plan, of = get_object_or_404(Plan, pk=pk), get_object_or_404(Partner, pk=partner)
    today = request.staff.today
    run_month = next_run_month(today)
    chooser = PlanFromForm(
        request.GET if "first" in request.GET else {"first": show_month(run_month)},
        latest=add_months(run_month, MONTHS_AHEAD),
    )
    context: dict[str, Any] = {
        "title": f"Give “{plan}” to {of}",
        "lead": f"{in_words(plan.tiers.all())}, from a service month on, until another plan is given.",
        "back": (reverse("staff_plan", args=[plan.pk]), plan.name),
        "chooser": chooser,
    }
    if not chooser.is_valid():
        return render(request, "commissions/staff/plan_give.html", context, status=422)
    first: date = chooser.cleaned_data["first"]
    trials = simulate_plan(
        plan=plan, partners=[of], from_month=first, to_month=max(first, run_month), by=request.staff.user, on=today
    )
    shown, status = _fingerprint(trials, of, first), 200
    form = GivePlanForm(request.POST if request.method == "POST" else None, initial={"shown": shown})
    if form.is_bound and form.is_valid():
        if form.cleaned_data["shown"] == shown:
            if _give(request, plan, of, first, form.cleaned_data["reason"]):
                return redirect("staff_plan", pk=plan.pk)
        else:
            messages.error(request, "Nothing was given: the facts changed meanwhile. This is the effect as it is now.")
        form = GivePlanForm(initial={"shown": shown, "reason": form.cleaned_data["reason"]})
        status = 409
    elif form.is_bound:
        status = 422
    context |= {
        "form": form,
        "of": of,
        "confirm_url": f"{request.path}?{urlencode({'first': show_month(first)})}",
        "period": month_name(run_month),
        "first": month_name(first),
        **_effect(trials, of),
    }
    return render(request, "commissions/staff/plan_give.html", context, status=status)


def _give(request: StaffRequest, plan: Plan, of: Partner, first: date, reason: str) -> bool:
    try:
        give_plan(partner=of, plan=plan, first_month=first, reason=reason, by=request.staff.user, at=timezone.now())
    except PlanIsGiven as refusal:
        messages.error(request, f"{refusal}.")
        return False
    messages.success(request, f"{of} has “{plan}” from {month_name(first)} on. The next run posts the difference.")
    return True


def signed(amount: Decimal) -> str:
    """A difference as people read it, with its sign."""
    return f"+{show_money(amount)}" if amount > 0 else show_money(amount)


def _amount(target: Decimal, waiting: Decimal) -> str:
    return f"{show_money(waiting)} held back" if waiting else show_money(target)


def _tiles(trials: Sequence[Trial], currency: str) -> list[Tile]:
    sums = Sums.of(trials)
    late = sums.anyway - sums.paid
    note = f"{signed(late)} of it the next run posts without the plan too" if late else "All of it because of the plan"
    return [
        Tile("Paid", show_money(sums.paid), currency, "Posted by closed months"),
        Tile(
            "With the plan",
            show_money(sums.then),
            currency,
            f"And {show_money(sums.waiting)} held back in first months" if sums.waiting else "",
        ),
        Tile("Difference", signed(sums.difference), currency, note if sums.difference else ""),
    ]


def _by_month(trials: Sequence[Trial], plan: Plan, one: Partner | None, first: date) -> list[dict[str, Any]]:
    """A row for each month; of one partner alone with its MRR and rates, and its arithmetic behind it."""
    rows = []
    for month, group in groupby(sorted(trials, key=lambda trial: (trial.month, trial.partner_id)), lambda t: t.month):
        of_month = list(group)
        only = of_month[0]
        rows.append(
            {
                "month": short_month(month),
                "url": f"{reverse('staff_plan_month', args=[plan.pk, one.pk, show_month(month)])}"
                f"?first={show_month(first)}"
                if one
                else "",
                "mrr": show_money(sum((trial.now.mrr for trial in of_month), ZERO)),
                "rates": (percent(only.now.rate), percent(only.then.rate)) if one else (),
                "cells": Sums.of(of_month).cells,
            }
        )
    return rows


def _by_partner(
    trials: Sequence[Trial], names: dict[int, Partner], plan: Plan, months: dict[str, str]
) -> list[dict[str, Any]]:
    """A row for each partner, those with the largest differences first, each leading to its own simulation."""
    groups = [(key, Sums.of(list(group))) for key, group in groupby(trials, lambda trial: trial.partner_id)]
    groups.sort(key=lambda each: (-abs(each[1].difference), names[each[0]].name))
    return [
        {
            "name": names[key].name,
            "url": _simulation(plan, names[key], **months),
            "cells": sums.cells,
        }
        for key, sums in groups[:MOST_SHOWN]
    ]


def _simulation(plan: Plan, partner: Partner, first: str, last: str) -> str:
    """Where a plan is simulated for one partner."""
    asked = urlencode({"partners": partner.reference, "first": first, "last": last})
    return f"{reverse('staff_plan_simulate', args=[plan.pk])}?{asked}"


def _record(trial: Trial, names: dict[int, Partner]) -> tuple[object, ...]:
    partner = names[trial.partner_id]
    return (
        partner.name, partner.reference, show_month(trial.month), trial.now.mrr, trial.now.rate, trial.then.rate,
        trial.then.posted, trial.now.target, trial.then.target, trial.difference, trial.then.waiting,
    )  # fmt: skip


def _effect(trials: Sequence[Trial], of: Partner) -> dict[str, Any]:
    """What the next run posts because of the plan, by month, and what that does to the balance."""
    balance = LedgerEntry.objects.filter(partner=of).balance()
    because = sum((trial.because for trial in trials), ZERO)
    return {
        "rows": [
            (
                short_month(trial.month),
                show_money(trial.now.mrr),
                percent(trial.now.rate),
                percent(trial.then.rate),
                signed(trial.because),
            )
            for trial in trials
            if trial.because or trial.now.rate != trial.then.rate
        ],
        "total": signed(because),
        "anyway": signed(sum((trial.anyway for trial in trials), ZERO)),
        "posts": signed(sum((trial.difference for trial in trials), ZERO)),
        "balance": (show_money(balance), show_money(balance + because)),
        "held_back": show_money(sum((trial.then.waiting - trial.now.waiting for trial in trials), ZERO)),
        "owes": balance + because < 0,
    }


def _fingerprint(trials: Sequence[Trial], of: Partner, first: date) -> str:
    """The same for the same effect and the same earlier plans: what was shown is what is confirmed."""
    said = (first, latest_assignment(of), [(trial.month, trial.because, trial.then.rate) for trial in trials])
    return hashlib.sha256(repr(said).encode()).hexdigest()
