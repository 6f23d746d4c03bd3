from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Program
from referrals.companies import own_domain
from referrals.models import Click, Conflict, Lead, LeadStep, Link
from referrals.models.lead import Channel, Crm, Stage
from referrals.recognition import Company, claims_of_others, matches, one_at_a_time

# What one partner's people may register on one day; more than that is no longer referring.
MOST_A_DAY = {Channel.FORM: 200, Channel.FILE: 5000}


class PartnerNotActive(Exception):
    """The partnership has not begun, or has ended; leads can be registered in between."""


class NotAttested(Exception):
    """Each lead says that the client is interested and not known to violate TCPA, FTC, FCC or DNC rules (14, A)."""


class TooManyToday(Exception):
    """The partner registered as many leads as a day takes."""


class AlreadyYours(Exception):
    """The company is the partner's own lead already."""

    def __init__(self, lead: Lead) -> None:
        super().__init__(f"{lead.company} is your lead already, registered on {lead.registered_on:%-d %B %Y}")
        self.lead = lead


def register_lead(
    *,
    partner: Partner,
    company: str,
    contact: str,
    email: str,
    domain: str = "",
    agents: int | None = None,
    employees: int | None = None,
    crm: str = "",
    note: str = "",
    channel: Channel = Channel.FORM,
    link: Link | None = None,
    click: Click | None = None,
    is_attested: bool,
    by: User | None,
    at: datetime,
) -> Lead:
    """This function will register a company as a partner's lead, protected for the program's days (3, 7, A).

    `domain` is the company's site as somebody writes it. A company outside the profile is accepted for review,
    see `Lead.is_outside_profile`. One that another partner has a claim to is kept without protection, and sales
    decides on the conflict.

    :raises PartnerNotActive: the partnership has not begun, or has ended
    :raises NotAttested: the attestation is missing
    :raises AlreadyYours: the partner registered the company before
    :raises TooManyToday: the partner's people registered as many as a day takes
    """
    program = Program.current()
    on: date = program.day(at)
    if not partner.is_active(on=on):
        raise PartnerNotActive(f"The partnership with {partner} is not active on {on}")
    if not is_attested:
        raise NotAttested("Confirm that the company is interested and not known to violate TCPA, FTC, FCC or DNC rules")
    recognised = Company.told(name=company, email=email, site=domain)
    with transaction.atomic():
        one_at_a_time()
        found = matches(recognised, Lead.objects.all())
        if mine := [match.lead for match in found if match.lead.partner_id == partner.pk]:
            raise AlreadyYours(mine[0])
        _check_number(partner, channel, by, on)
        claims = claims_of_others(found, partner_id=partner.pk, on=on)
        lead = Lead.objects.create(
            partner=partner,
            company=company,
            domain=own_domain(domain),
            contact=contact,
            email=email,
            agents=agents,
            employees=employees,
            crm=Crm(crm) if crm else "",
            note=note,
            channel=channel,
            link=link,
            click=click,
            registered_on=on,
            registered_by=by,
            protected_until=None if claims else on + timedelta(days=program.protection_days),
            is_attested=is_attested,
        )
        LeadStep.objects.create(lead=lead, stage=Stage.SUBMITTED, at=at, by=by)
        Conflict.objects.bulk_create(
            [Conflict(lead=lead, first=claim.lead, recognised_by=claim.by, at=at) for claim in claims]
        )
        write_audit(by=by, at=at, action="lead registered", subject=f"lead {lead.pk}", partner=partner.reference)
    return lead


def _check_number(partner: Partner, channel: Channel, by: User | None, on: date) -> None:
    most = MOST_A_DAY.get(channel)
    if most is None or by is None:
        return
    if Lead.objects.filter(partner=partner, registered_on=on, channel=channel).count() >= most:
        raise TooManyToday(f"{most:,} leads were registered today, which is as many as a day takes. Go on tomorrow")
