"""The whole story of a chargeback: what came, what went back, and what it took of whose commission."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clients.models import Reversal, ReversalKind, Slice
from commissions.models import Commission, CommissionState, Period, RunState


@dataclass(frozen=True, slots=True)
class Happened:
    """Something of the story, on its day."""

    on: date
    what: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the first run that saw a chargeback did: its period, None before one did, and the lines it settled."""

    period: Period | None
    lines: tuple[Commission, ...]
    has_slices: bool


def happened(chargeback: Reversal) -> list[Happened]:
    """Invoice, payments and everything that went back or came again, by day."""
    return sorted(_facts(chargeback), key=lambda fact: fact.on)


def settlement(chargeback: Reversal) -> Settlement:
    """What was taken back: the posted lines of the invoice's months in the first run that saw the chargeback."""
    payment = chargeback.payment
    months = set(Slice.objects.filter(invoice=payment.invoice_id).values_list("service_month", flat=True))
    period = (
        Period.objects.filter(
            month__gte=chargeback.occurred_on.replace(day=1),
            run__batch__gte=chargeback.batch_id,
            run__state=RunState.DONE,
        )
        .order_by("month")
        .first()
    )
    lines: tuple[Commission, ...] = ()
    if period is not None:
        rows = Commission.objects.filter(
            period=period, client=payment.invoice.client_id, service_month__in=months, state=CommissionState.POSTED
        )
        lines = tuple(rows.filter(amount__lt=0).select_related("partner").order_by("service_month", "pk"))
    return Settlement(period, lines, bool(months))


def won_back(chargeback: Reversal) -> Decimal:
    """How much of the payment's chargebacks was won back so far."""
    rows = chargeback.payment.reversals.filter(kind=ReversalKind.CHARGEBACK_WON)
    return sum((row.amount for row in rows), Decimal("0.00"))


def _facts(chargeback: Reversal) -> Iterator[Happened]:
    invoice = chargeback.payment.invoice
    yield Happened(invoice.issued_on, f"Invoice {invoice.reference} issued", invoice.total)
    for payment in invoice.payments.order_by("received_on", "id"):
        yield Happened(payment.received_on, f"Payment {payment.reference} received", payment.amount)
    for row in Reversal.objects.filter(payment__invoice=invoice.pk).order_by("occurred_on", "id"):
        is_back = row.kind == ReversalKind.CHARGEBACK_WON
        mark = ", this one" if row.pk == chargeback.pk else ""
        what = f"{row.get_kind_display()} {row.reference}{mark}"
        yield Happened(row.occurred_on, what, row.amount if is_back else -row.amount)
