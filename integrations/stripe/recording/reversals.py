"""The money of an invoice that went back, as facts: refunds, credits, disputes that took money and gave it back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from clients.models import ReversalKind
from integrations.stripe.models import FindingKind
from integrations.stripe.recording.case import Case, Found, fact_key
from integrations.stripe.recording.payments import SAY_PAYMENTS, Paid, Payments
from integrations.stripe.shapes import CreditNote, Refund, StripeDispute

SAY_WON = "Send the event charge.dispute.funds_reinstated too, or run manage.py stripe_backfill"
SAY_REFUNDS = "Send the events refund.created, refund.updated and refund.failed too, or run manage.py stripe_backfill"


@dataclass(frozen=True, slots=True)
class Reversed:
    key: str
    payment: str
    kind: ReversalKind
    units: int
    on: date


def reversals_of(case: Case, payments: Payments) -> Iterator[Reversed | Found]:
    """Yield what went back of an invoice's payments, and what about it is waited for or out of the ordinary."""
    for paid in payments.known:
        if paid.is_credit:
            yield Reversed(fact_key(paid.key, "reversed"), paid.key, ReversalKind.REFUND, paid.units, paid.on)
    for refund in case.refunds:
        yield from _refund(case, payments, refund)
    given: Counter[str] = Counter()
    for note in sorted(case.notes, key=lambda each: (each.created, each.id)):
        if note.status == "issued":
            yield from _credit(case, payments, note, given)
    for dispute in case.disputes:
        yield from _dispute(case, payments, dispute)
    yield from _refunds_to_come(case)


def _refund(case: Case, payments: Payments, refund: Refund) -> Iterator[Reversed | Found]:
    marks = case.marks_of(refund.id)
    if "succeeded" not in marks or refund.amount <= 0:
        return
    paid = _payment_of(case, payments, refund.charge, refund.intent)
    if paid is None:
        yield _no_payment(case, f"Refund {refund.id} of {case.money(refund.amount)}", refund.id)
        return
    yield Reversed(fact_key(refund.id), paid.key, ReversalKind.REFUND, refund.amount, case.day(refund.created))
    if "failed" in marks:
        yield Found(
            FindingKind.RETURNED,
            refund.id,
            f"The refund of {case.money(refund.amount)} was recorded, and then failed: the money came back to you",
            "What was recorded stays; give the partner its commission on it by an adjustment",
        )


def _left(case: Case, payments: Payments, note: CreditNote, given: Counter[str]) -> dict[str, int]:
    """What a note's own refunds, and refunds and notes before it, left of each payment, by its key.

    What came later changes it no more: the note is recorded by then.
    """
    left = {paid.key: paid.units - given[paid.key] for paid in payments.known if not paid.is_credit}
    for refund in case.refunds:
        paid = _payment_of(case, payments, refund.charge, refund.intent)
        counts = refund.created <= note.created or refund.id in note.refunds
        if paid is not None and paid.key in left and counts and "succeeded" in case.marks_of(refund.id):
            left[paid.key] -= refund.amount
    return {key: max(units, 0) for key, units in left.items()}


def _credit(case: Case, payments: Payments, note: CreditNote, given: Counter[str]) -> Iterator[Reversed | Found]:
    """Yield what a credit note gave back after the payment, other than by a refund, which comes by itself.

    `given` are the sums that notes gave back of each payment, by its key; what this one gives is added.
    """
    to_balance = note.to_balance
    if not payments.are_all:
        if note.gave_back:
            says = f"Credit note {note.id} gave back {case.money(note.gave_back)}, and not all payments are known"
            yield Found(FindingKind.WAITING, note.id, says, SAY_PAYMENTS)
        return
    if note.refund and to_balance:
        refunded = [refund.amount for refund in case.refunds if refund.id == note.refund]
        if not refunded:
            says = f"Credit note {note.id} gave back money by a refund that is not known yet"
            yield Found(FindingKind.WAITING, note.id, says, SAY_REFUNDS)
            return
        to_balance -= refunded[0]
    on = case.day(note.created)
    for word, units in (("balance", to_balance), ("out_of_band", note.elsewhere)):
        left = _left(case, payments, note, given)
        for back in _over_payments(payments, left, (note.id, word), units, on):
            given[back.payment] += back.units
            yield back


def _over_payments(
    payments: Payments, left: dict[str, int], ids: tuple[str, str], units: int, on: date
) -> Iterator[Reversed]:
    """Yield a sum that goes back as refunds of what is left of the invoice's payments, the largest first.

    What is more than all that is left stands with the first of them, where it is refused and listed.
    """
    largest = sorted((each for each in payments.known if each.key in left), key=lambda each: (-each.units, each.key))
    shares = {paid.key: 0 for paid in largest}
    for paid in largest:
        shares[paid.key] = min(units, left[paid.key])
        units -= shares[paid.key]
    if largest and units > 0:
        shares[largest[0].key] += units
    for number, (payment, share) in enumerate(((key, share) for key, share in shares.items() if share > 0), 1):
        key = fact_key(*ids) if number == 1 else fact_key(*ids, str(number))
        yield Reversed(key, payment, ReversalKind.REFUND, share, on)


def _dispute(case: Case, payments: Payments, dispute: StripeDispute) -> Iterator[Reversed | Found]:
    """Yield the chargeback of a dispute that took money, and what came again once it was won."""
    marks = case.marks_of(dispute.id)
    if not marks.keys() & {"withdrawn", "lost"} or dispute.amount <= 0:
        return
    paid = _payment_of(case, payments, dispute.charge, dispute.intent)
    if paid is None:
        yield _no_payment(case, f"Dispute {dispute.id} over {case.money(dispute.amount)}", dispute.id)
        return
    taken_on = case.day(dispute.withdrawn_at or dispute.created)
    yield Reversed(fact_key(dispute.id), paid.key, ReversalKind.CHARGEBACK, dispute.amount, taken_on)
    if dispute.reinstated_at:
        given_on = max(case.day(dispute.reinstated_at), taken_on)
        key = fact_key(dispute.id, "won")
        yield Reversed(key, paid.key, ReversalKind.CHARGEBACK_WON, dispute.amount, given_on)
    elif marks.keys() & {"reinstated", "won"}:
        says = f"Dispute {dispute.id} over {case.money(dispute.amount)} is won, and its money is not known to be back"
        yield Found(FindingKind.WAITING, dispute.id, says, SAY_WON)


def _payment_of(case: Case, payments: Payments, charge: str, intent: str) -> Paid | None:
    """The payment that a refund or a dispute names, by its intent, by its charge, or by that charge's intent."""
    intents = {intent} | {each.intent for each in case.charges if charge and each.id == charge}
    intents.discard("")
    for paid in payments.known:
        if paid.intent in intents or (charge and paid.charge == charge):
            return paid
    return None


def _no_payment(case: Case, what: str, subject: str) -> Found:
    says = f"{what} is of a payment of invoice {case.invoice.id} that is not known yet"
    return Found(FindingKind.WAITING, subject, says, "It is recorded with its payment; there is nothing to do")


def _refunds_to_come(case: Case) -> Iterator[Found]:
    for charge in case.charges:
        known = sum(
            refund.amount
            for refund in case.refunds
            if "succeeded" in case.marks_of(refund.id)
            and (refund.charge == charge.id or (charge.intent and refund.intent == charge.intent))
        )
        if charge.refunded > known:
            missing = case.money(charge.refunded - known)
            says = f"{missing} of charge {charge.id} went back by refunds that are not known yet"
            yield Found(FindingKind.WAITING, charge.id, says, SAY_REFUNDS)
