from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from payouts.models import Payout, PayoutState
from payouts.services.move_payout import PayoutCannotMove, move_payout
from payouts.services.refresh_payout import refresh_payout


class ReasonIsMissing(Exception):
    """Whoever holds or cancels a payout says why."""


@needs(Right.HOLD_PAYOUTS)
def hold_payout(*, payout: Payout, reason: str, by: User, at: datetime) -> Payout:
    """This function will keep a payout from going on until it is released; an approval it had is void.

    :raises ReasonIsMissing: no reason was given
    :raises PayoutCannotMove: it is paid, failed or cancelled, or with the bank
    """
    return _move(payout, PayoutState.HELD, reason, by, at)


@needs(Right.HOLD_PAYOUTS)
def cancel_payout(*, payout: Payout, reason: str, by: User, at: datetime) -> Payout:
    """This function will end a payout; its amount stays in the balance for the next one.

    :raises ReasonIsMissing: no reason was given
    :raises PayoutCannotMove: it is paid, or with the bank
    """
    return _move(payout, PayoutState.CANCELLED, reason, by, at)


@needs(Right.HOLD_PAYOUTS)
def release_payout(*, payout: Payout, by: User, at: datetime) -> Payout:
    """This function will let a held or failed payout go on: to waiting, or ready where every gate is open.

    :raises PayoutCannotMove: it is neither held nor failed
    """
    with transaction.atomic():
        locked = Payout.objects.select_for_update().get(pk=payout.pk)
        if locked.state not in (PayoutState.HELD, PayoutState.FAILED):
            raise PayoutCannotMove(locked, PayoutState.WAITING)
        move_payout(payout=locked, to=PayoutState.WAITING, by=by, at=at, reason="Released")
        return refresh_payout(payout_id=payout.pk, at=at)


def _move(payout: Payout, to: PayoutState, reason: str, by: User, at: datetime) -> Payout:
    if not reason.strip():
        raise ReasonIsMissing("Say why, so that everybody who sees the payout understands")
    with transaction.atomic():
        locked = Payout.objects.select_for_update().get(pk=payout.pk)
        move_payout(payout=locked, to=to, by=by, at=at, reason=reason)
        return locked
