"""The money that came for an invoice, as facts: one payment for each time that money really came.

A payment's key is made of its invoice and of the payment intent, charge or record that Stripe knows it by, so that
the shapes of both eras of the API, whichever come first, name the same payment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from integrations.stripe.models import FindingKind
from integrations.stripe.recording.case import Case, Found, fact_key
from integrations.stripe.shapes import InvoicePayment

SAY_PAYMENTS = (
    "Send the event invoice_payment.paid too, or run manage.py stripe_backfill, which reads an invoice with all its"
    " payments"
)
SAY_OPEN = (
    "It is recorded once Stripe calls the invoice paid; where that never comes, enter an adjustment if it should earn"
)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment: `charge` and `intent` are how refunds and disputes name it; `is_credit` never was money."""

    key: str
    units: int
    on: date
    charge: str = ""
    intent: str = ""
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class Payments:
    """The payments that are known, whether they are all there will be, and what is waited for."""

    known: tuple[Paid, ...]
    are_all: bool
    waits: Found | None = None


def payments_of(case: Case) -> Payments:
    """This function will work out the payments of an invoice whose total is more than 0."""
    invoice = case.invoice
    came = [_as_paid(case, each) for each in _that_came(case)]
    if not invoice.is_paid:
        return _while_open(case, came)
    given = list(_without_money(case))
    room = invoice.total - sum(each.units for each in given)
    if not came and "paid_by_charge" in case.marks_of(invoice.id):
        came = [_by_itself(case, min(invoice.amount_paid or room, room))]
    elsewhere = room - sum(each.units for each in came)
    if elsewhere <= 0:
        return Payments((*given, *_within(came, room)), are_all=True)
    if _was_paid_elsewhere(case, elsewhere):
        key = fact_key(invoice.id, "out_of_band")
        paid = Paid(key, elsewhere, case.day(invoice.paid_at))
        return Payments((*given, *came, paid), are_all=True)
    says = f"Stripe calls it paid, and {case.money(elsewhere)} of it came by a payment that is not known yet"
    return Payments((*given, *came), are_all=False, waits=Found(FindingKind.WAITING, invoice.id, says, SAY_PAYMENTS))


def _that_came(case: Case) -> list[InvoicePayment]:
    paid = (each for each in case.payments if each.status == "paid" and each.amount > 0)
    return sorted(paid, key=lambda each: (each.paid_at, each.id))


def _as_paid(case: Case, payment: InvoicePayment) -> Paid:
    key = fact_key(case.invoice.id, payment.intent or payment.charge or payment.record or payment.id)
    return Paid(key, payment.amount, case.day(payment.paid_at), payment.charge, payment.intent)


def _by_itself(case: Case, units: int) -> Paid:
    """The payment of an old shape, whose invoice names its charge."""
    invoice = case.invoice
    key = fact_key(invoice.id, invoice.intent or invoice.charge)
    return Paid(key, units, case.day(invoice.paid_at), invoice.charge, invoice.intent)


def _while_open(case: Case, came: list[Paid]) -> Payments:
    """The parts that came of an open invoice; where more is owed or came than it asks for, nothing says what is its."""
    invoice, units = case.invoice, sum(each.units for each in came)
    if not came or (units <= invoice.total and not invoice.opening_debt):
        return Payments(tuple(came), are_all=False)
    says = f"{case.money(units)} came before it is paid, and not all of that may be for this invoice"
    return Payments((), are_all=False, waits=Found(FindingKind.WAITING, invoice.id, says, SAY_OPEN))


def _without_money(case: Case) -> Iterator[Paid]:
    """Yield what settled a part of the invoice on the day it was issued: credit notes before any payment, a balance."""
    invoice = case.invoice
    credited = min(invoice.credited, invoice.total)
    if credited > 0:
        yield Paid(fact_key(invoice.id, "credited"), credited, case.issued_on, is_credit=True)
    used = min(invoice.balance_used, invoice.total - credited)
    if used > 0:
        yield Paid(fact_key(invoice.id, "balance"), used, case.issued_on)


def _within(came: list[Paid], room: int) -> Iterator[Paid]:
    """Yield payments up to what is asked for: the rest settled what was owed before, or became a balance."""
    for each in came:
        units = min(each.units, room)
        if units > 0:
            yield Paid(each.key, units, each.on, each.charge, each.intent)
        room -= units


def _was_paid_elsewhere(case: Case, units: int) -> bool:
    """Whether what is missing came outside Stripe: the old shape says so, the new one once all payments are known."""
    said = case.marks_of(case.invoice.id).keys() & {"paid_elsewhere", "all_payments"}
    return bool(said) or case.invoice.off_stripe >= units
