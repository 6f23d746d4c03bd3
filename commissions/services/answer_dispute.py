from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.months import show_month
from affiliates.services.tell_partner import tell_partner
from commissions.models import Adjustment, Dispute, DisputeState
from commissions.services.adjust_balance import AdjustmentRefused, enter_adjustment
from notices.models import NoticeKind

MOVES = {
    DisputeState.OPEN: (DisputeState.ACCEPTED, DisputeState.DECLINED),
    DisputeState.ACCEPTED: (DisputeState.OPEN,),  # What it granted was dropped.
}


class DisputeIsAnswered(Exception):
    """A dispute is answered once; what was answered stays."""


class AnswerRefused(Exception):
    """An answer says why, in words that the partner reads."""


@needs(Right.ANSWER_DISPUTES)
def accept_dispute(*, dispute: Dispute, amount: Decimal, answer: str, by: User, at: datetime) -> Dispute:
    """This function will grant an amount for a disputed line: an adjustment, which somebody else approves.

    :raises DisputeIsAnswered: it was answered before
    :raises AnswerRefused: there are no words for the partner
    :raises AdjustmentRefused: the amount is 0
    """
    with transaction.atomic():
        dispute = _lock(dispute)
        month, client = show_month(dispute.commission.period_id), dispute.commission.client.name
        reason = f"Dispute {dispute.pk} of {month}, {client}: {answer}"
        adjustment = enter_adjustment(partner=dispute.partner, amount=amount, reason=reason, by=by, at=at)
        return _answer(dispute, DisputeState.ACCEPTED, answer, adjustment, by, at)


@needs(Right.ANSWER_DISPUTES)
def decline_dispute(*, dispute: Dispute, answer: str, by: User, at: datetime) -> Dispute:
    """This function will tell a partner why a disputed line stands as it is.

    :raises DisputeIsAnswered: it was answered before
    :raises AnswerRefused: there are no words for the partner
    """
    with transaction.atomic():
        return _answer(_lock(dispute), DisputeState.DECLINED, answer, None, by, at)


@needs(Right.ANSWER_DISPUTES)
def reopen_dispute(*, dispute: Dispute, by: User, at: datetime) -> Dispute:
    """This function will open a dispute again whose granted adjustment was dropped; it is part of dropping that.

    What was answered stays in the audit trail. The partner, who was told of the amount, is told that it waits.

    :raises DisputeIsAnswered: it granted nothing
    :raises AdjustmentRefused: the partner disputed the line anew meanwhile
    """
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=dispute.partner_id)
        dispute = _lock(dispute)
        granted = dispute.adjustment
        if granted is None or DisputeState.OPEN not in MOVES.get(DisputeState(dispute.state), ()):
            raise DisputeIsAnswered(f"{dispute} granted nothing")
        if Dispute.objects.open().filter(commission=dispute.commission_id).exists():
            raise AdjustmentRefused("The partner disputed the same line anew; answer that dispute first")
        dispute.state, dispute.answer, dispute.adjustment = DisputeState.OPEN, "", None
        dispute.answered_by = dispute.answered_at = None
        dispute.save(update_fields=["state", "answer", "adjustment", "answered_by", "answered_at"])
        tell_partner(
            partner=dispute.partner,
            kind=NoticeKind.DISPUTE,
            key=f"dispute:{dispute.pk}:reopened:{granted.pk}",
            subject=f"Your dispute of {show_money(dispute.commission.amount)} is open again",
            paragraphs=[
                (
                    f"The {show_money(granted.amount)} that was granted for the line of"
                    f" {dispute.commission.client.name} in {show_month(dispute.commission.period_id)} was not approved"
                    " by a second person, so nothing is added to your balance yet."
                ),
                "Finance looks at the line once more, and answers again.",
            ],
            at=at,
            path=f"/disputes/{dispute.pk}/",
        )
        subject = f"dispute {dispute.pk}"
        write_audit(by=by, at=at, action="dispute reopened", subject=subject, adjustment=granted.pk)
    return dispute


def _lock(dispute: Dispute) -> Dispute:
    rows = Dispute.objects.select_for_update(of=("self",)).select_related("partner", "commission__client")
    return rows.get(pk=dispute.pk)


def _answer(
    dispute: Dispute, state: DisputeState, answer: str, adjustment: Adjustment | None, by: User, at: datetime
) -> Dispute:
    if state not in MOVES.get(DisputeState(dispute.state), ()):
        raise DisputeIsAnswered(f"{dispute} is {dispute.get_state_display().lower()} already")
    if not answer.strip():
        raise AnswerRefused("An answer says why, in words that the partner reads")
    dispute.state, dispute.answer, dispute.adjustment = state, answer, adjustment
    dispute.answered_by, dispute.answered_at = by, at
    dispute.save(update_fields=["state", "answer", "adjustment", "answered_by", "answered_at"])
    amount = adjustment.amount if adjustment else None
    tell_partner(
        partner=dispute.partner,
        kind=NoticeKind.DISPUTE,
        key=f"dispute:{dispute.pk}:{state}" + (f":{adjustment.pk}" if adjustment else ""),
        subject=f"Your dispute of {show_money(dispute.commission.amount)} was {state}",
        paragraphs=[
            (
                f"Finance looked at the line of {dispute.commission.client.name} in"
                f" {show_month(dispute.commission.period_id)} that you disputed, and {state} your dispute."
            ),
            answer,
            f"{show_money(amount)} is added to your balance once a second person has approved it." if amount else "",
        ],
        at=at,
        path=f"/disputes/{dispute.pk}/",
    )
    write_audit(by=by, at=at, action=f"dispute {state}", subject=f"dispute {dispute.pk}", amount=amount, answer=answer)
    return dispute
