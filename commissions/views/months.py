"""Commissions month by month, and the lines of one month."""

from typing import Any

from django.db.models import F
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.money import ZERO, show_money
from affiliates.months import parse_month, show_month
from commissions.filters import LinesFilter
from commissions.models import Commission, CommissionState
from commissions.models.partner_months import PartnerMonth, PartnerMonths
from commissions.views.disputes import latest_disputes
from parts.addresses import page_url, row_url
from parts.formats import month_name, percent, short_day, short_month, unbroken
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile, Tone

NO_LINES = Empty("No lines in this month", "No client’s money changed your commission in this month.")
NO_RATE = "–"


@require_safe
@partner_page()
def commissions(request: PartnerRequest) -> HttpResponseBase:
    """The partner's months, newest first, each with what it posted and what it holds back."""
    partner = request.acting.partner
    listing = Listing(
        request=request,
        rows=PartnerMonths(partner),
        columns={
            "month": Column("Month", sort=("month",)),
            "posted": Column("Posted", is_number=True),
            "waiting": Column("Waiting", is_number=True),
            "mrr": Column("MRR", is_number=True),
            "rate": Column("Rate", is_number=True),
            "state": Column("State"),
        },
        line=_month_line,
        default="-month",
        empty=_nothing_yet(request.acting),
        record=_month_record,
        label="Commissions by month",
    )
    if listing.wants_csv:
        return listing.csv("commissions-by-month")
    context = {
        "title": "Commissions",
        "lead": "What each month earned. Open a month for its lines, and a figure for its reason.",
        "listing": listing,
        "disputes": latest_disputes(partner),
    }
    return render(request, "commissions/months.html", context)


@require_safe
@partner_page()
def commission_month(request: PartnerRequest, month: str) -> HttpResponseBase:
    """The lines of one of the partner's months; every amount opens its reason."""
    partner = request.acting.partner
    try:
        period = PartnerMonths(partner).get(parse_month(month))
    except ValueError as error:
        raise Http404("It is not a month.") from error
    if period is None:
        raise Http404("Nothing was computed of this month.")
    own = Commission.objects.filter(partner=partner, period=period.month)
    listing = Listing(
        request=request,
        rows=own.annotate(client_name=F("client__name")),
        columns={
            "client": Column("Client", sort=("client__name", "service_month")),
            "service": Column("Service month", sort=("service_month", "client__name")),
            "base": Column("Client’s MRR", sort=("base",), is_number=True),
            "rate": Column("Rate", is_number=True),
            "amount": Column("Amount", sort=("amount",), is_number=True),
            "state": Column("State", sort=("state", "waiting_until")),
        },
        line=_line,
        default="client",
        empty=NO_LINES,
        filters=LinesFilter,
        record=_record,
        record_header=("period", "client", "service month", "client MRR", "rate", "amount", "state", "waiting until"),
        label=f"Lines of {month_name(period.month)}",
    )
    if listing.wants_csv:
        return listing.csv(f"commissions-{show_month(period.month)}")
    return render(
        request,
        "commissions/month.html",
        _about_month(period, request.acting.program.currency) | {"listing": listing},
    )


def _nothing_yet(acting: Acting) -> Empty:
    return Empty(
        "No commissions yet",
        "A commission appears once a client that you referred has paid an invoice, in the month that it is for.",
        "" if acting.has_ended else page_url("lead_new"),
        "Register a lead",
    )


def _about_month(period: PartnerMonth, currency: str) -> dict[str, Any]:
    name = month_name(period.month)
    waits = "Until a client has been there for one month" if period.held_back else "Nothing is held back"
    state = "It is closed: these amounts stay." if period.is_closed else "It is open: amounts can still change."
    return {
        "title": name,
        "lead": f"Your commission in {name}. {state} Open an amount for its reason.",
        "back": (page_url("commissions"), "Commissions"),
        "tiles": [
            Tile("Posted", show_money(period.posted), currency),
            Tile("Waiting", show_money(period.held_back), currency, note=waits),
            Tile("MRR", NO_RATE) if period.mrr is None else Tile("MRR", show_money(period.mrr), currency),
            Tile("Rate", NO_RATE if period.rate is None else percent(period.rate), note="On the whole month’s MRR"),
        ],
        "beside_label": "The reason of an amount",
    }


def _month_line(period: PartnerMonth) -> list[Cell]:
    url = row_url("commission_month", show_month(period.month))
    state = Badge("Closed") if period.is_closed else Badge("Open", Tone.INFO)
    return [
        Cell(month_name(period.month), url=url),
        Cell(show_money(period.posted)),
        Cell(show_money(period.held_back) if period.held_back else ""),
        Cell(NO_RATE if period.mrr is None else show_money(period.mrr)),
        Cell(NO_RATE if period.rate is None else percent(period.rate)),
        Cell(badge=state),
    ]


def _month_record(period: PartnerMonth) -> list[object]:
    state = "closed" if period.is_closed else "open"
    return [show_month(period.month), period.posted, period.held_back, period.mrr or ZERO, period.rate or "", state]


def why_cell(row: Commission) -> Cell:
    """The amount of a line, which opens its reason."""
    url = row_url("commission_why", row.pk)
    return Cell(show_money(row.amount), url=url, opens_beside=True)


def state_cell(row: Commission) -> Cell:
    """Whether a line is posted, or until when it waits."""
    if row.state == CommissionState.WAITING and row.waiting_until:
        return Cell(badge=Badge("Waiting", Tone.WAITING), text=unbroken(f"until {short_day(row.waiting_until)}"))
    return Cell(badge=Badge("Posted", Tone.GOOD))


def _line(row: Any) -> list[Cell]:
    is_correction = row.state == CommissionState.POSTED and row.posted_before != 0
    return [
        Cell(row.client_name, url=row_url("client", row.client_id)),
        Cell(short_month(row.service_month), below="Correction" if is_correction else ""),
        Cell(show_money(row.base)),
        Cell(percent(row.rate)),
        why_cell(row),
        state_cell(row),
    ]


def _record(row: Any) -> list[object]:
    return [
        show_month(row.period_id), row.client_name, show_month(row.service_month), row.base, row.rate, row.amount,
        row.state, row.waiting_until or "",
    ]  # fmt: skip
