"""What happens between the company and its partners: the Agreement, breaches, an end, plans, adjustments."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from affiliates.models import AgreementVersion, Partner, PayoutMethod, Program
from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy, MemberRole, PartnerKind
from affiliates.models.payee import PayoutMethodKind, TaxFormKind
from affiliates.months import month_of
from affiliates.services.accept_agreement import accept_agreement, publish_version
from affiliates.services.apply import apply
from affiliates.services.end_partnership import end_partnership
from affiliates.services.invite import invite
from affiliates.services.keep_resource import keep_resource
from affiliates.services.move_application import verify_application
from affiliates.services.open_violation import decide_violation, open_violation
from affiliates.services.set_payee import confirm_payout_method, file_tax_form, set_payout_method
from clients.models.category import Category
from clients.services.map_category import map_category
from commissions.models import Adjustment
from commissions.services.adjust_balance import approve_adjustment, enter_adjustment
from commissions.services.give_plan import give_plan, make_plan
from portal.demo import draft as cast
from portal.demo.billing import DESK_PHONES, PLATFORM_FEE
from portal.demo.days import Days, day_of
from portal.demo.diary import Entry
from portal.demo.draft import Draft, PartnerDraft
from portal.demo.names import COMPANY_DOMAIN, address, dice
from portal.demo.people import APPROVER, FINANCE, MANAGER, join_people, owner_of, staff

TEXT = Path(__file__).with_name("agreement.txt")
FIRST_VERSION, SECOND_VERSION = "1.0", "2.0"
# What the two versions say where they differ.
WORDING = {
    FIRST_VERSION: {"by_link": "", "waiting": "a month has passed since the close", "material": ""},
    SECOND_VERSION: {
        "by_link": ", or shares its own link",
        "waiting": "one calendar month has passed since the close",
        "material": " (c) A breach of this clause is a material one.",
    },
}
BONUS, CORRECTION, PROPOSED = "Bonus for the spring campaign", "Bonus counted twice", "Bonus for the autumn campaign"


def set_up_program() -> None:
    """This function will fill in the program's settings."""
    program = Program.current()
    program.name = "Quillhaven Partner Program"
    program.company_name = "Quillhaven Voice, Inc."
    program.company_address = "100 Invented Avenue\nBrookmere, CA 90010\nUnited States"
    program.company_email = f"partners@{COMPANY_DOMAIN}"
    program.company_site = f"https://www.{COMPANY_DOMAIN}/"
    program.time_zone = "America/Los_Angeles"
    program.minimum_payout = Decimal("25.00")
    program.save()


def partnership_entries(draft: Draft) -> Iterator[Entry]:
    """What happens between the company and its partners, for the diary."""
    days = draft.days
    second_on = day_of(days.back(1), 10)
    yield Entry(days.at(days.first, 5), partial(_publish, FIRST_VERSION))
    yield Entry(days.at(second_on, 9), partial(_publish, SECOND_VERSION))
    for partner in draft.partners:
        yield from _onboarding(days, partner)
        if partner.key not in (cast.NOT_ACCEPTED, cast.NEWEST) and draft.ended_on(partner.key) is None:
            accepts_on = second_on + timedelta(days=1 + dice("accepts", partner.key).randrange(14))
            yield Entry(days.at(accepts_on, 12), partial(_accept, partner.key))
    yield from _plans(days)
    yield from _breaches(draft)
    yield from _adjustments(days)
    yield from _applications(days)
    yield Entry(days.at(day_of(days.back(3), 6), 10), _keep_resources)
    yield Entry(days.at(days.today - timedelta(days=1), 15), partial(_set_method, cast.CHANGED_METHOD, "new"))
    mapped_on = day_of(days.back(5), 20)
    yield Entry(days.at(mapped_on, 10), partial(_map, PLATFORM_FEE, Category.SUBSCRIPTION))
    yield Entry(days.at(mapped_on, 11), partial(_map, DESK_PHONES, Category.ONE_TIME))


def _publish(number: str, at: datetime) -> None:
    text = TEXT.read_text(encoding="utf-8").format_map(WORDING[number])
    title = "Referral Partner Agreement of the Quillhaven Partner Program"
    publish_version(number=number, title=title, text=text, by=staff(MANAGER), at=at)


RESOURCES = (
    (
        "Who fits",
        "Teams of 5 to 100 people who answer customers every day. Ask what happens to what nobody answers.",
    ),
    (
        "How to introduce us",
        "Name the company, the person and what they asked for. Register the lead first: it is yours from then on.",
    ),
)


def _keep_resources(at: datetime) -> None:
    for place, (title, text) in enumerate(RESOURCES, 1):
        keep_resource(
            resource=None,
            title=title,
            text=text,
            file=None,
            place=place,
            is_published=True,
            by=staff(MANAGER),
            at=at,
        )


# Those who would like to come in now: company, person, whether the address is confirmed.
APPLICANTS = (
    ("Larkspur Advisors", "Imogen Vale", True),
    ("Millrace Media", "Tobias Fenn", True),
    ("Copperleaf Studio", "Wren Halloway", False),
)


def _applications(days: Days) -> Iterator[Entry]:
    for place, (company, name, is_confirmed) in enumerate(APPLICANTS):
        yield Entry(days.at(days.today - timedelta(days=4 - place), 14), partial(_apply, company, name, is_confirmed))
    yield Entry(days.at(days.today - timedelta(days=2), 16), _invite_colleague)


def _apply(company: str, name: str, is_confirmed: bool, at: datetime) -> None:
    host = f"{company.split()[0].lower()}.example"
    application = apply(
        kind=PartnerKind.AFFILIATE,
        company=company,
        site=f"https://www.{host}/",
        name=name,
        email=f"{name.split()[0].lower()}@{host}",
        audience="Support teams of 10 to 80 people, about 3,000 readers",
        promotion="A monthly newsletter, and a talk at two trade fairs",
        at=at,
    )
    if is_confirmed:
        verify_application(application=application, at=at + timedelta(minutes=6))


def _invite_colleague(at: datetime) -> None:
    """The owner of the largest partner invites a colleague, who has not answered yet."""
    partner = Partner.objects.get(reference=cast.LARGEST)
    email = f"felix@{cast.LARGEST}.example"
    invite(partner=partner, email=email, role=MemberRole.MEMBER, by=owner_of(cast.LARGEST), at=at)


def _onboarding(days: Days, partner: PartnerDraft) -> Iterator[Entry]:
    """On the day after the delivery that brought the partner: its people, the Agreement, where money goes."""
    starts_on = day_of(max(days.first, month_of(partner.joined_on)), 2 if partner.joined_on < days.first else 12)
    yield Entry(days.at(starts_on, 8), partial(_join, partner))
    yield Entry(days.at(starts_on, 9), partial(_accept, partner.key))
    if partner.key != cast.WITHOUT_TAX_FORM:
        yield Entry(days.at(starts_on, 10), partial(_file_tax_form, partner))
    if partner.key != cast.WITHOUT_METHOD:
        yield Entry(days.at(starts_on, 11), partial(_set_method, partner.key, "first"))
    if partner.key not in (cast.WITHOUT_METHOD, cast.UNCONFIRMED_METHOD):
        yield Entry(days.at(starts_on + timedelta(days=1), 11), partial(_confirm_method, partner.key))


def _join(partner: PartnerDraft, at: datetime) -> None:
    known = Partner.objects.get(reference=partner.key)
    known.address = f"{address(partner.key)}\nUnited States"
    known.save(update_fields=["address"])
    join_people(known)


def _accept(key: str, at: datetime) -> None:
    version, owner = AgreementVersion.current(), owner_of(key)
    if version is not None:
        partner = Partner.objects.get(reference=key)
        accept_agreement(partner=partner, version=version, name=owner.name, by=owner, at=at, address="192.0.2.10")


def _file_tax_form(partner: PartnerDraft, at: datetime) -> None:
    street, city = address(partner.key).splitlines()
    drawn = dice("class", partner.key).choice(("llc_p", "llc_p", "llc_p", "llc_c"))
    file_tax_form(
        partner=Partner.objects.get(reference=partner.key),
        kind=TaxFormKind.W9,
        legal_name=f"{partner.name}, LLC",
        number=f"00-000{dice('tax', partner.key).randrange(1000, 9999)}",  # No such prefix is given out.
        signed_on=at.date(),
        by=owner_of(partner.key),
        at=at,
        answers={"classification": drawn, "number_kind": "ein", "street": street, "city": city},
    )


def _set_method(key: str, which: str, at: datetime) -> None:
    drawn = dice("method", key, which)
    details = f"000000000 {drawn.randrange(10**8, 10**9)}"  # No bank has that routing number.
    partner = Partner.objects.get(reference=key)
    method = set_payout_method(
        partner=partner, kind=PayoutMethodKind.ACH, holder=partner.name, details=details, by=owner_of(key), at=at
    )
    if method.is_change:
        confirm_payout_method(method=method, by=staff(FINANCE), at=at)


def _confirm_method(key: str, at: datetime) -> None:
    method = PayoutMethod.objects.current().get(partner__reference=key)
    confirm_payout_method(method=method, by=staff(FINANCE), at=at)


def _plans(days: Days) -> Iterator[Entry]:
    """Given for months that are closed already: the next run settles them."""
    yield Entry(days.at(day_of(days.back(4), 17), 10), partial(_give_plan, days.back(5)))


def _give_plan(first_month: date, at: datetime) -> None:
    tiers = [(Decimal("0.00"), Decimal("0.25")), (Decimal("5000.00"), Decimal("0.35"))]
    plan = make_plan(name="Founding partners", tiers=tiers, by=staff(MANAGER), at=at)
    partner = Partner.objects.get(reference=cast.OTHER_PLAN)
    reason = "One of the first partners, as agreed when the program began"
    give_plan(partner=partner, plan=plan, first_month=first_month, reason=reason, by=staff(MANAGER), at=at)


def _map(word: str, category: Category, at: datetime) -> None:
    map_category(word=word, category=category, by=staff(FINANCE), at=at)


def _breaches(draft: Draft) -> Iterator[Entry]:
    days = draft.days
    ended_on = draft.ended_on(cast.TERMINATED)
    if ended_on is not None:
        opened_on = ended_on - timedelta(days=26)
        told = "Its advertisement promised a price that we never had, and stayed after our notice"
        yield Entry(days.at(opened_on, 10), partial(_open_violation, cast.TERMINATED, "6", told))
        yield Entry(days.at(opened_on + timedelta(days=20), 10), partial(_end, ended_on))
    cured = "A newsletter left out the opt-out that the FTC asks for"
    opened_on = day_of(days.back(4), 3)
    yield Entry(days.at(opened_on, 11), partial(_open_violation, cast.CURED, "14", cured))
    cured_on = opened_on + timedelta(days=9)
    yield Entry(days.at(cured_on, 11), partial(_decide_violation, cast.CURED, ViolationState.CURED, cured_on))
    still_open = "Its website calls itself the only reseller of Quillhaven"
    yield Entry(
        days.at(days.today - timedelta(days=6), 11), partial(_open_violation, cast.IN_VIOLATION, "6", still_open)
    )


def _open_violation(key: str, clause: str, evidence: str, at: datetime) -> None:
    open_violation(
        partner=Partner.objects.get(reference=key),
        clause=clause,
        evidence=evidence,
        notice_on=Program.current().day(at),
        by=staff(MANAGER),
        at=at,
    )


def _decide_violation(key: str, to: ViolationState, on: date, at: datetime) -> None:
    violation = Partner.objects.get(reference=key).violations.open().get()
    decide_violation(violation=violation, to=to, on=on, by=staff(MANAGER), at=at)


def _end(effective_on: date, at: datetime) -> None:
    given_on = Program.current().day(at)
    _decide_violation(cast.TERMINATED, ViolationState.ENDED, given_on, at)
    end_partnership(
        partner=Partner.objects.get(reference=cast.TERMINATED),
        given_by=EndedBy.COMPANY,
        given_on=given_on,
        effective_on=effective_on,
        reason="The breach of clause 6 was not cured within 15 days",
        by=staff(MANAGER),
        at=at,
    )


def _adjustments(days: Days) -> Iterator[Entry]:
    for month, key, amount, reason in (
        (days.back(3), cast.LARGEST, "250.00", BONUS),
        (days.back(2), cast.LARGEST, "-50.00", CORRECTION),
        (days.current, cast.LATE_MONEY, "120.00", PROPOSED),
    ):
        # The newest one still waits for the second person.
        on = min(day_of(month, 16), days.today)
        yield Entry(days.at(on, 14), partial(_enter_adjustment, key, Decimal(amount), reason))
        if reason != PROPOSED:
            yield Entry(days.at(day_of(month, 18), 10), partial(_approve_adjustment, reason))


def _enter_adjustment(key: str, amount: Decimal, reason: str, at: datetime) -> None:
    partner = Partner.objects.get(reference=key)
    enter_adjustment(partner=partner, amount=amount, reason=reason, by=staff(FINANCE), at=at)


def _approve_adjustment(reason: str, at: datetime) -> None:
    adjustment = Adjustment.objects.get(reason=reason)
    approve_adjustment(adjustment=adjustment, by=staff(APPROVER), at=at, on=Program.current().day(at))
