"""The clients that a partner referred: how each stands, what it brings, and why one earns nothing any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, Func, Max, OuterRef, Q, QuerySet, Sum, Value, When
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.models import Partner
from affiliates.money import ZERO, show_money
from affiliates.months import month_of, show_month
from clients.models import Client, ClientHistory, Invoice, PaymentProblem, Reversal, ReversalKind
from commissions.filters import ClientsFilter, ClientStanding
from commissions.models import Commission, CommissionState, Period
from commissions.views.months import state_cell, why_cell
from parts.addresses import row_url
from parts.formats import day, month_name, percent, short_day, short_month, unbroken
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile, Tone

NO_COMMISSION = Empty(
    "No commission yet", "It begins with the first invoice that the client pays in full, for the month it is for."
)
MOST_REVERSALS = 50
MOST_UNPAID = 5
TONES = {ClientStanding.ACTIVE: Tone.GOOD, ClientStanding.WAITING: Tone.WAITING}


@dataclass(frozen=True, slots=True)
class Money:
    """What one client brings its partner: MRR, posted and waiting in the newest month, and posted to date."""

    mrr: Decimal = ZERO
    posted: Decimal = ZERO
    waiting: Decimal = ZERO
    to_date: Decimal = ZERO


class MoneyOfClients:
    """The money of a page's clients, read in one statement."""

    def __init__(self, partner: Partner, newest: Period | None) -> None:
        self.partner, self.newest = partner, newest
        self.known: dict[int, Money] = {}

    def prepare(self, clients: Sequence[Client]) -> None:
        rows = Commission.objects.filter(partner=self.partner, client__in=[client.pk for client in clients])
        is_newest = Q(period=self.newest)
        own = is_newest & Q(service_month=F("period_id"))
        posted = Q(state=CommissionState.POSTED)
        found = (
            rows.standing(self.newest)
            .order_by()
            .values("client")
            .annotate(
                brought=Max("base", filter=own, default=ZERO),
                posted=Sum("amount", filter=posted & is_newest, default=ZERO),
                held_back=Sum("amount", filter=~posted & is_newest, default=ZERO),
                to_date=Sum("amount", filter=posted, default=ZERO),
            )
            .values_list("client", "brought", "posted", "held_back", "to_date")
        )
        self.known = {client: Money(*amounts) for client, *amounts in found}

    def of(self, client: Client) -> Money:
        return self.known.get(client.pk, Money())


@require_safe
@partner_page()
def clients(request: PartnerRequest) -> HttpResponseBase:
    """The partner's clients, those that left included."""
    newest = Period.objects.newest()
    money = MoneyOfClients(request.acting.partner, newest)
    month = short_month(newest.month) if newest else "last month"

    def line(client: Any) -> list[Cell]:
        own = money.of(client)
        return [
            Cell(client.name, url=row_url("client", client.pk)),
            standing_cell(client),
            Cell(short_day(client.closed_on)),
            Cell(show_money(own.mrr)),
            Cell(show_money(own.to_date), below=f"{show_money(own.waiting)} waiting" if own.waiting else ""),
        ]

    def record(client: Any) -> list[object]:
        own = money.of(client)
        return [client.name, client.standing, client.closed_on, client.canceled_on_shown or "", own.mrr, own.to_date]

    listing = Listing(
        request=request,
        rows=own_clients(request.acting),
        columns={
            "name": Column("Client", sort=("name",)),
            "standing": Column("Status", sort=("standing", "name")),
            "since": Column("Since", sort=("closed_on",)),
            "mrr": Column(f"MRR, {month}", is_number=True),
            "total": Column("Commission to date", is_number=True),
        },
        line=line,
        default="name",
        empty=_no_clients(),
        filters=ClientsFilter,
        record=record,
        record_header=("client", "status", "since", "cancelled on", "MRR", "commission to date"),
        prepare=money.prepare,
        label="Clients",
    )
    if listing.wants_csv:
        return listing.csv("clients")
    context = {
        "title": "Clients",
        "lead": "The companies that you referred and sales has won.",
        "listing": listing,
    }
    return render(request, "commissions/clients.html", context)


@require_safe
@partner_page()
def commissions_by_client(request: PartnerRequest) -> HttpResponseBase:
    """The partner's commission by client: in the newest month, waiting, and to date."""
    newest = Period.objects.newest()
    money = MoneyOfClients(request.acting.partner, newest)
    month = short_month(newest.month) if newest else "last month"

    def line(client: Any) -> list[Cell]:
        own = money.of(client)
        return [
            Cell(client.name, url=row_url("client", client.pk)),
            Cell(show_money(own.posted)),
            Cell(show_money(own.waiting) if own.waiting else ""),
            Cell(show_money(own.to_date)),
        ]

    def record(client: Any) -> list[object]:
        own = money.of(client)
        return [client.name, own.posted, own.waiting, own.to_date]

    listing = Listing(
        request=request,
        rows=own_clients(request.acting),
        columns={
            "name": Column("Client", sort=("name",)),
            "posted": Column(f"Posted, {month}", is_number=True),
            "waiting": Column("Waiting", is_number=True),
            "total": Column("Posted to date", is_number=True),
        },
        line=line,
        default="name",
        empty=_no_clients(),
        filters=ClientsFilter,
        record=record,
        prepare=money.prepare,
        label="Commissions by client",
    )
    if listing.wants_csv:
        return listing.csv("commissions-by-client")
    context = {
        "title": "Commissions by client",
        "lead": "What each client earned you. Open a client for its months and their reasons.",
        "listing": listing,
    }
    return render(request, "commissions/by_client.html", context)


@require_safe
@partner_page()
def client(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """One client: its commission by month, what holds it back, and what was charged back."""
    acting = request.acting
    client: Any = get_object_or_404(own_clients(acting), pk=pk)
    newest = Period.objects.newest()
    money = MoneyOfClients(acting.partner, newest)
    money.prepare([client])
    own = money.of(client)
    listing = Listing(
        request=request,
        rows=Commission.objects.filter(partner=acting.partner, client=client).standing(newest),
        columns={
            "service": Column("Service month", sort=("service_month", "period_id")),
            "period": Column("Settled in", sort=("period_id", "service_month")),
            "base": Column("MRR", is_number=True),
            "rate": Column("Rate", is_number=True),
            "amount": Column("Commission", sort=("amount",), is_number=True),
            "state": Column("State"),
        },
        line=_line,
        default="-service",
        empty=NO_COMMISSION,
        record=_record,
        record_header=("service month", "run", "MRR", "rate", "amount", "state", "waiting until"),
        label=f"Commission of {client.name}",
    )
    if listing.wants_csv:
        return listing.csv(f"commissions-{client.reference}")
    context = {
        "title": client.name,
        "lead": "",
        "back": (reverse("clients"), "Clients"),
        "status": standing_cell(client).badge,
        "tiles": [
            Tile("Client since", short_day(client.closed_on)),
            Tile(
                "MRR",
                show_money(own.mrr),
                acting.program.currency,
                note=f"In {month_name(newest.month)}" if newest else "",
            ),
            Tile("Commission to date", show_money(own.to_date), acting.program.currency),
            Tile("Waiting", show_money(own.waiting), acting.program.currency, note=_waits(client)),
        ],
        "reasons": list(reasons(client, acting)),
        "reversals": [_reversal(row) for row in _reversals(client, acting)],
        "problems": [_problem(row) for row in _problems(client, acting)],
        "listing": listing,
        "beside_label": "The reason of an amount",
    }
    return render(request, "commissions/client.html", context)


def own_clients(acting: Acting) -> "QuerySet[Client]":
    """The partner's clients and those that once earned for it, each with its `standing` today."""
    earned = Commission.objects.filter(partner=acting.partner, client=OuterRef("pk"), period__closed_at__isnull=False)
    is_mine = Q(partner=acting.partner)
    matured_on = Func(F("closed_on"), template="(%(expressions)s + interval '1 month')::date", output_field=DateField())
    ended = [When(Value(True), then=Value(ClientStanding.ENDED))] if acting.has_ended else []
    return (
        Client.objects.filter(is_mine | Exists(earned))
        .annotate(
            matured_on=matured_on,
            # What happened to a client at another partner is that partner's.
            canceled_on_shown=Case(When(is_mine, then=F("canceled_on")), default=None),
        )
        .annotate(
            standing=Case(
                When(~is_mine, then=Value(ClientStanding.MOVED)),
                When(canceled_on__lte=acting.today, then=Value(ClientStanding.CANCELLED)),
                *ended,
                When(matured_on__gt=acting.today, then=Value(ClientStanding.WAITING)),
                default=Value(ClientStanding.ACTIVE),
                output_field=CharField(),
            )
        )
    )


def standing_cell(client: Any) -> Cell:
    """How a client stands, with the day that matters to it."""
    standing = ClientStanding(client.standing)
    text = ""
    if standing == ClientStanding.WAITING:
        text = unbroken(f"until {short_day(client.matured_on)}")
    elif standing == ClientStanding.CANCELLED:
        text = unbroken(f"on {short_day(client.canceled_on)}")
    return Cell(text, badge=Badge(str(standing.label), TONES.get(standing, Tone.NEUTRAL)))


def reasons(client: Any, acting: Acting) -> Iterator[str]:
    """What holds a client's commission back, or has ended it, each with its clause."""
    standing = ClientStanding(client.standing)
    if standing == ClientStanding.MOVED:
        yield (
            "This client belongs to another partner now. What it earned you by then is below; a month that the"
            " change reached back into was settled anew (clause 3, referral)."
        )
        return
    if standing == ClientStanding.CANCELLED:
        last = month_name(month_of(client.canceled_on))
        yield (
            f"The client cancelled on {day(client.canceled_on)}. Money for service up to {last} still earns once it"
            " is paid, money for later months does not (Appendix B, cancellations)."
        )
    ended_on = acting.partner.terminated_on
    if acting.has_ended and ended_on:
        yield (
            f"The partnership ended on {day(ended_on)}. What was collected until then is paid; what came later does"
            " not earn (clause 10, termination)."
        )
    if standing == ClientStanding.WAITING:
        yield (
            f"The client closed on {day(client.closed_on)}. Its commission is counted and waits until"
            f" {day(client.matured_on)} (Appendix B, 1-month waiting period after close)."
        )
    for invoice in _unpaid(client, acting.today):
        received = f"{show_money(invoice.paid)} of {show_money(invoice.total)} was received" if invoice.paid else (
            f"{show_money(invoice.total)} is not paid"
        )  # fmt: skip
        yield (
            f"Invoice {invoice.reference} of {day(invoice.issued_on)}: {received} so far. It earns once it is paid in"
            " full (Appendix B, all monies received)."
        )


def _no_clients() -> Empty:
    return Empty(
        "No clients yet",
        "A lead becomes your client once sales has won it. From then on its payments earn.",
        reverse("leads"),
        "See your leads",
    )


def _unpaid(client: Client, today: date) -> list[Any]:
    owed = Invoice.objects.filter(client=client, issued_on__lte=today).unpaid()
    return list(owed.order_by("-issued_on", "-id")[:MOST_UNPAID])


def _reversals(client: Any, acting: Acting) -> "QuerySet[Reversal]":
    """What was sent back while the client was the partner's."""
    rows = Reversal.objects.filter(payment__invoice__client=client.pk, occurred_on__lte=acting.today)
    if client.standing == ClientStanding.MOVED:
        states = ClientHistory.objects.filter(client=client).order_by("batch_id")
        was_mine = states.filter(partner=acting.partner).last()
        moved = states.filter(batch_id__gt=was_mine.batch_id).first() if was_mine else None
        rows = rows.filter(batch_id__lt=moved.batch_id) if moved else rows.none()
    return rows.select_related("payment__invoice").order_by("-occurred_on", "-id")[:MOST_REVERSALS]


def _reversal(row: Reversal) -> tuple[str, Badge, str, str]:
    """A reversal as its day, kind, invoice and amount: what went back is negative."""
    kind = ReversalKind(row.kind)
    is_back = kind == ReversalKind.CHARGEBACK_WON
    tone = {ReversalKind.CHARGEBACK_WON: Tone.GOOD, ReversalKind.CHARGEBACK: Tone.BAD}.get(kind, Tone.NEUTRAL)
    badge = Badge(str(kind.label), tone)
    amount = row.amount if is_back else -row.amount
    return short_day(row.occurred_on), badge, row.payment.invoice.reference, show_money(amount)


def _problems(client: Any, acting: Acting) -> "QuerySet[PaymentProblem]":
    """Payments that failed or were disputed while the client was the partner's."""
    rows = PaymentProblem.objects.filter(client=client.pk, partner=acting.partner)
    return rows.select_related("invoice").order_by("-occurred_on", "-id")[:MOST_REVERSALS]


def _problem(row: PaymentProblem) -> tuple[str, Badge, str, str]:
    """A payment problem as its day, kind, invoice and what was said about it."""
    badge = Badge(row.get_kind_display(), Tone.WAITING)
    return short_day(row.occurred_on), badge, row.invoice.reference if row.invoice else "", row.note


def _waits(client: Any) -> str:
    return f"Until {short_day(client.matured_on)}" if client.standing == ClientStanding.WAITING else ""


def _line(row: Commission) -> list[Cell]:
    return [
        Cell(short_month(row.service_month)),
        Cell(short_month(row.period_id)),
        Cell(show_money(row.base)),
        Cell(percent(row.rate)),
        why_cell(row),
        state_cell(row),
    ]


def _record(row: Commission) -> list[object]:
    return [
        show_month(row.service_month), show_month(row.period_id), row.base, row.rate, row.amount, row.state,
        row.waiting_until or "",
    ]  # fmt: skip
