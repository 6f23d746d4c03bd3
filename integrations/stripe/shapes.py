"""Stripe's objects as far as facts are worked out from them, in the shapes of its API before and since 2025-03-31.

Each `from_…` reads an object's JSON. What is not as Stripe publishes it raises `Odd`, here and nowhere later, so
that an event with a wrong type anywhere is parked when it is read, and never stops the others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from referrals.companies import mail_domain, own_domain

Data = Mapping[str, Any]
LONGEST = 255
MOST_UNITS = 10**15
LAST_MOMENT = 32_503_680_000  # The year 3000, in seconds since 1970.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REFERENCES = ("client", "billing_reference")  # The words of a customer's metadata that name its client.


class Odd(ValueError):
    """An object is not of the shape that Stripe publishes; the message says where."""


# -- Reading values ---------------------------------------------------------------------------------------


def storable(value: Any) -> Any:
    """A JSON value as PostgreSQL takes it: without NUL and without halves of characters."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list) else value


def text(data: Data, name: str) -> str:
    """A text, or nothing where there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Odd(f"“{name}” is no text")
    return value


def id_of(data: Data, name: str) -> str:
    """The id of another object, which Stripe gives as it is or with the whole object; nothing where there is none."""
    value = data.get(name)
    if isinstance(value, dict):
        value = value.get("id")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Odd(f"“{name}” is no id")
    return value


def whole(data: Data, name: str) -> int | None:
    """A whole number, or None."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MOST_UNITS:
        raise Odd(f"“{name}” is no whole number within reason")
    return value


def units(data: Data, name: str) -> int:
    """An amount in the currency's smallest unit, 0 where there is none."""
    return whole(data, name) or 0


def moment(data: Data, name: str) -> int:
    """A moment in seconds since 1970, 0 where there is none."""
    value = whole(data, name) or 0
    if not 0 <= value < LAST_MOMENT:
        raise Odd(f"“{name}” is no moment")
    return value


def part(data: Data, name: str) -> dict[str, Any]:
    """An object inside, empty where there is none."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Odd(f"“{name}” is no object")
    return value


def parts(data: Data, name: str) -> list[dict[str, Any]]:
    """The objects of a list, which Stripe gives bare or as an object with `data`; none where there is none."""
    value = data.get(name)
    if isinstance(value, dict):
        value = value.get("data")
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Odd(f"“{name}” is no list of objects")
    return value


def needed(value: str, name: str) -> str:
    if not value:
        raise Odd(f"“{name}” is missing")
    return value


def currency(data: Data) -> str:
    return needed(text(data, "currency"), "currency").upper()[:20]


def category(data: Data) -> str:
    """The category that an object's metadata gives."""
    return text(part(data, "metadata"), "category").strip()


# -- Invoices ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice: its amount as listed, and what comes off it or on top of it."""

    amount: int
    product: str
    price: str
    category: str
    start: int
    end: int
    discount: int
    tax_inside: int
    tax_on_top: int

    @property
    def tax(self) -> int:
        return self.tax_inside + self.tax_on_top


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """An invoice. `is_old` is one of the shape before 2025-03-31, which names its charge itself."""

    id: str
    customer: str
    status: str
    currency: str
    total: int
    issued_at: int
    paid_at: int
    opening_debt: int
    balance_used: int
    credited: int
    amount_paid: int
    off_stripe: int
    is_old: bool
    was_paid_elsewhere: bool
    charge: str
    intent: str
    shipping: int
    tax: int
    discount: int
    lines: tuple[Line, ...]
    has_more_lines: bool

    @property
    def is_final(self) -> bool:
        """Whether it is issued: nothing of its lines changes any more."""
        return self.status in ("open", "paid", "uncollectible", "void")

    @property
    def is_paid(self) -> bool:
        return self.status == "paid"


def from_invoice(data: Data) -> StripeInvoice:
    times = part(data, "status_transitions")
    created = moment(data, "created")
    opening, closing = units(data, "starting_balance"), whole(data, "ending_balance")
    status = text(data, "status")
    listed = part(data, "lines") if not isinstance(data.get("lines"), list) else {}
    return StripeInvoice(
        id=needed(id_of(data, "id"), "id"),
        customer=id_of(data, "customer"),
        status=status,
        currency=currency(data),
        total=units(data, "total"),
        issued_at=moment(times, "finalized_at") or moment(data, "effective_at") or created,
        paid_at=moment(times, "paid_at") or created,
        opening_debt=max(opening, 0),
        balance_used=max((closing or 0) - opening, 0) if closing is not None else 0,
        credited=units(data, "pre_payment_credit_notes_amount"),
        amount_paid=units(data, "amount_paid"),
        off_stripe=units(data, "amount_paid_off_stripe"),
        is_old="charge" in data or "payment_intent" in data,
        was_paid_elsewhere=data.get("paid_out_of_band") is True,
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        shipping=units(part(data, "shipping_cost"), "amount_subtotal"),
        tax=sum(_tax(data, "total_taxes", "total_tax_amounts")) or units(data, "tax"),
        discount=sum(units(each, "amount") for each in parts(data, "total_discount_amounts")),
        lines=tuple(map(_line, parts(data, "lines"))),
        has_more_lines=listed.get("has_more") is True,
    )


def _line(data: dict[str, Any]) -> Line:
    period = part(data, "period")
    price = part(data, "price") or part(data, "plan")
    details = part(part(data, "pricing"), "price_details")
    inside, on_top = _tax(data, "taxes", "tax_amounts")
    return Line(
        amount=units(data, "amount"),
        product=id_of(details, "product") or id_of(price, "product"),
        price=id_of(details, "price") or id_of(price, "id"),
        category=category(data) or category(price),
        start=moment(period, "start"),
        end=moment(period, "end"),
        discount=_off(data),
        tax_inside=inside,
        tax_on_top=on_top,
    )


def _off(data: dict[str, Any]) -> int:
    """What discounts and billing credits take off a line; the newer shape's list names both."""
    credits = [
        units(each, "amount")
        for each in parts(data, "pretax_credit_amounts")
        if text(each, "type") == "credit_balance_transaction"
    ]
    return sum(credits) + sum(units(each, "amount") for each in parts(data, "discount_amounts"))


def _tax(data: Data, new: str, old: str) -> tuple[int, int]:
    """The tax that is inside the amount, and the tax on top of it."""
    inside = on_top = 0
    for each in parts(data, new) or parts(data, old):
        if text(each, "tax_behavior") == "inclusive" or each.get("inclusive") is True:
            inside += units(each, "amount")
        else:
            on_top += units(each, "amount")
    return inside, on_top


# -- Money that came and went -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    id: str
    invoice: str
    status: str
    amount: int
    paid_at: int
    charge: str
    intent: str
    record: str


def from_invoice_payment(data: Data) -> InvoicePayment:
    payment = part(data, "payment")
    return InvoicePayment(
        id=needed(id_of(data, "id"), "id"),
        invoice=needed(id_of(data, "invoice"), "invoice"),
        status=text(data, "status"),
        amount=units(data, "amount_paid"),
        paid_at=moment(part(data, "status_transitions"), "paid_at") or moment(data, "created"),
        charge=id_of(payment, "charge"),
        intent=id_of(payment, "payment_intent"),
        record=id_of(payment, "payment_record"),
    )


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    customer: str
    invoice: str
    intent: str
    refunded: int


def from_charge(data: Data) -> Charge:
    return Charge(
        id=needed(id_of(data, "id"), "id"),
        customer=id_of(data, "customer"),
        invoice=id_of(data, "invoice"),
        intent=id_of(data, "payment_intent"),
        refunded=units(data, "amount_refunded"),
    )


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    charge: str
    intent: str
    amount: int
    status: str
    created: int


def from_refund(data: Data) -> Refund:
    return Refund(
        id=needed(id_of(data, "id"), "id"),
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        amount=units(data, "amount"),
        status=text(data, "status") or "succeeded",  # Oldest shapes have none.
        created=moment(data, "created"),
    )


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note. `to_balance` went to the customer's balance, `elsewhere` outside Stripe, after the payment.

    Where an old shape has both a refund and a balance, `refund` names it: its amount is not the balance's.
    """

    id: str
    invoice: str
    status: str
    created: int
    to_balance: int
    elsewhere: int
    refund: str


def from_credit_note(data: Data) -> CreditNote:
    after = whole(data, "post_payment_amount")
    if after is None:
        after = units(data, "amount") if text(data, "type") == "post_payment" else 0
    elsewhere = units(data, "out_of_band_amount")
    refunds = parts(data, "refunds")
    refunded = sum(units(each, "amount_refunded") for each in refunds)
    has_balance = bool(id_of(data, "customer_balance_transaction"))
    return CreditNote(
        id=needed(id_of(data, "id"), "id"),
        invoice=needed(id_of(data, "invoice"), "invoice"),
        status=text(data, "status"),
        created=moment(data, "created"),
        to_balance=max(after - refunded - elsewhere, 0) if has_balance else 0,
        elsewhere=elsewhere,
        refund="" if refunds else id_of(data, "refund"),
    )


@dataclass(frozen=True, slots=True)
class Dispute:
    id: str
    charge: str
    intent: str
    amount: int
    status: str
    reason: str
    created: int
    withdrawn_at: int
    reinstated_at: int


def from_dispute(data: Data) -> Dispute:
    moves = parts(data, "balance_transactions")
    taken = [moment(each, "created") for each in moves if units(each, "amount") < 0]
    given = [moment(each, "created") for each in moves if units(each, "amount") > 0]
    return Dispute(
        id=needed(id_of(data, "id"), "id"),
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        amount=units(data, "amount"),
        status=text(data, "status"),
        reason=text(data, "reason"),
        created=moment(data, "created"),
        withdrawn_at=min(taken, default=0),
        reinstated_at=min(given, default=0),
    )


# -- Whose, and what for ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    name: str
    email: str
    domain: str
    references: tuple[str, ...]


def from_customer(data: Data) -> Customer:
    said = part(data, "metadata")
    key, email = needed(id_of(data, "id"), "id"), text(data, "email")
    named = (key, *(text(said, word).strip() for word in REFERENCES))
    site = text(said, "domain") or text(said, "website")
    return Customer(
        id=key,
        name=text(data, "name") or text(data, "description"),
        email=email,
        domain=own_domain(site[:LONGEST]) or mail_domain(email[:LONGEST]),
        references=tuple(dict.fromkeys(name.upper()[:LONGEST] for name in named if name)),
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `ended_at` is 0 while it runs. One that never became active has neither begun nor ended."""

    id: str
    customer: str
    status: str
    ended_at: int

    @property
    def never_began(self) -> bool:
        return self.status in ("incomplete", "incomplete_expired")


def from_subscription(data: Data) -> Subscription:
    status = text(data, "status")
    ended_at = moment(data, "ended_at")
    if status == "canceled" and not ended_at:
        ended_at = moment(data, "canceled_at") or moment(data, "created")
    return Subscription(
        id=needed(id_of(data, "id"), "id"),
        customer=needed(id_of(data, "customer"), "customer"),
        status=status,
        ended_at=ended_at,
    )


@dataclass(frozen=True, slots=True)
class Goods:
    """A product, or a price of one."""

    id: str
    name: str
    category: str
    product: str


def from_goods(data: Data) -> Goods:
    return Goods(
        id=needed(id_of(data, "id"), "id"),
        name=text(data, "name") or text(data, "nickname"),
        category=category(data),
        product=id_of(data, "product"),
    )


# -- What an object tells whoever keeps it ----------------------------------------------------------------


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


INVOICE_STEPS = {"draft": 0, "open": 1, "uncollectible": 2, "void": 3, "paid": 4}
REFUND_STEPS = {"pending": 0, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}


def objects_in(data: Data, event: str) -> Iterator[Told]:
    """Yield the object of an event with those that stand inside it: payments of an invoice, refunds of a charge.

    :raises Odd: one of them is not of the shape that Stripe publishes
    """
    kind = text(data, "object")
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
