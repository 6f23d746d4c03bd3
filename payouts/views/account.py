"""The ledger of a partner as a bank shows an account."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from django.db.models import F, Sum, Window
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.money import show_money
from commissions.models import EntryKind, LedgerEntry
from parts.formats import month_name, short_day
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty

COLUMNS = {
    "date": Column("Date", sort=("dated_on",)),
    "text": Column("Text"),
    "in": Column("In", is_number=True),
    "out": Column("Out", is_number=True),
    "balance": Column("Balance", is_number=True),
}
SAYS_ITSELF = (EntryKind.COMMISSION, EntryKind.PAYOUT)  # Whose text names the kind, and then its month.
MONTH = re.compile(r"\b\d{4}-\d{2}\b")
NO_ENTRIES = Empty(
    "Nothing has moved yet", "The first entry is the commission of the first month that finance closes with clients."
)


@require_safe
@partner_page()
def account_ledger(request: HttpRequest) -> HttpResponseBase:
    """Each entry with the balance after it: the sum of all until then, by day and order of entry."""
    partner = cast(PartnerRequest, request).acting.partner
    after = Window(Sum("amount"), order_by=[F("dated_on").asc(), F("id").asc()])
    listing = Listing(
        request,
        LedgerEntry.objects.filter(partner=partner).select_related("payout").annotate(after=after),
        COLUMNS,
        _line,
        "-date",
        NO_ENTRIES,
        record=_record,
        record_header=("Date", "Text", "Kind", "In", "Out", "Balance"),
        label="Account",
    )
    if listing.wants_csv:
        return listing.csv("account")
    program = Program.current()
    balance = LedgerEntry.objects.filter(partner=partner).balance()
    context = {
        "title": "Account",
        "lead": f"The balance is {show_money(balance)} {program.currency}. Every entry stays; a correction is another.",
        "back": (reverse("payouts"), "Payouts"),
        "listing": listing,
    }
    return render(request, "payouts/list.html", context)


def _split(entry: LedgerEntry) -> tuple[Decimal | None, Decimal | None]:
    """What an entry brought and what it took."""
    return (entry.amount, None) if entry.amount > 0 else (None, -entry.amount)


def _after(entry: LedgerEntry) -> Decimal:
    return cast(Decimal, entry.after)  # type: ignore[attr-defined]


def _line(entry: LedgerEntry) -> Sequence[Cell]:
    payout = getattr(entry, "payout", None)
    came, went = _split(entry)
    return (
        Cell(short_day(entry.dated_on)),
        Cell(
            _words(entry),
            below="" if entry.kind in SAYS_ITSELF else entry.get_kind_display(),
            url=reverse("payout", args=[payout.pk]) if payout else "",
        ),
        Cell("" if came is None else show_money(came)),
        Cell("" if went is None else show_money(went)),
        Cell(show_money(_after(entry))),
    )


def _words(entry: LedgerEntry) -> str:
    """An entry's text, the month that the program wrote into it as people say it."""
    if entry.kind not in SAYS_ITSELF:
        return entry.text
    return MONTH.sub(lambda found: month_name(date.fromisoformat(f"{found[0]}-01")), entry.text, count=1)


def _record(entry: LedgerEntry) -> Sequence[object]:
    came, went = _split(entry)
    return (
        entry.dated_on,
        entry.text,
        entry.get_kind_display(),
        "" if came is None else came,
        "" if went is None else went,
        _after(entry),
    )
