"""Adjustments: amounts by hand, each entered by one person with a reason and approved by another."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right, may
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, asked_key, moment, staff_page, who
from commissions.filters import AdjustmentsFilter
from commissions.forms import AdjustmentForm, DropForm
from commissions.models import Adjustment
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
from commissions.services.drop_adjustment import drop_adjustment
from parts.formats import day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Event, Tone

LONGEST_REASON = 80


@staff_page(Right.SEE_MONEY)
@require_safe
def adjustments(request: StaffRequest) -> HttpResponseBase:
    """All adjustments: those that wait for a second person first, then the newest."""
    listing = Listing(
        request=request,
        rows=Adjustment.objects.annotate(done_at=Coalesce("approved_at", "dropped_at")).select_related(
            "partner", "entered_by", "approved_by", "dropped_by", "dispute"
        ),
        columns={
            "state": Column("State", sort=("done_at", "id")),
            "entered": Column("Entered", sort=("entered_at",)),
            "partner": Column("Partner", sort=("partner__name",)),
            "reason": Column("Reason"),
            "amount": Column("Amount", sort=("amount",), is_number=True),
            "done": Column("Approved or dropped"),
        },
        line=_line,
        default="-state",
        empty=Empty(
            "No adjustments", "An adjustment corrects a balance by hand.", reverse("staff_adjustment_new"), "Enter one"
        ),
        filters=AdjustmentsFilter,
        record=_record,
        record_header=(
            "number", "partner", "amount", "reason", "entered at", "by", "state", "approved or dropped at", "by",
            "dropped because",
        ),
        label="Adjustments",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv("adjustments")
    context: dict[str, Any] = {
        "title": "Adjustments",
        "lead": "Amounts by hand: one person enters them with a reason, another one approves them.",
        "listing": listing,
    }
    if may(request.user, Right.ADJUST_BALANCES):
        context |= {"action_url": reverse("staff_adjustment_new"), "action_name": "Enter an adjustment"}
    return render(request, "commissions/staff/list.html", context)


@staff_page(Right.ADJUST_BALANCES)
@require_http_methods(["GET", "HEAD", "POST"])
def adjustment_new(request: StaffRequest) -> HttpResponse:
    """Enter an amount; it counts once somebody else has approved it."""
    chosen = Partner.objects.filter(pk=asked_key(request.GET.get("partner", ""))).first()
    initial = {"pressed": uuid4(), "partner": chosen.reference if chosen else ""}
    form = AdjustmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            entered = enter_adjustment(**form.cleaned_data, by=request.user, at=timezone.now())
        except AdjustmentRefused as refused:
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, "Entered. It reaches the balance once somebody else has approved it.")
            return redirect("staff_adjustment", entered.pk)
    context = {
        "title": "Enter an adjustment",
        "lead": "It reaches the ledger once a second person has approved it. The partner reads the reason.",
        "back": (reverse("staff_adjustments"), "Adjustments"),
        "form": form,
    }
    return render(request, "commissions/staff/adjustment_form.html", context, status=422 if form.errors else 200)


@staff_page(Right.SEE_MONEY)
@require_safe
def adjustment(request: StaffRequest, pk: int) -> HttpResponse:
    """One adjustment, with who entered it and why, and what it waits for."""
    return _page(request, _adjustment_or_404(pk), DropForm())


@staff_page(Right.ADJUST_BALANCES)
@require_POST
def adjustment_approve(request: StaffRequest, pk: int) -> HttpResponse:
    """Approve what somebody else entered."""
    found = get_object_or_404(Adjustment.objects.select_related("partner"), pk=pk)
    try:
        approve_adjustment(adjustment=found, by=request.user, at=timezone.now(), on=request.staff.today)
    except AdjustmentRefused as refused:
        messages.error(request, f"{refused}.")
    else:
        messages.success(request, f"{found} is in the ledger.")
    return redirect("staff_adjustment", pk)


@staff_page(Right.ADJUST_BALANCES)
@require_POST
def adjustment_drop(request: StaffRequest, pk: int) -> HttpResponse:
    """Withdraw what one entered, or decline what somebody else did."""
    found, form = _adjustment_or_404(pk), DropForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        dropped = drop_adjustment(
            adjustment=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        )
    except AdjustmentRefused as refused:
        messages.error(request, f"{refused}.")
    else:
        messages.success(request, f"{dropped.standing}. It counts nowhere, and stays here with the reason.")
    return redirect("staff_adjustment", pk)


def _adjustment_or_404(pk: int) -> Adjustment:
    rows = Adjustment.objects.select_related("partner", "entered_by", "approved_by", "dropped_by", "entry", "dispute")
    return get_object_or_404(rows, pk=pk)


def _page(request: StaffRequest, found: Adjustment, form: DropForm, status: int = 200) -> HttpResponse:
    events = [Event("Entered", found.entered_at, who(found.entered_by), found.reason, Tone.INFO)]
    if found.approved_at and found.entry:
        text = f"In the ledger on {day(found.entry.dated_on)}."
        events.append(Event("Approved", found.approved_at, who(found.approved_by), text, Tone.GOOD))
    if found.dropped_at:
        events.append(Event(found.standing, found.dropped_at, who(found.dropped_by), found.dropped_because, Tone.BAD))
    is_own, may_act = found.entered_by_id == request.user.pk, may(request.user, Right.ADJUST_BALANCES)
    context = {
        "title": f"{show_money(found.amount)} for {found.partner}",
        "back": (reverse("staff_adjustments"), "Adjustments"),
        "adjustment": found,
        "badge": _badge(found),
        "events": events,
        "dispute": getattr(found, "dispute", None),
        "next": _next(found, request),
        "may_approve": found.is_waiting and not is_own and may_act,
        "may_drop": found.is_waiting and may_act,
        "drop": "Withdraw it" if is_own else "Decline it",
        "form": form,
    }
    return render(request, "commissions/staff/adjustment.html", context, status=status)


def _next(found: Adjustment, request: StaffRequest) -> str:
    if found.approved_at is not None:
        return "It counts in the balance, and goes out with the next payout."
    if found.dropped_at is not None:
        return "It counts nowhere. Where an amount is due after all, enter another one."
    if found.entered_by_id == request.user.pk:
        return "You entered it, so somebody else of finance has to approve it. Until then you can withdraw it."
    return "Look at the reason, then approve it, or decline it. Until then it counts nowhere."


def _badge(found: Adjustment) -> Badge:
    if found.dropped_at is not None:
        return Badge(found.standing)
    return Badge(found.standing, Tone.GOOD if found.approved_at else Tone.WAITING)


def _done(row: Adjustment) -> tuple[datetime | None, str]:
    """When it was approved or dropped, and by whom."""
    if row.is_waiting:
        return None, ""
    return row.approved_at or row.dropped_at, who(row.approved_by or row.dropped_by)


def _line(row: Adjustment) -> list[Cell]:
    done_at, by = _done(row)
    reason = row.reason if len(row.reason) <= LONGEST_REASON else f"{row.reason[:LONGEST_REASON]}…"
    return [
        Cell(badge=_badge(row)),
        Cell(moment(row.entered_at), below=who(row.entered_by)),
        Cell(row.partner.name),
        Cell(reason, below="Grants a dispute" if hasattr(row, "dispute") else ""),
        Cell(show_money(row.amount), url=reverse("staff_adjustment", args=[row.pk])),
        Cell(moment(done_at), below=by),
    ]


def _record(row: Adjustment) -> list[object]:
    done_at, by = _done(row)
    entered = [row.entered_at.isoformat(), who(row.entered_by)]
    done = [row.standing.lower(), done_at.isoformat() if done_at else "", by, row.dropped_because]
    return [row.pk, row.partner.reference, row.amount, row.reason, *entered, *done]
