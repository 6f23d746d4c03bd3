from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from notices.models import EventKind
from notices.services.write_event import write_event
from referrals.models import Lead, LeadStep, LeadWork
from referrals.models.lead import BEFORE_ATTESTED, ENDED, Stage
from referrals.recognition import DID_NOT_COME, Company, claims_of_others, matches, one_at_a_time
from referrals.services.free_waiting import free_waiting
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


class NotYetAttested(LeadCannotMove):
    """The lead came by e-mail, and its partner has not yet attested it (14, A)."""


class MovedMeanwhile(LeadCannotMove):
    """Somebody else moved the lead since it was looked at; `step` is that move."""

    def __init__(self, step: LeadStep) -> None:
        who = step.by.get_full_name() if step.by else "The system"
        when = timezone.localtime(step.at)
        super().__init__(
            f"{who} moved {step.lead} to “{step.get_stage_display()}” on {when:%-d %B at %H:%M}, before you did"
        )
        self.step = step


@needs(Right.MOVE_LEADS)
def move_lead(
    *, lead: Lead, to: Stage, by: User | None, at: datetime, reason: str = "", seen: Stage | None = None
) -> Lead:
    """This function will move a lead to a stage; a rejection gives the reason that the partner sees (A).

    While sales works on a lead, each step protects it for the program's days anew (7). Where it is lost or rejected,
    the next partner who registered the company is protected. `seen` is the stage at which
    the mover saw the lead, where it was looked at before.

    :raises MovedMeanwhile: the lead is not at the stage that was seen
    :raises LeadCannotMove: the move is not in the table, or a rejection has no reason
    """
    with transaction.atomic():
        one_at_a_time()
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        check_move(lead, to=to, seen=seen)
        if to == Stage.REJECTED and not reason.strip():
            raise LeadCannotMove("A rejection needs a reason; the partner sees it")
        tell_of_step(take_step(lead, to=to, by=by, at=at, reason=reason))
        if to in DID_NOT_COME:
            free_waiting(lead, at=at)
    return lead


def take_step(lead: Lead, *, to: Stage, by: User | None, at: datetime, reason: str) -> LeadStep:
    """This function will put a lead at a stage, whichever it is at, for services that decided that it goes there.

    Call it after `one_at_a_time` with the locked lead, and tell the partner.
    """
    lead.stage = to
    if to not in ENDED:
        program = Program.current()
        on = program.day(at)
        protect_longer(lead, on=on, until=on + timedelta(days=program.protection_days))
    lead.save()
    LeadWork.objects.filter(lead=lead).update(touched_at=at, stage_since=at)
    write_audit(by=by, at=at, action=f"lead {to.value}", subject=f"lead {lead.pk}", reason=reason)
    write_event(
        kind=EventKind.LEAD_MOVED,
        partner_id=lead.partner_id,
        subject=f"lead {lead.pk}",
        at=at,
        lead=lead.pk,
        partner=lead.partner.reference,
        company=lead.company,
        stage=to.value,
        reason=reason,
        protected_until=lead.protected_until,
    )
    return LeadStep.objects.create(lead=lead, stage=to, at=at, by=by, reason=reason)


def check_move(lead: Lead, *, to: Stage, seen: Stage | None = None) -> None:
    """This function will say whether a lead can move to a stage, for those who ask something first.

    :raises MovedMeanwhile: the lead is not at the stage that was seen
    :raises NotYetAttested: its partner has not said yet that the company is interested and breaks no rules
    :raises LeadCannotMove: the move is not in the table
    """
    if seen is not None and lead.stage != seen:
        raise MovedMeanwhile(lead.steps.select_related("by", "lead").latest("id"))
    if to not in MOVES[Stage(lead.stage)]:
        raise LeadCannotMove(f"{lead} is at “{lead.get_stage_display()}” and cannot become “{to.label}” from there")
    if not lead.is_attested and to not in BEFORE_ATTESTED:
        raise NotYetAttested(
            f"{lead} came by e-mail. {lead.partner} was asked to confirm it on the lead’s page, and has not yet (14, A)"
        )


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
