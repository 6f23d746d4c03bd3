"""What an object tells whoever keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass

from integrations.stripe.shapes.goods import from_customer, from_goods, from_subscription
from integrations.stripe.shapes.invoices import StripeInvoice, from_invoice
from integrations.stripe.shapes.money import (
    from_charge,
    from_credit_note,
    from_dispute,
    from_invoice_payment,
    from_refund,
)
from integrations.stripe.shapes.values import Data, id_of, part, parts, text, units


@dataclass(frozen=True, slots=True)
class Told:
    """An object as it is kept: what it names, how far it has come, and what its history tells now."""

    kind: str
    id: str
    data: Data
    customer: str = ""
    invoice: str = ""
    charge: str = ""
    intent: str = ""
    progress: int = 0
    marks: tuple[str, ...] = ()


# What the next invoice may be: Stripe shows it some days before, often without an id, and it is none yet.
PREVIEW = "invoice.upcoming"
INVOICE_STEPS = {"draft": 0, "open": 1, "uncollectible": 2, "void": 3, "paid": 4}
REFUND_STEPS = {"pending": 0, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}


def objects_in(data: Data, event: str) -> Iterator[Told]:
    """Yield the object of an event with those that stand inside it: payments of an invoice, refunds of a charge.

    :raises Odd: one of them is not of the shape that Stripe publishes
    """
    kind = text(data, "object")
    if event == PREVIEW:
        return
    if kind == "invoice":
        invoice = from_invoice(data)
        yield Told(
            kind, invoice.id, data, invoice.customer, invoice.id, invoice.charge, invoice.intent,
            2 * INVOICE_STEPS.get(invoice.status, 0) + bool(invoice.amount_paid or invoice.credited),
            tuple(_invoice_marks(data, invoice, event)),
        )  # fmt: skip
        inside = parts(data, "payments")
    elif kind == "charge":
        charge = from_charge(data)
        yield Told(
            kind, charge.id, data, charge.customer, charge.invoice, charge.id, charge.intent, int(charge.refunded > 0)
        )
        inside = parts(data, "refunds")
    else:
        if told := _other(kind, data, event):
            yield told
        inside = [part(each, "refund") for each in parts(data, "refunds") if isinstance(each.get("refund"), dict)]
    for each in inside:
        yield from objects_in(each, event)


def _invoice_marks(data: Data, invoice: StripeInvoice, event: str) -> Iterator[str]:
    if event == "invoice.payment_failed":
        yield f"failed:{units(data, 'attempt_count')}"
    listed = data.get("payments")
    if invoice.is_paid and isinstance(listed, dict) and listed.get("has_more") is False:
        yield "all_payments"
    if invoice.is_paid and invoice.was_paid_elsewhere:
        yield "paid_elsewhere"
    elif invoice.is_paid and (invoice.charge or invoice.intent):
        yield "paid_by_charge"  # Newer snapshots of the newer shape do not say so any more.


def _other(kind: str, data: Data, event: str) -> Told | None:
    if kind == "invoice_payment":
        payment = from_invoice_payment(data)
        steps = {"open": 0, "canceled": 1, "paid": 2}
        return Told(
            kind, payment.id, data, invoice=payment.invoice, charge=payment.charge, intent=payment.intent,
            progress=steps.get(payment.status, 0),
        )  # fmt: skip
    if kind == "refund":
        refund = from_refund(data)
        marks = {"succeeded": ("succeeded",), "failed": ("failed",), "canceled": ("failed",)}.get(refund.status, ())
        step = REFUND_STEPS.get(refund.status, 0)
        return Told(kind, refund.id, data, charge=refund.charge, intent=refund.intent, progress=step, marks=marks)
    if kind == "credit_note":
        note = from_credit_note(data)
        return Told(kind, note.id, data, id_of(data, "customer"), note.invoice, progress=int(note.status == "void"))
    if kind == "dispute":
        return _dispute(data, event)
    if kind == "subscription":
        subscription = from_subscription(data)
        return Told(kind, subscription.id, data, subscription.customer, progress=int(bool(subscription.ended_at)))
    if kind == "customer":
        customer = from_customer(data)
        return Told(kind, customer.id, data, customer.id, progress=int(data.get("deleted") is True))
    if kind in ("product", "price"):
        return Told(kind, from_goods(data).id, data)
    return None


def _dispute(data: Data, event: str) -> Told:
    dispute = from_dispute(data)
    marks = []
    if event == "charge.dispute.funds_withdrawn" or dispute.withdrawn_at:
        marks.append("withdrawn")
    if event == "charge.dispute.funds_reinstated" or dispute.reinstated_at:
        marks.append("reinstated")
    if dispute.status in ("won", "lost"):
        marks.append(dispute.status)
    step = min(len(parts(data, "balance_transactions")), 3) + 4 * (dispute.status in ("won", "lost", "warning_closed"))
    return Told(
        "dispute", dispute.id, data, charge=dispute.charge, intent=dispute.intent, progress=step,
        marks=tuple(marks),
    )  # fmt: skip
