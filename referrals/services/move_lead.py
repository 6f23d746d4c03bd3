from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.models import Lead, LeadStep
from referrals.models.lead import ENDED, Stage
from referrals.recognition import Company, claims_of_others, matches, one_at_a_time
from referrals.services.tell_of_lead import tell_of_step

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

    While sales works on a lead, each step protects it for the program's days anew (7).

    :raises LeadCannotMove: the move is not in the table, or a rejection has no reason
    """
    program = Program.current()
    with transaction.atomic():
        one_at_a_time()
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        if to not in MOVES[Stage(lead.stage)]:
            raise LeadCannotMove(f"{lead} is at “{lead.get_stage_display()}” and cannot become “{to.label}” from there")
        if to == Stage.REJECTED and not reason.strip():
            raise LeadCannotMove("A rejection needs a reason; the partner sees it")
        lead.stage = to
        if to not in ENDED:
            on = program.day(at)
            protect_longer(lead, on=on, until=on + timedelta(days=program.protection_days))
        lead.save()
        step = LeadStep.objects.create(lead=lead, stage=to, at=at, by=by, reason=reason)
        tell_of_step(step)
        write_audit(by=by, at=at, action=f"lead {to.value}", subject=f"lead {lead.pk}", reason=reason)
    return lead


def protect_longer(lead: Lead, *, on: date, until: date) -> bool:
    """This function will set a later end of a lead's protection, and say whether it did; the caller saves.

    It leaves a lead that is under review, and one whose protection ran out where another partner has come since.
    """
    if lead.protected_until is None or until <= lead.protected_until:
        return False
    if lead.protected_until < on:
        found = matches(Company.of(lead), Lead.objects.all())
        if claims_of_others(found, partner_id=lead.partner_id, on=on):
            return False
    lead.protected_until = until
    return True
