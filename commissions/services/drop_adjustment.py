from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from commissions.models import Adjustment, Dispute
from commissions.services.adjust_balance import AdjustmentRefused, refuse_own
from commissions.services.answer_dispute import reopen_dispute


@needs(Right.ADJUST_BALANCES)
def drop_adjustment(*, adjustment: Adjustment, reason: str, by: User, at: datetime) -> Adjustment:
    """This function will put away an adjustment that was not approved: withdrawn by who entered it, else declined.

    It stays in the history with the reason. A dispute that it granted is open again, and its partner is told.

    :raises AdjustmentRefused: there is no reason, it was approved or dropped already, or by who acts for its partner
    """
    if not reason.strip():
        raise AdjustmentRefused("Say why, so that everybody who sees it understands")
    with transaction.atomic():
        adjustment = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
        if not adjustment.is_waiting:
            raise AdjustmentRefused(f"It was {adjustment.standing.lower()} already")
        refuse_own(adjustment.partner, by)
        adjustment.dropped_by, adjustment.dropped_at, adjustment.dropped_because = by, at, reason.strip()
        adjustment.save(update_fields=["dropped_by", "dropped_at", "dropped_because"])
        subject = f"adjustment {adjustment.pk}"
        write_audit(by=by, at=at, action=f"adjustment {adjustment.standing.lower()}", subject=subject, reason=reason)
        dispute = Dispute.objects.filter(adjustment=adjustment).first()
        if dispute is not None:
            reopen_dispute(dispute=dispute, by=by, at=at)
    return adjustment
