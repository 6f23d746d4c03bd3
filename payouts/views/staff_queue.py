"""The queue of payouts by state: what each waits for, and the ready ones to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.rights import Right, may
from affiliates.money import ZERO, show_money
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import counted, month_name, short_day, short_month, whole
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty
from payouts.filters import PayoutsFilter
from payouts.gates import Gate, gates_of
from payouts.models import LineState, PaymentLine, Payout, PayoutState, PayoutStep
from payouts.models.payout import OPEN
from payouts.views.payouts import payable

S = PayoutState
TABS = {
    S.READY: "Ready",
    S.WAITING: "Waiting",
    S.APPROVED: "Approved",
    S.HELD: "Held",
    S.FAILED: "Failed",
    S.PAID: "Paid",
    S.CANCELLED: "Cancelled",
}
RECENT = timedelta(days=30)
COLUMNS = {
    "partner": Column("Partner", sort=("partner__name",)),
    "period": Column("Month", sort=("period_id",)),
    "amount": Column("Amount", sort=("amount",), is_number=True),
    "withheld": Column("Withheld", sort=("withheld",), is_number=True),
    "payable": Column("Payable", sort=("payable",), is_number=True),
    "waits": Column("What it waits for"),
    "age": Column("Since"),
}
NOTHING = {
    S.READY: "A payout is ready once its partner has presented everything and every gate is open.",
    S.WAITING: "Closing a month opens a payout for each partner with a balance.",
    S.APPROVED: "What is approved stands here until a payment file or a transfer pays it.",
    S.HELD: "Nothing is held. A payout is held on its own page, with a reason.",
    S.FAILED: "No payment has come back.",
    S.PAID: "Nothing was paid yet.",
    S.CANCELLED: "No payout was cancelled.",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One state of the queue; `told` is how many and how much."""

    label: str
    told: str
    url: str
    is_current: bool


@dataclass(slots=True)
class Beside:
    """What the lines of a page show besides the payouts: read at once for all of them."""

    listed: dict[int, tuple[Gate, ...]]
    steps: dict[int, PayoutStep]
    lines: dict[int, PaymentLine]


@require_safe
@staff_page(Right.SEE_MONEY)
def queue(request: HttpRequest, state: str = S.READY.value) -> HttpResponseBase:
    """The payouts of one state."""
    if state not in TABS:
        raise Http404("There is no such state.")
    shown, staff, now = S(state), cast(StaffRequest, request).staff, timezone.now()
    beside = Beside({}, {}, {})
    may_approve = may(staff.user, Right.APPROVE_PAYOUTS)
    listing = Listing(
        request,
        Payout.objects.filter(state=shown).select_related("partner", "period"),
        COLUMNS,
        lambda payout: _line(payout, beside, staff.today),
        "-period",
        Empty(f"No payout is {TABS[shown].lower()}", NOTHING[shown]),
        filters=PayoutsFilter,
        record=lambda payout: _record(payout, beside),
        record_header=("Partner", "Key", "Month", "Amount", "Withheld", "Payable", "What it waits for", "Since"),
        prepare=lambda payouts: _read(beside, payouts, now),
        label=f"Payouts: {TABS[shown]}",
        bulk="payouts/staff/approve_chosen.html" if shown == S.READY and may_approve else "",
    )
    if listing.wants_csv:
        return listing.csv(f"payouts-{state}")
    context = {
        "title": "Payouts",
        "lead": "What closed months owe partners, on its way through the gates to the bank.",
        "tabs": _tabs(shown, staff.today, staff.program.currency),
        "listing": listing,
        "file_url": reverse("staff_payment_files") if shown == S.APPROVED and listing.lines else "",
    }
    return render(request, "payouts/staff/queue.html", context)


def queue_url(state: PayoutState) -> str:
    return reverse("staff_payouts") if state == S.READY else reverse("staff_payouts_in", args=[state.value])


def waits_for(payout: Payout, listed: Sequence[Gate], step: PayoutStep | None, line: PaymentLine | None) -> str:
    """What a payout waits for, in one line."""
    if payout.state == S.WAITING:
        closed = [gate for gate in listed if not gate.is_open]
        more = f" and {counted(len(closed) - 1, 'thing', 'things')} more" if len(closed) > 1 else ""
        return f"{closed[0].state}{more}" if closed else "The next look at its gates"
    if payout.state == S.APPROVED:
        return f"The bank: payment file {line.file_id}" if line else "A payment file"
    if payout.state == S.PAID:
        on = f"Paid on {short_day(payout.paid_on)}" if payout.paid_on else "Paid"
        return f"{on}, payment file {line.file_id}" if line else on
    if payout.state == S.READY:
        return "Somebody who approves it"
    return step.reason if step else ""


def _tabs(shown: PayoutState, today: date, currency: str) -> list[Tab]:
    sums = _sums(Payout.objects.filter(state__in=OPEN))
    paid = _sums(Payout.objects.filter(state=S.PAID, paid_on__gte=today - RECENT)).get(S.PAID)
    tabs = []
    for state, label in TABS.items():
        number, amount = sums.get(state, (0, ZERO))
        told = f"{whole(number)} · {show_money(amount)} {currency}" if number else "None"
        if state == S.PAID:
            told = f"{whole(paid[0])} · {show_money(paid[1])} in 30 days" if paid else "None in 30 days"
        elif state == S.CANCELLED:
            told = ""  # They only ever grow, and nobody waits for them.
        tabs.append(Tab(label, told, queue_url(state), state == shown))
    return tabs


def _sums(payouts: "QuerySet[Payout]") -> dict[str, tuple[int, Decimal]]:
    """How many payouts each state has, and what they come to."""
    summed = payouts.order_by().values_list("state")
    rows = summed.annotate(number=Count("pk"), sum=Sum(Coalesce("payable", "amount")))
    return {state: (number, amount) for state, number, amount in rows}


def _read(beside: Beside, payouts: Sequence[Payout], now: datetime) -> None:
    """This function will read what the lines show besides, in a constant number of queries."""
    keys = [payout.pk for payout in payouts]
    steps = PayoutStep.objects.filter(payout__in=keys).order_by("payout_id", "-id").distinct("payout_id")
    beside.steps = {step.payout_id: step for step in steps}
    lines = PaymentLine.objects.filter(payout__in=keys).exclude(state=LineState.RETURNED)
    beside.lines = {line.payout_id: line for line in lines}
    waiting = [payout for payout in payouts if payout.state == S.WAITING]
    beside.listed = gates_of(waiting, at=now) if waiting else {}


def _waits(payout: Payout, beside: Beside) -> str:
    step, line = beside.steps.get(payout.pk), beside.lines.get(payout.pk)
    return waits_for(payout, beside.listed.get(payout.pk, ()), step, line)


def _since(payout: Payout, beside: Beside) -> date:
    step = beside.steps.get(payout.pk)
    return timezone.localtime(step.at if step else payout.opened_at).date()


def _line(payout: Payout, beside: Beside, today: date) -> Sequence[Cell]:
    since = _since(payout, beside)
    days = (today - since).days
    return (
        Cell(payout.partner.name, below=payout.partner.reference, url=reverse("staff_payout", args=[payout.pk])),
        Cell(short_month(payout.period_id)),
        Cell(show_money(payout.amount)),
        Cell(show_money(payout.withheld) if payout.withheld else ""),
        Cell(payable(payout)),
        Cell(_waits(payout, beside)),
        Cell(counted(days, "day", "days") if days > 0 else "Today", below=short_day(since)),
    )


def _record(payout: Payout, beside: Beside) -> Sequence[object]:
    return (
        payout.partner.name,
        payout.partner.reference,
        month_name(payout.period_id),
        payout.amount,
        payout.withheld,
        "" if payout.payable is None else payout.payable,
        _waits(payout, beside),
        _since(payout, beside),
    )
