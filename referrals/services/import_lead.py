from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Program
from referrals.companies import own_domain
from referrals.models import Lead, LeadStep, LeadWork
from referrals.models.lead import ENDED, Channel, Stage
from referrals.recognition import claims_of_others, duplicates, one_at_a_time


class AlreadyALead(Exception):
    """The company is the partner's lead already."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(f"{lead.company} is the partner’s lead already")
        self.lead = lead


class ClaimedByAnother(Exception):
    """Another partner has a claim to the company; whose lead it is is for sales to decide, not for an import."""


@needs(Right.MANAGE_INTEGRATIONS)
def import_lead(
    *,
    partner: Partner,
    company: str,
    contact: str,
    email: str,
    domain: str,
    note: str,
    stage: Stage,
    registered_at: datetime,
    stage_at: datetime,
    by: User | None,
    at: datetime,
) -> Lead:
    """This function will take over a lead that was registered and moved in another program, with its days there.

    It is history: nobody is told, no event is written, and no conflict is opened. An open lead is protected for the
    program's days from its last step there, and where these are over nobody is reminded of it.

    :raises AlreadyALead: the partner has a lead for the company
    :raises ClaimedByAnother: another partner's lead for it is protected, or became a client
    """
    program = Program.current()
    registered_on, stage_at = program.day(registered_at), max(stage_at, registered_at)
    until = program.day(stage_at) + timedelta(days=program.protection_days)
    is_over = until < program.day(at)
    lead = Lead(
        partner=partner,
        company=company,
        domain=own_domain(domain),
        contact=contact,
        email=email,
        note=note,
        channel=Channel.FILE,
        stage=stage,
        registered_on=registered_on,
        protected_until=None if stage in ENDED else until,
        is_attested=True,
    )
    lead.take_keys()
    with transaction.atomic():
        one_at_a_time()
        same = [match for match in duplicates(lead) if match.likeness.is_same]
        if mine := [match.lead for match in same if match.lead.partner_id == partner.pk]:
            raise AlreadyALead(mine[0])
        if claims := claims_of_others(same, partner_id=partner.pk, on=program.day(at)):
            raise ClaimedByAnother(f"{claims[0].lead.partner} has a claim to {company}; sales decides whose lead it is")
        lead.save()
        steps = [LeadStep(lead=lead, stage=Stage.SUBMITTED, at=registered_at)]
        if stage != Stage.SUBMITTED:
            steps.append(LeadStep(lead=lead, stage=stage, at=stage_at, reason=note if stage == Stage.REJECTED else ""))
        LeadStep.objects.bulk_create(steps)
        released_on = program.day(at) if is_over and stage not in ENDED else None
        LeadWork.objects.create(lead=lead, touched_at=stage_at, stage_since=stage_at, released_on=released_on)
        write_audit(by=by, at=at, action="lead imported", subject=f"lead {lead.pk}", partner=partner.reference)
    return lead
