"""Adjustments: amounts by hand, each entered by one person with a reason and approved by another."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right, may
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from commissions.filters import AdjustmentsFilter
from commissions.forms import AdjustmentForm
from commissions.models import Adjustment
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
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
        rows=Adjustment.objects.select_related("partner", "entered_by", "approved_by", "dispute"),
        columns={
            "state": Column("State", sort=("approved_at", "id")),
            "entered": Column("Entered", sort=("entered_at",)),
            "partner": Column("Partner", sort=("partner__name",)),
            "reason": Column("Reason"),
            "amount": Column("Amount", sort=("amount",), is_number=True),
            "approved": Column("Approved"),
        },
        line=_line,
        default="-state",
        empty=Empty(
            "No adjustments", "An adjustment corrects a balance by hand.", reverse("staff_adjustment_new"), "Enter one"
        ),
        filters=AdjustmentsFilter,
        record=_record,
        record_header=("number", "partner", "amount", "reason", "entered at", "by", "approved at", "by", "ledger day"),
        label="Adjustments",
    )
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
    partner = request.GET.get("partner", "")
    chosen = Partner.objects.filter(pk=int(partner)).first() if partner.isdecimal() else None
    form = AdjustmentForm(request.POST or None, initial={"partner": chosen.reference} if chosen else None)
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
    rows = Adjustment.objects.select_related("partner", "entered_by", "approved_by", "entry", "dispute")
    found = get_object_or_404(rows, pk=pk)
    events = [Event("Entered", found.entered_at, who(found.entered_by), found.reason, Tone.INFO)]
    if found.approved_at and found.entry:
        text = f"In the ledger on {day(found.entry.dated_on)}."
        events.append(Event("Approved", found.approved_at, who(found.approved_by), text, Tone.GOOD))
    context = {
        "title": f"{show_money(found.amount)} for {found.partner}",
        "back": (reverse("staff_adjustments"), "Adjustments"),
        "adjustment": found,
        "badge": _badge(found),
        "events": events,
        "dispute": getattr(found, "dispute", None),
        "next": _next(found, request),
        "may_approve": found.approved_at is None
        and found.entered_by_id != request.user.pk
        and may(request.user, Right.ADJUST_BALANCES),
    }
    return render(request, "commissions/staff/adjustment.html", context)


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


def _next(found: Adjustment, request: StaffRequest) -> str:
    if found.approved_at is not None:
        return "It counts in the balance, and goes out with the next payout."
    if found.entered_by_id == request.user.pk:
        return "You entered it, so somebody else of finance has to approve it."
    return "Look at the reason, then approve it. Until then it counts nowhere."


def _badge(found: Adjustment) -> Badge:
    return Badge("Approved", Tone.GOOD) if found.approved_at else Badge("To be approved", Tone.WAITING)


def _line(row: Adjustment) -> list[Cell]:
    reason = row.reason if len(row.reason) <= LONGEST_REASON else f"{row.reason[:LONGEST_REASON]}…"
    return [
        Cell(badge=_badge(row)),
        Cell(moment(row.entered_at), below=who(row.entered_by)),
        Cell(row.partner.name),
        Cell(reason, below="Grants a dispute" if hasattr(row, "dispute") else ""),
        Cell(show_money(row.amount), url=reverse("staff_adjustment", args=[row.pk])),
        Cell(moment(row.approved_at), below=who(row.approved_by) if row.approved_at else ""),
    ]


def _record(row: Adjustment) -> list[object]:
    approved = [row.approved_at.isoformat(), who(row.approved_by)] if row.approved_at else ["", ""]
    entered = [row.entered_at.isoformat(), who(row.entered_by)]
    return [row.pk, row.partner.reference, row.amount, row.reason, *entered, *approved]
