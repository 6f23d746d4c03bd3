"""The demo's leads: those that became referred clients, those that sales works on, those that came to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import cycle

from accounts.models import User
from affiliates.models import Partner
from clients.services.win_lead import win_lead
from portal.demo.days import Days
from portal.demo.diary import Entry
from portal.demo.draft import CROSSES_THE_TIER, LARGEST, LATE_MONEY, NEWEST, ClientDraft, Draft
from portal.demo.names import dice, person_name, slug
from portal.demo.people import SALES, owner_of, staff
from referrals.models import Lead, Link, Rep
from referrals.models.lead import Channel, Crm, Stage
from referrals.services.answer_partner import answer_partner
from referrals.services.ask_for_lead import ask_for_extension, ask_to_join_demo
from referrals.services.ask_sales import ask_sales
from referrals.services.assign_leads import assign_leads
from referrals.services.move_lead import move_lead
from referrals.services.note_lead import note_lead
from referrals.services.plan_demo import plan_demo
from referrals.services.plan_lead import plan_lead
from referrals.services.register_lead import register_lead

WON_FROM_LEADS = 0.22  # The share of the clients that closed while the portal was there.
ROAD = (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL)
# How many leads stand at each stage today, as shares of the number of partners.
STANDING = {
    Stage.SUBMITTED: 0.25,
    Stage.QUALIFIED: 0.2,
    Stage.DEMO_SCHEDULED: 0.15,
    Stage.DEMO_DONE: 0.12,
    Stage.PROPOSAL: 0.15,
    Stage.LOST: 0.3,
    Stage.REJECTED: 0.25,
}
LOST_BECAUSE = ("Chose another product", "No budget this year", "Stopped answering")
REJECTED_BECAUSE = (
    "Not qualified: two people who share one phone",
    "Existing customer since before the registration",
    "Duplicate of a company that is registered already",
)
NOTES = ("Met at a trade fair", "Uses our CRM set-up, phones are next", "Asked for a call next week", "")
NEXT_STEPS = ("Call the owner", "Send the price list", "Ask for the number porting", "Arrange the demo", "")
QUESTIONS = (
    ("They asked whether their numbers can be kept. Can they?", "Yes, porting takes about a week. We told them too."),
    ("The owner is away until Monday. Could you call after that?", "Of course, we call on Tuesday."),
    ("Did you reach them?", "Twice, and left a message. A word from you would help."),
)
COLLEAGUES = (
    "Their numbers are with a small carrier; check the porting before you promise a day.",
    "The owner decides alone. Leave the office manager out of it.",
    "Call before nine, the office is empty later.",
)


@dataclass(slots=True)
class LeadDraft:
    """A lead and its way; `client` is the referred client that it becomes."""

    partner: str
    company: str
    registered_on: date
    agents: int
    steps: list[tuple[date, Stage, str]] = field(default_factory=list)
    client: ClientDraft | None = None
    seed: str = ""  # Apart from the company's name where two partners register the same one.

    @property
    def domain(self) -> str:
        return f"{slug(self.company)}.example"

    @property
    def contact(self) -> str:
        return person_name("lead", self.company, self.seed)

    @property
    def email(self) -> str:
        return f"{slug(self.contact.split()[0])}@{self.domain}"


def draw_leads(draft: Draft) -> list[LeadDraft]:
    """This function will draw every lead of the demo."""
    return [*_won(draft), *_standing(draft), *_conflict(draft)]


def lead_entries(draft: Draft, leads: list[LeadDraft]) -> list[Entry]:
    """What happens with the leads, for the diary."""
    return [entry for lead in leads for entry in _entries(draft.days, lead)]


def _won(draft: Draft) -> list[LeadDraft]:
    days = draft.days
    result = []
    for client in draft.clients:
        drawn = dice("lead", client.name)
        registered_on = client.closed_on - timedelta(days=drawn.randrange(18, 55))
        # A partner is there once the delivery after its joining has come.
        there_from = max(days.first, draft.partner(client.partner).joined_on) + timedelta(days=14)
        if client.is_plain or registered_on < there_from or drawn.random() > WON_FROM_LEADS:
            continue
        lead = LeadDraft(client.partner, client.name, registered_on, drawn.randrange(5, 60), client=client)
        lead.steps = _along(registered_on, client.closed_on, len(ROAD))
        result.append(lead)
    return result


def _standing(draft: Draft) -> list[LeadDraft]:
    days = draft.days
    others = [
        partner.key
        for partner in draft.partners
        if draft.ended_on(partner.key) is None and partner.key not in (LARGEST, NEWEST)
    ]
    hosts = cycle(host for place in range(0, len(others), 3) for host in (LARGEST, *others[place : place + 3]))
    names = iter(draft.spare_names)
    result = []
    for stage, share in STANDING.items():
        for place in range(max(2, round(share * len(draft.partners)))):
            company = next(names)
            drawn = dice("standing", company)
            # Every fifth is smaller or larger than the program sells to.
            agents = drawn.randrange(6, 80) if drawn.random() < 0.8 else drawn.choice((2, 3, 180, 400))
            age = drawn.randrange(1, 9) if stage == Stage.SUBMITTED else drawn.randrange(12, 70)
            registered_on = days.today - timedelta(days=age)
            lead = LeadDraft(next(hosts), company, registered_on, agents)
            if stage in (Stage.LOST, Stage.REJECTED):
                reasons = LOST_BECAUSE if stage == Stage.LOST else REJECTED_BECAUSE
                passed = drawn.randrange(1, len(ROAD) + 1) if stage == Stage.LOST else 0
                ended_on = registered_on + timedelta(days=drawn.randrange(3, age))
                lead.steps = _along(registered_on, ended_on, passed)
                lead.steps.append((ended_on, stage, reasons[place % len(reasons)]))
            elif stage in ROAD:
                lead.steps = _along(registered_on, days.today, ROAD.index(stage) + 1)
            result.append(lead)
    return result


def _conflict(draft: Draft) -> list[LeadDraft]:
    """Two partners register the same company; the second one is kept for sales to decide on."""
    company = draft.spare_names[-1]
    first = LeadDraft(LATE_MONEY, company, draft.days.today - timedelta(days=16), 24)
    first.steps = [(draft.days.today - timedelta(days=11), Stage.QUALIFIED, "")]
    second = LeadDraft(CROSSES_THE_TIER, company, draft.days.today - timedelta(days=2), 24, seed="again")
    return [first, second]


def _along(start: date, end: date, passed: int) -> list[tuple[date, Stage, str]]:
    """The first stages of the road, evenly between two days."""
    length = (end - start).days
    return [
        (start + timedelta(days=length * place // (passed + 1)), ROAD[place - 1], "") for place in range(1, passed + 1)
    ]


def _entries(days: Days, lead: LeadDraft) -> Iterator[Entry]:
    yield Entry(days.at(lead.registered_on, 9), partial(_register, lead))
    for place, (on, stage, reason) in enumerate(lead.steps):
        yield Entry(days.at(on, 10 + place), partial(_move, lead, stage, reason))
    if lead.client is not None:
        yield Entry(days.at(lead.client.closed_on, 16), partial(_win, lead, lead.client))
    elif not lead.seed:
        yield from _talk(days, lead)
        if not lead.steps or lead.steps[-1][1] in ROAD:
            planned_on = lead.steps[-1][0] if lead.steps else lead.registered_on
            yield Entry(days.at(planned_on, 17), partial(_plan, lead, days.today))


def _talk(days: Days, lead: LeadDraft) -> Iterator[Entry]:
    """What some partners ask of a lead that sales works on, and what sales answers."""
    stage = lead.steps[-1][1] if lead.steps else Stage.SUBMITTED
    asked_on = lead.registered_on + timedelta(days=6)
    place = lead.agents % 6
    if stage not in ROAD or asked_on + timedelta(days=1) >= days.today:
        return
    if place < len(QUESTIONS):
        question, answer = QUESTIONS[place]
        yield Entry(days.at(asked_on, 15), partial(_ask, lead, question))
        yield Entry(days.at(asked_on + timedelta(days=1), 9), partial(_answer, lead, answer))
        yield Entry(days.at(asked_on + timedelta(days=1), 10), partial(_note, lead, COLLEAGUES[place]))
    elif stage == Stage.PROPOSAL:
        yield Entry(days.at(days.today - timedelta(days=1), 14), partial(_ask_for_longer, lead))
    elif stage == Stage.DEMO_SCHEDULED:
        shown_at = days.at(days.today + timedelta(days=4), 10)
        yield Entry(days.at(days.today - timedelta(days=1), 11), partial(_plan_demo, lead, shown_at))
        yield Entry(days.at(days.today - timedelta(days=1), 14), partial(_ask_to_join, lead))


def _register(lead: LeadDraft, at: datetime) -> None:
    drawn = dice("registered", lead.company, lead.seed)
    channel = drawn.choices((Channel.FORM, Channel.LINK, Channel.INTRODUCTION), (6, 2, 3))[0]
    registered = register_lead(
        partner=Partner.objects.get(reference=lead.partner),
        company=lead.company,
        contact=lead.contact,
        email=lead.email,
        domain=lead.domain,
        agents=lead.agents,
        employees=lead.agents * drawn.randrange(2, 5),
        crm=drawn.choices(Crm.values, (5, 3, 3, 2, 1))[0],
        note=drawn.choice(NOTES),
        channel=channel,
        link=Link.objects.filter(partner__reference=lead.partner).first() if channel == Channel.LINK else None,
        is_attested=True,
        by=owner_of(lead.partner) if channel == Channel.FORM else None,
        at=at,
    )
    assign_leads(leads=[registered], to=Rep.objects.get(user=_rep(lead)), by=None, at=at)


def _plan(lead: LeadDraft, today: date, at: datetime) -> None:
    """What the rep notes to do next, and what the lead may bring: about what an agent costs, times the agents."""
    next_step = NEXT_STEPS[lead.agents % len(NEXT_STEPS)]
    plan_lead(
        lead=_find(lead),
        expected_mrr=Decimal(lead.agents * 30),
        next_step=next_step,
        next_step_on=today + timedelta(days=lead.agents % 12 - 3) if next_step else None,
        by=_rep(lead),
        at=at,
    )


def _move(lead: LeadDraft, to: Stage, reason: str, at: datetime) -> None:
    move_lead(lead=_find(lead), to=to, by=_rep(lead), at=at, reason=reason)


def _ask(lead: LeadDraft, text: str, at: datetime) -> None:
    ask_sales(lead=_find(lead), text=text, by=owner_of(lead.partner), at=at)


def _answer(lead: LeadDraft, text: str, at: datetime) -> None:
    answer_partner(lead=_find(lead), text=text, by=_rep(lead), at=at)


def _note(lead: LeadDraft, text: str, at: datetime) -> None:
    note_lead(lead=_find(lead), text=text, by=_rep(lead), at=at)


def _plan_demo(lead: LeadDraft, when: datetime, at: datetime) -> None:
    plan_demo(lead=_find(lead), when=when, partner_joins=False, by=_rep(lead), at=at)


def _ask_for_longer(lead: LeadDraft, at: datetime) -> None:
    reason = "They decide at their board meeting next month."
    ask_for_extension(lead=_find(lead), reason=reason, by=owner_of(lead.partner), at=at)


def _ask_to_join(lead: LeadDraft, at: datetime) -> None:
    ask_to_join_demo(lead=_find(lead), text="Any day but Friday.", by=owner_of(lead.partner), at=at)


def _win(lead: LeadDraft, client: ClientDraft, at: datetime) -> None:
    win_lead(lead=_find(lead), closed_on=client.closed_on, reference=client.key, by=_rep(lead), at=at)


def _find(lead: LeadDraft) -> Lead:
    return Lead.objects.get(partner__reference=lead.partner, email=lead.email)


def _rep(lead: LeadDraft) -> User:
    return staff(SALES[lead.agents % len(SALES)])
