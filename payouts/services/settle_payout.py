from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import PayoutMethod
from affiliates.months import show_month
from affiliates.services.open_batch import wait_for_turn
from commissions.models import EntryKind, LedgerEntry, Period
from payouts.gates import gates
from payouts.models import LineState, PaymentLine, Payout, PayoutState
from payouts.services.answer_line import answer_line
from payouts.services.approve_payout import sign
from payouts.services.move_payout import PayoutCannotMove, move_payout
from payouts.services.refresh_payout import NOT_COVERED, not_covered


class ApprovalIsVoid(Exception):
    """Amount, payee, bank details or period are not what was approved, or a gate closed since."""


@needs(Right.PAY_PAYOUTS)
def pay_payout(*, payout: Payout, on: date, by: User, at: datetime) -> Payout:
    """This function will note that an approved payout was paid on a day, and take it from the balance.

    One that is in a payment file was held against its approval and its gates when the file was made: what
    changed since does not undo what the bank did.

    :raises ApprovalIsVoid: something that the approval signed has changed
    :raises PayoutCannotMove: it is not approved, or was paid already
    """
    with transaction.atomic():
        wait_for_turn()  # No month is closed meanwhile, so the entry's day stays an open one.
        payout = Payout.objects.select_for_update().get(pk=payout.pk)
        if payout.state != PayoutState.APPROVED or payout.payable is None:
            raise PayoutCannotMove(payout, PayoutState.PAID)
        line = _line_of(payout)
        if line is None:
            check_approval(payout, at=at)
        approvals = payout.steps.filter(state=PayoutState.APPROVED).count()
        payout.entry = LedgerEntry.objects.create(
            key=f"payout:{payout.pk}:{approvals}",
            partner_id=payout.partner_id,
            period_id=payout.period_id,
            kind=EntryKind.PAYOUT,
            amount=-payout.payable,
            text=f"Payout of {show_month(payout.period_id)}",
            dated_on=Period.objects.ledger_day(on),
            recorded_at=at,
        )
        payout.paid_on = on
        move_payout(payout=payout, to=PayoutState.PAID, by=by, at=at)
        if line is not None:
            answer_line(line=line, to=LineState.PAID, on=on, by=by, at=at)
    return payout


@needs(Right.PAY_PAYOUTS)
def fail_payout(*, payout: Payout, on: date, reason: str, by: User, at: datetime, code: str = "") -> Payout:
    """This function will note that a payout did not arrive: a paid one goes back to the balance.

    `code` is the bank's own, for its line in a payment file; the payout is free for another file then.

    :raises PayoutCannotMove: it was neither approved nor paid
    """
    with transaction.atomic():
        wait_for_turn()
        payout = Payout.objects.select_for_update(of=("self",)).select_related("entry").get(pk=payout.pk)
        if payout.entry is not None and payout.state == PayoutState.PAID:
            LedgerEntry.objects.create(
                key=f"returned:{payout.entry.key}",
                partner_id=payout.partner_id,
                period_id=payout.period_id,
                kind=EntryKind.PAYOUT_RETURNED,
                amount=-payout.entry.amount,
                text=f"Payout of {show_month(payout.period_id)} returned: {reason}"[:200],
                dated_on=Period.objects.ledger_day(on),
                recorded_at=at,
            )
            payout.entry = payout.paid_on = None
        line = _line_of(payout)
        move_payout(payout=payout, to=PayoutState.FAILED, by=by, at=at, reason=reason)
        if line is not None:
            answer_line(line=line, to=LineState.RETURNED, on=on, by=by, at=at, code=code, reason=reason)
    return payout


def check_approval(payout: Payout, *, at: datetime) -> PayoutMethod:
    """This function will see that an approved payout may still be paid, and give where its money goes.

    :raises ApprovalIsVoid: something that the approval signed has changed, or a gate closed
    """
    method = PayoutMethod.objects.current().filter(partner=payout.partner_id).first()
    is_signed = payout.payable is not None and sign(payout, payable=payout.payable, method=method) == payout.signature
    if method is None or not is_signed:
        raise ApprovalIsVoid(f"The payout of {payout} is not what was approved; it needs a new approval")
    if payout.pk in not_covered([payout]):
        raise ApprovalIsVoid(f"{NOT_COVERED}; the payout of {payout} needs a new approval")
    for gate in gates(payout, at=at):
        if not gate.is_open:
            raise ApprovalIsVoid(f"{gate.name}: {gate.state}. {gate.opened_by}.")
    return method


def _line_of(payout: Payout) -> PaymentLine | None:
    """The payout's line in a payment file, locked, unless the bank returned it."""
    return PaymentLine.objects.standing().select_for_update().filter(payout=payout).first()
