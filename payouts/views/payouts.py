"""All payouts of a partner: the one that is next with what it waits for, the others, and the statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Partner, Program
from affiliates.money import ZERO, show_money
from commissions.models import LedgerEntry
from parts.formats import counted, month_name, short_day, short_month
from parts.listing import Column, Listing
from parts.shapes import Cell, Check, Document, Empty, Tile
from payouts.checklist import CHECKED, Standing, can_present, checklist, standing, state_badge
from payouts.gates import Gate, gates_of
from payouts.models import Payout, PayoutState, PayoutStep, Statement, StatementState

RECENT_STATEMENTS = 6
COLUMNS = {
    "period": Column("Month", sort=("period_id",)),
    "amount": Column("Amount", sort=("amount",), is_number=True),
    "withheld": Column("Withheld", sort=("withheld",), is_number=True),
    "payable": Column("Payable", sort=("payable",), is_number=True),
    "state": Column("State", sort=("state",)),
    "paid": Column("Paid on", sort=("paid_on",)),
}
NO_PAYOUTS = Empty(
    "No payouts yet",
    "When finance closes a month, a payout opens over your balance. You find here what it waits for.",
)


@dataclass(frozen=True, slots=True)
class Next:
    """The payout that is to be paid next."""

    title: str
    url: str
    amount: str
    standing: Standing
    checks: list[Check]
    present_url: str


@require_safe
@partner_page()
def payouts(request: HttpRequest) -> HttpResponseBase:
    partner = cast(PartnerRequest, request).acting.partner
    program = Program.current()
    listing = Listing(
        request,
        Payout.objects.filter(partner=partner),
        COLUMNS,
        _line,
        "-period",
        NO_PAYOUTS,
        record=_record,
        record_header=("Month", "Amount", "Withheld", "Payable", "State", "Paid on"),
        label="Payouts",
    )
    if listing.wants_csv:
        return listing.csv("payouts")
    unpaid = list(Payout.objects.filter(partner=partner).open().order_by("period_id"))
    context = {
        "title": "Payouts",
        "lead": "What each closed month pays you, what it waits for, and your account with the program.",
        "tiles": _tiles(partner, unpaid, program.currency),
        "next": _next(unpaid, program.currency),
        "listing": listing,
        "statements": _statements(partner),
    }
    return render(request, "payouts/payouts.html", context)


def payable(payout: Payout) -> str:
    """What is paid of a payout, known from its approval on."""
    return "" if payout.payable is None else show_money(payout.payable)


def statement_document(statement: Statement, currency: str) -> Document:
    return Document(
        f"Statement of {month_name(statement.period_id)}",
        f"{statement.number}, closing balance {show_money(statement.closing or ZERO)} {currency}",
        reverse("statement_download", args=[statement.pk]),
    )


def _line(payout: Payout) -> Sequence[Cell]:
    return (
        Cell(short_month(payout.period_id), url=reverse("payout", args=[payout.pk])),
        Cell(show_money(payout.amount)),
        Cell(show_money(payout.withheld) if payout.withheld else ""),
        Cell(payable(payout)),
        Cell(badge=state_badge(payout.state)),
        Cell(short_day(payout.paid_on) if payout.paid_on else ""),
    )


def _record(payout: Payout) -> Sequence[object]:
    return (
        f"{payout.period_id:%Y-%m}",
        payout.amount,
        payout.withheld,
        "" if payout.payable is None else payout.payable,
        state_badge(payout.state).text,
        payout.paid_on or "",
    )


def _tiles(partner: Partner, unpaid: list[Payout], currency: str) -> list[Tile]:
    opened = sum((payout.amount if payout.payable is None else payout.payable for payout in unpaid), ZERO)
    paid = Payout.objects.filter(partner=partner, state=PayoutState.PAID).order_by("-paid_on", "-pk").first()
    return [
        Tile(
            "Balance",
            show_money(LedgerEntry.objects.filter(partner=partner).balance()),
            currency,
            "Every entry of your account",
            reverse("account_ledger"),
        ),
        Tile("In open payouts", show_money(opened), currency, counted(len(unpaid), "payout", "payouts")),
        Tile(
            "Last paid",
            payable(paid) if paid else show_money(ZERO),
            currency,
            f"on {short_day(cast(date, paid.paid_on))}, for {month_name(paid.period_id)}" if paid else "Nothing yet",
        ),
    ]


def _next(unpaid: list[Payout], currency: str) -> Next | None:
    """The first payout that the partner can move on, else the one that has been open for longest."""
    if not unpaid:
        return None
    listed = gates_of(unpaid, at=timezone.now())
    waiting = [payout for payout in unpaid if _waits_for_partner(payout, listed[payout.pk])]
    payout = (waiting or unpaid)[0]
    step = PayoutStep.objects.filter(payout=payout).order_by("-id").first()
    found = listed[payout.pk]
    return Next(
        title=f"Payout of {month_name(payout.period_id)}",
        url=reverse("payout", args=[payout.pk]),
        amount=f"{show_money(payout.amount)} {currency}",
        standing=standing(payout, found, currency=currency, reason=step.reason if step else ""),
        checks=checklist(payout, found) if payout.state in CHECKED else [],
        present_url=reverse("payout_present", args=[payout.pk]) if can_present(payout, found) else "",
    )


def _waits_for_partner(payout: Payout, listed: Sequence[Gate]) -> bool:
    return payout.state == PayoutState.WAITING and any(gate.is_partners and not gate.is_open for gate in listed)


def _statements(partner: Partner) -> list[Document]:
    issued = Statement.objects.filter(partner=partner, state=StatementState.ISSUED).select_related("partner")
    currency = Program.current().currency
    return [statement_document(each, currency) for each in issued.order_by("-period_id")[:RECENT_STATEMENTS]]
