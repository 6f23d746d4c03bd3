from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from affiliates.services.open_batch import wait_for_turn
from commissions.models import Adjustment, EntryKind, LedgerEntry, Period


class AdjustmentRefused(Exception):
    """An adjustment needs a reason, an amount, and a second person; the message says which is missing."""


@needs(Right.ADJUST_BALANCES)
def enter_adjustment(
    *, partner: Partner, amount: Decimal, reason: str, by: User, at: datetime, pressed: UUID | None = None
) -> Adjustment:
    """This function will propose an amount by hand; it counts once somebody else has approved it.

    `pressed` is the form that asks for it: the same form once more gives what it entered before.

    :raises AdjustmentRefused: the amount is 0 or the reason empty, or the form entered another amount before
    """
    if not amount or not reason.strip():
        raise AdjustmentRefused("An adjustment has an amount other than 0 and a reason")
    refuse_own(partner, by)
    with transaction.atomic():
        given = {"partner": partner, "amount": amount, "reason": reason}
        adjustment, is_new = Adjustment.objects.get_or_create(
            pressed=pressed or uuid4(), defaults={**given, "entered_by": by, "entered_at": at}
        )
        if not is_new:
            if any(getattr(adjustment, name) != value for name, value in given.items()):
                raise AdjustmentRefused("This form entered another amount before; open a new one")
            return adjustment
        subject = f"adjustment {adjustment.pk}"
        write_audit(by=by, at=at, action="adjustment entered", subject=subject, amount=amount, reason=reason)
    return adjustment


@needs(Right.ADJUST_BALANCES)
def approve_adjustment(*, adjustment: Adjustment, by: User, at: datetime, on: date) -> Adjustment:
    """This function will enter an adjustment into the ledger, dated `on`, once.

    :raises AdjustmentRefused: it was approved or dropped already, or by the person who entered it
    """
    with transaction.atomic():
        wait_for_turn()  # No month is closed meanwhile, so the entry's day stays an open one.
        adjustment = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
        if adjustment.approved_at is not None:
            raise AdjustmentRefused("It was approved already")
        if adjustment.dropped_at is not None:
            who = adjustment.dropped_by.get_full_name() if adjustment.dropped_by else ""
            raise AdjustmentRefused(f"It was {adjustment.standing.lower()} by {who}")
        if adjustment.entered_by_id == by.pk:
            raise AdjustmentRefused(f"{by} entered it; somebody else has to approve it")
        refuse_own(adjustment.partner, by)
        adjustment.entry = LedgerEntry.objects.create(
            key=f"adjustment:{adjustment.pk}",
            partner_id=adjustment.partner_id,
            kind=EntryKind.ADJUSTMENT,
            amount=adjustment.amount,
            text=adjustment.reason[:200],
            dated_on=Period.objects.ledger_day(on),
            recorded_at=at,
        )
        adjustment.approved_by, adjustment.approved_at = by, at
        adjustment.save()
        write_audit(by=by, at=at, action="adjustment approved", subject=f"adjustment {adjustment.pk}")
    return adjustment


def refuse_own(partner: Partner, by: User) -> None:
    """:raises AdjustmentRefused: the person acts for the partner"""
    if partner.memberships.filter(user=by).exists():
        raise AdjustmentRefused(f"{by} acts for {partner}; somebody else has to decide about its money")
