from datetime import datetime

from django.db import transaction

from payouts.gates import gates
from payouts.models import Payout, PayoutState
from payouts.models.payout import BEFORE_APPROVAL
from payouts.services.approve_payout import sign
from payouts.services.move_payout import move_payout


def refresh_payout(*, payout_id: int, at: datetime) -> Payout:
    """This function will make a payout ready once all its gates are open, and waiting again where one closed.

    An approved one goes back to waiting where a gate closed or what was approved has changed: it is void.
    """
    with transaction.atomic():
        payout = Payout.objects.select_for_update().get(pk=payout_id)
        if payout.state == PayoutState.APPROVED:
            _void_if_changed(payout, at)
        if payout.state in BEFORE_APPROVAL:
            closed = [gate for gate in gates(payout, at=at) if not gate.is_open]
            fitting = PayoutState.WAITING if closed else PayoutState.READY
            if payout.state != fitting:
                reason = "; ".join(gate.state for gate in closed) or "Every gate is open"
                move_payout(payout=payout, to=fitting, by=None, at=at, reason=reason)
    return payout


def _void_if_changed(payout: Payout, at: datetime) -> None:
    closed = [gate.state for gate in gates(payout, at=at) if not gate.is_open]
    if payout.payable is not None and sign(payout, payable=payout.payable) != payout.signature:
        closed.append("Amount, payee, bank details or period changed")
    if closed:
        reason = f"The approval is void. {'; '.join(closed)}"
        move_payout(payout=payout, to=PayoutState.WAITING, by=None, at=at, reason=reason)
