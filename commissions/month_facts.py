"""What came in for a month and what of it needs a look, each by one statement over its rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from affiliates.models import FactBatch, Partner
from affiliates.money import ZERO
from affiliates.months import last_day
from clients.models import Client, Invoice, InvoiceLine, Payment, Reversal, ReversalKind, WinCorrection
from commissions.models import Period, Run

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class FactsIn:
    """How many facts are dated in a month, and what the money of each kind adds up to."""

    closed: int
    cancelled: int
    invoices: int
    invoiced: Decimal
    payments: int
    paid: Decimal
    reversals: int
    reversed: Decimal


def facts_in(month: date) -> FactsIn:
    """The facts that are dated in a month, in four statements."""
    days = (month, last_day(month))
    clients = Client.objects.exclude(pk__in=_taken_back()).aggregate(
        closed=Count("pk", filter=Q(closed_on__range=days)), cancelled=Count("pk", filter=Q(canceled_on__range=days))
    )
    sums = {"count": Count("pk"), "sum": Sum("amount", default=ZERO)}
    invoices = Invoice.objects.filter(issued_on__range=days).aggregate(
        invoices=Count("pk"), invoiced=Sum("total", default=ZERO)
    )
    payments = Payment.objects.filter(received_on__range=days).aggregate(**sums)
    won = Q(kind=ReversalKind.CHARGEBACK_WON)
    reversals = Reversal.objects.filter(occurred_on__range=days).aggregate(
        count=Count("pk"),
        back=Sum("amount", filter=~won, default=ZERO),
        won=Sum("amount", filter=won, default=ZERO),
    )
    return FactsIn(
        **clients,
        **invoices,
        payments=payments["count"],
        paid=payments["sum"],
        reversals=reversals["count"],
        reversed=reversals["back"] - reversals["won"],
    )


def _taken_back() -> "QuerySet[Client, Any]":
    """Clients that were won by mistake and taken back: the books keep them as cancelled on the day they closed.

    Neither was so. Once billing knows one of them, it counts like any other.
    """
    corrected = WinCorrection.objects.values("client")
    return Client.objects.filter(pk__in=corrected, lead=None, canceled_on=F("closed_on"), invoices=None).values("pk")


def batches_of(month: date) -> "QuerySet[FactBatch]":
    """The recordings that a month's run sees and the run before it did not see, the newest first.

    Of an open month those after its run are there too: it is older than they are.
    """
    rows = FactBatch.objects.filter(earliest__lte=last_day(month))
    earlier = Run.objects.filter(period__lt=month, period__closed_at__isnull=False).order_by("-period_id").first()
    if earlier is not None:
        rows = rows.filter(id__gt=earlier.batch_id or 0)
    run = Run.objects.filter(period=month, period__closed_at__isnull=False).first()
    return rows.filter(id__lte=run.batch_id or 0) if run is not None else rows


def unmapped_words() -> "QuerySet[InvoiceLine, dict[str, Any]]":
    """Words that billing used and nobody mapped, with their lines, the money at stake and when they came up."""
    return (
        InvoiceLine.objects.unmapped()
        .order_by()
        .values("category")
        .annotate(
            lines=Count("pk"), at_stake=Sum("amount"), first=Min("invoice__issued_on"), last=Max("invoice__issued_on")
        )
        .order_by("-at_stake", "category")
    )


def partly_paid(month: date) -> "QuerySet[Invoice]":
    """Invoices of a year up to a month's end that received money and are not collected; adds `paid` and `missing`.

    A payment of the whole is left out before anything is added up, which leaves few of many.
    """
    until = last_day(month)
    return (
        Invoice.objects.filter(issued_on__gt=until - A_YEAR, issued_on__lte=until)
        .filter(payments__received_on__lte=until, payments__amount__lt=F("total"))
        .annotate(paid=Sum("payments__amount"), last_paid=Max("payments__received_on"))
        .annotate(missing=F("total") - F("paid"))
        .filter(missing__gt=0)
    )


def clients_of_ended_partners(month: date) -> "QuerySet[Client]":
    """Clients that are still there at a month's end while their partner is not: what they pay earns nothing (10)."""
    until = last_day(month)
    return Client.objects.filter(
        Q(canceled_on__isnull=True) | Q(canceled_on__gt=until), partner__terminated_on__lte=until, closed_on__lte=until
    )


def negative_balances() -> "QuerySet[Partner]":
    """Partners who owe: their ledger adds up to less than nothing; adds `balance` and `last` (its newest day)."""
    return Partner.objects.annotate(balance=Sum("ledger__amount"), last=Max("ledger__dated_on")).filter(balance__lt=0)


def chargebacks_in(month: date) -> "QuerySet[Reversal]":
    """The chargebacks dated in a month."""
    return Reversal.objects.filter(kind=ReversalKind.CHARGEBACK, occurred_on__range=(month, last_day(month)))


def next_month_to_close(today: date) -> date:
    """The month that is to be closed next: the one after the last closed, else the last one that has ended."""
    closed = Period.objects.last_closed()
    if closed is not None:
        return closed.next_month
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
