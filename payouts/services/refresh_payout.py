from datetime import datetime

from django.db import transaction

from payouts.gates import gates
from payouts.models import Payout, PayoutState
from payouts.models.payout import BEFORE_APPROVAL
from payouts.services.move_payout import move_payout


def refresh_payout(*, payout_id: int, at: datetime) -> Payout:
    """This function will make a payout ready once all its gates are open, and waiting again where one closed."""
    with transaction.atomic():
        payout = Payout.objects.select_for_update().get(pk=payout_id)
        if payout.state in BEFORE_APPROVAL:
            closed = [gate for gate in gates(payout, at=at) if not gate.is_open]
            fitting = PayoutState.WAITING if closed else PayoutState.READY
            if payout.state != fitting:
                reason = "; ".join(gate.state for gate in closed) or "Every gate is open"
                move_payout(payout=payout, to=fitting, by=None, at=at, reason=reason)
    return payout
