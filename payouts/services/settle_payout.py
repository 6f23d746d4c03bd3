from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from affiliates.models import PayoutMethod
from affiliates.months import show_month
from affiliates.services.open_batch import wait_for_turn
from commissions.models import EntryKind, LedgerEntry, Period
from payouts.gates import gates
from payouts.models import Payout, PayoutState
from payouts.services.approve_payout import sign
from payouts.services.move_payout import PayoutCannotMove, move_payout


class ApprovalIsVoid(Exception):
    """Amount, payee, bank details or period are not what was approved, or a gate closed since."""


def pay_payout(*, payout: Payout, on: date, by: User, at: datetime) -> Payout:
    """This function will note that an approved payout was paid on a day, and take it from the balance.

    :raises ApprovalIsVoid: something that the approval signed has changed
    :raises PayoutCannotMove: it is not approved, or was paid already
    """
    with transaction.atomic():
        wait_for_turn()  # No month is closed meanwhile, so the entry's day stays an open one.
        payout = Payout.objects.select_for_update().get(pk=payout.pk)
        if payout.state != PayoutState.APPROVED or payout.payable is None:
            raise PayoutCannotMove(payout, PayoutState.PAID)
        method = PayoutMethod.objects.current().filter(partner=payout.partner_id).first()
        if sign(payout, payable=payout.payable, method=method) != payout.signature:
            raise ApprovalIsVoid(f"The payout of {payout} is not what was approved; it needs a new approval")
        for gate in gates(payout, at=at):
            if not gate.is_open:
                raise ApprovalIsVoid(f"{gate.name}: {gate.state}. {gate.opened_by}.")
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
    return payout


def fail_payout(*, payout: Payout, on: date, reason: str, by: User, at: datetime) -> Payout:
    """This function will note that a payout did not arrive: a paid one goes back to the balance.

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
        move_payout(payout=payout, to=PayoutState.FAILED, by=by, at=at, reason=reason)
    return payout
