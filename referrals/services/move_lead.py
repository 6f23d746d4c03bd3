from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadStep
from referrals.models.lead import Stage

S = Stage
MOVES = {
    S.SUBMITTED: {S.QUALIFIED, S.LOST, S.REJECTED},
    S.QUALIFIED: {S.DEMO_SCHEDULED, S.LOST, S.REJECTED},
    S.DEMO_SCHEDULED: {S.DEMO_DONE, S.LOST, S.REJECTED},
    S.DEMO_DONE: {S.PROPOSAL, S.LOST, S.REJECTED},
    S.PROPOSAL: {S.WON, S.LOST, S.REJECTED},
    S.WON: set(),
    S.LOST: set(),
    S.REJECTED: set(),
}


class LeadCannotMove(Exception):
    """The lead is not at a stage from which it can go there, or a reason is missing."""


def move_lead(*, lead: Lead, to: Stage, by: User | None, at: datetime, reason: str = "") -> Lead:
    """This function will move a lead to a stage; a rejection gives the reason that the partner sees (A).

    :raises LeadCannotMove: the move is not in the table, or a rejection has no reason
    """
    with transaction.atomic():
        lead = Lead.objects.select_for_update().get(pk=lead.pk)
        if to not in MOVES[Stage(lead.stage)]:
            raise LeadCannotMove(f"{lead} is at “{lead.get_stage_display()}” and cannot become “{to.label}” from there")
        if to == Stage.REJECTED and not reason.strip():
            raise LeadCannotMove("A rejection needs a reason; the partner sees it")
        lead.stage = to
        lead.save()
        LeadStep.objects.create(lead=lead, stage=to, at=at, by=by, reason=reason)
        write_audit(by=by, at=at, action=f"lead {to.value}", subject=f"lead {lead.pk}", reason=reason)
    return lead
