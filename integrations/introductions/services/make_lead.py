from datetime import datetime

from accounts.models import User
from affiliates.models import Partner
from integrations.introductions.models import Reading, State, Why
from integrations.introductions.proposal import Proposal
from integrations.introductions.services.settle_reading import settle_reading
from referrals.models import Lead
from referrals.models.lead import Channel
from referrals.services.register_lead import register_lead


def make_lead(
    reading: Reading, *, partner: Partner, proposal: Proposal, why: Why, at: datetime, by: User | None = None
) -> Lead:
    """This function will register what a message introduces as the partner's lead, as of when it came.

    The caller has locked the message. An e-mail attests nothing, so the partner attests the lead later.

    :raises AlreadyYours: the company is the partner's lead already
    :raises PartnerNotActive: the partnership had not begun when it came, or had ended
    :raises TooManyToday: the partner registered as many leads as a day takes
    """
    lead = register_lead(
        partner=partner,
        company=proposal.company,
        contact=proposal.contact,
        email=proposal.email,
        domain=proposal.domain,
        channel=Channel.INTRODUCTION,
        is_attested=False,
        by=reading.member,
        at=reading.message.received_at,
    )
    settle_reading(
        reading, to=State.LEAD, why=why, at=at, by=by, lead=lead, partner=partner,
        company=proposal.company, contact=proposal.contact, email=proposal.email, domain=proposal.domain,
    )  # fmt: skip
    return lead
