from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit_of_many
from affiliates.models import Partner, Program
from notices.models import EventKind
from notices.services.write_event import Happening, write_events
from referrals.companies import own_domain
from referrals.customers import Customer, customers_among
from referrals.lead_rows import Values
from referrals.models import BlockedDomain, Click, Conflict, Lead, LeadStep, LeadWork, Link
from referrals.models.conflict import ConflictKind, RecognisedBy
from referrals.models.lead import Channel, Crm, Stage
from referrals.recognition import Company, Match, against_a_new_one, matches, matches_of_all, one_at_a_time

Known = Customer | str  # A customer, or a blocked domain.
# What one partner's people may register on one day; more than that is no longer referring.
MOST_A_DAY = {Channel.FORM: 200, Channel.FILE: 5000, Channel.INTRODUCTION: 50}


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
    see `Lead.is_outside_profile`. One that another partner has a claim to, that is a customer already, or whose
    domain is blocked is kept without protection, and sales decides on the conflict. An introduction by e-mail attests
    nothing: it keeps its place from the day it came, and `attest_lead` follows before sales moves it.

    :raises PartnerNotActive: the partnership has not begun, or has ended
    :raises NotAttested: the attestation is missing
    :raises AlreadyYours: the partner registered the company before
    :raises TooManyToday: the partner's people registered as many as a day takes
    """
    program = Program.current()
    on: date = program.day(at)
    _check_terms(partner, is_attested or channel == Channel.INTRODUCTION, on)
    recognised = Company.told(name=company, email=email, site=domain)
    with transaction.atomic():
        one_at_a_time()
        found = matches(recognised, Lead.objects.all())
        if mine := [match.lead for match in found if match.lead.partner_id == partner.pk]:
            raise AlreadyYours(mine[0])
        _check_number(partner, channel, by, on)
        claims = against_a_new_one(found, partner_id=partner.pk, on=on)
        known = _known([recognised], [claims], on)[0]
        lead = Lead(
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
            protected_until=None if claims or known else on + timedelta(days=program.protection_days),
            is_attested=is_attested,
        )
        _keep(partner, [lead], _conflicts(lead, claims, known, at), by=by, at=at)
    return lead


def register_leads(
    *, partner: Partner, rows: Sequence[Values], channel: Channel, is_attested: bool, by: User | None, at: datetime
) -> list[Lead]:
    """This function will register many companies, each as `register_lead` would, all of them or none.

    The rows are of companies that differ from each other, as `check_rows` gives them. One that is the partner's
    lead already is left out.

    :raises PartnerNotActive: the partnership has not begun, or has ended
    :raises NotAttested: the attestation is missing
    :raises TooManyToday: the partner's people registered as many as a day takes
    """
    program = Program.current()
    on: date = program.day(at)
    _check_terms(partner, is_attested, on)
    companies = [Company.told(name=row["company"], email=row["email"], site=row["domain"]) for row in rows]
    with transaction.atomic():
        one_at_a_time()
        leads, conflicts = [], []
        matched = matches_of_all(companies)
        claimed = [against_a_new_one(found, partner_id=partner.pk, on=on) for found in matched]
        rest = zip(matched, claimed, _known(companies, claimed, on), strict=True)
        for row, (found, claims, known) in zip(rows, rest, strict=True):
            if any(match.lead.partner_id == partner.pk for match in found):
                continue
            lead = Lead(
                **{**row, "domain": own_domain(row["domain"])},
                partner=partner,
                channel=channel,
                registered_on=on,
                registered_by=by,
                protected_until=None if claims or known else on + timedelta(days=program.protection_days),
                is_attested=is_attested,
            )
            leads.append(lead)
            conflicts += _conflicts(lead, claims, known, at)
        _check_number(partner, channel, by, on, more=len(leads))
        _keep(partner, leads, conflicts, by=by, at=at)
    return leads


def _keep(
    partner: Partner, leads: Sequence[Lead], conflicts: Sequence[Conflict], *, by: User | None, at: datetime
) -> None:
    """Save a partner's new leads with what goes with each."""
    for lead in leads:
        lead.take_keys()
    Lead.objects.bulk_create(leads)
    LeadStep.objects.bulk_create(LeadStep(lead=lead, stage=Stage.SUBMITTED, at=at, by=by) for lead in leads)
    LeadWork.objects.bulk_create(LeadWork(lead=lead, touched_at=at, stage_since=at) for lead in leads)
    Conflict.objects.bulk_create(conflicts)
    subjects = [f"lead {lead.pk}" for lead in leads]
    write_audit_of_many(by=by, at=at, action="lead registered", subjects=subjects, partner=partner.reference)
    _write_events(leads, at)


def _write_events(leads: Sequence[Lead], at: datetime) -> None:
    happenings = [
        Happening(
            lead.partner_id,
            f"lead {lead.pk}",
            {
                "lead": lead.pk,
                "partner": lead.partner.reference,
                "company": lead.company,
                "domain": lead.domain,
                "channel": lead.channel,
                "stage": lead.stage,
                "registered_on": lead.registered_on,
                "is_under_review": lead.is_under_review,
                "protected_until": lead.protected_until,
            },
        )
        for lead in leads
    ]
    write_events(kind=EventKind.LEAD_REGISTERED, happenings=happenings, at=at)


def _check_terms(partner: Partner, is_attested: bool, on: date) -> None:
    if not partner.is_active(on=on):
        raise PartnerNotActive(f"The partnership with {partner} is not active on {on}")
    if not is_attested:
        raise NotAttested("Confirm that the company is interested and not known to violate TCPA, FTC, FCC or DNC rules")


def _known(companies: Sequence[Company], claims: Sequence[list[Match]], on: date) -> list[list[Known]]:
    """What else stands against each company: that it is a customer, unless a claim says so, and blocked domains."""
    blocked = BlockedDomain.objects.filter(domain__in={domain for company in companies for domain in company.domains})
    domains = set(blocked.values_list("domain", flat=True))
    found: list[list[Known]] = []
    for company, customer, claimed in zip(companies, customers_among(companies, on=on), claims, strict=True):
        is_new = customer is not None and customer.lead_id not in {claim.lead.pk for claim in claimed}
        found.append([*([customer] if customer and is_new else ()), *sorted(company.domains & domains)])
    return found


def _conflicts(lead: Lead, claims: Iterable[Match], known: Iterable[Known], at: datetime) -> list[Conflict]:
    conflicts = [Conflict(lead=lead, first=claim.lead, recognised_by=claim.by, at=at) for claim in claims]
    for each in known:
        is_customer = isinstance(each, Customer)
        by = each.by if isinstance(each, Customer) else RecognisedBy.DOMAIN
        kind = ConflictKind.CUSTOMER if is_customer else ConflictKind.BLOCKED
        conflicts.append(Conflict(lead=lead, kind=kind, known_as=str(each), recognised_by=by, at=at))
    return conflicts


def what_stands_against(
    lead: Lead, company: Company, claims: Sequence[Match], *, on: date, at: datetime
) -> list[Conflict]:
    """This function will give the conflicts that a lead has as a company, not yet saved, for who corrects a lead."""
    return _conflicts(lead, claims, _known([company], [list(claims)], on)[0], at)


def _check_number(partner: Partner, channel: Channel, by: User | None, on: date, more: int = 1) -> None:
    most = MOST_A_DAY.get(channel)
    if most is None or by is None or more == 0:
        return
    if Lead.objects.filter(partner=partner, registered_on=on, channel=channel).count() + more > most:
        raise TooManyToday(f"{most:,} leads were registered today, which is as many as a day takes. Go on tomorrow")
