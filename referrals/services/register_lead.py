from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Program
from referrals.models import Lead, LeadStep
from referrals.models.lead import Channel, Stage


class PartnerNotActive(Exception):
    """The partnership has not begun, or has ended; leads can be registered in between."""


class NotAttested(Exception):
    """Each lead says that the client is interested and not known to violate TCPA, FTC, FCC or DNC rules (14, A)."""


def register_lead(
    *,
    partner: Partner,
    company: str,
    contact: str,
    email: str,
    domain: str = "",
    agents: int | None = None,
    employees: int | None = None,
    note: str = "",
    channel: Channel = Channel.FORM,
    is_attested: bool,
    by: User | None,
    at: datetime,
) -> Lead:
    """This function will register a company as a partner's lead, protected for the program's days (3, 7, A).

    A company outside the profile is accepted for review, see `Lead.is_outside_profile`.

    :raises PartnerNotActive: the partnership has not begun, or has ended
    :raises NotAttested: the attestation is missing
    """
    program = Program.current()
    on: date = program.day(at)
    if not partner.is_active(on=on):
        raise PartnerNotActive(f"The partnership with {partner} is not active on {on}")
    if not is_attested:
        raise NotAttested("Confirm that the company is interested and not known to violate TCPA, FTC, FCC or DNC rules")
    with transaction.atomic():
        lead = Lead.objects.create(
            partner=partner,
            company=company,
            domain=domain,
            contact=contact,
            email=email,
            agents=agents,
            employees=employees,
            note=note,
            channel=channel,
            registered_on=on,
            registered_by=by,
            protected_until=on + timedelta(days=program.protection_days),
            is_attested=is_attested,
        )
        LeadStep.objects.create(lead=lead, stage=Stage.SUBMITTED, at=at, by=by)
        write_audit(by=by, at=at, action="lead registered", subject=f"lead {lead.pk}", partner=partner.reference)
    return lead
