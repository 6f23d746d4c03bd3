"""Money that came and went: payments, charges, refunds, credit notes, disputes."""

from dataclasses import dataclass

from integrations.stripe.shapes.values import Data, id_of, moment, needed, part, parts, text, units, whole


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    id: str
    currency: str
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
        currency=text(data, "currency").upper()[:20],
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
    currency: str
    customer: str
    invoice: str
    intent: str
    captured: int
    refunded: int


def from_charge(data: Data) -> Charge:
    captured = whole(data, "amount_captured")
    return Charge(
        id=needed(id_of(data, "id"), "id"),
        currency=text(data, "currency").upper()[:20],
        customer=id_of(data, "customer"),
        invoice=id_of(data, "invoice"),
        intent=id_of(data, "payment_intent"),
        captured=(units(data, "amount") if captured is None else captured) * (text(data, "status") == "succeeded"),
        refunded=units(data, "amount_refunded"),
    )


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    currency: str
    charge: str
    intent: str
    amount: int
    status: str
    created: int


def from_refund(data: Data) -> Refund:
    return Refund(
        id=needed(id_of(data, "id"), "id"),
        currency=text(data, "currency").upper()[:20],
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        amount=units(data, "amount"),
        status=text(data, "status") or "succeeded",  # Oldest shapes have none.
        created=moment(data, "created"),
    )


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note. `to_balance` went to the customer's balance, `elsewhere` outside Stripe, after the payment.

    Where an old shape has both a refund and a balance, `refund` names it: its amount is not the balance's. `refunds`
    are the ids of all refunds that it is for.
    """

    id: str
    currency: str
    invoice: str
    status: str
    created: int
    to_balance: int
    elsewhere: int
    refund: str
    refunds: tuple[str, ...]

    @property
    def gave_back(self) -> int:
        """What went back other than by a refund."""
        return self.to_balance + self.elsewhere


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
        currency=text(data, "currency").upper()[:20],
        created=moment(data, "created"),
        to_balance=max(after - refunded - elsewhere, 0) if has_balance else 0,
        elsewhere=elsewhere,
        refund="" if refunds else id_of(data, "refund"),
        refunds=tuple(id_of(each, "refund") for each in refunds) or (id_of(data, "refund"),),
    )


@dataclass(frozen=True, slots=True)
class StripeDispute:
    id: str
    currency: str
    charge: str
    intent: str
    amount: int
    status: str
    reason: str
    created: int
    withdrawn_at: int
    reinstated_at: int


def from_dispute(data: Data) -> StripeDispute:
    moves = parts(data, "balance_transactions")
    taken = [moment(each, "created") for each in moves if units(each, "amount") < 0]
    given = [moment(each, "created") for each in moves if units(each, "amount") > 0]
    return StripeDispute(
        id=needed(id_of(data, "id"), "id"),
        currency=text(data, "currency").upper()[:20],
        charge=id_of(data, "charge"),
        intent=id_of(data, "payment_intent"),
        amount=units(data, "amount"),
        status=text(data, "status"),
        reason=text(data, "reason"),
        created=moment(data, "created"),
        withdrawn_at=min(taken, default=0),
        reinstated_at=min(given, default=0),
    )
