"""The board as sales sees it: leads by stage, a few cards of each, with how many there are and what they may bring.

The number of queries is the same however many leads there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.urls import reverse

from accounts.models import User
from affiliates.money import ZERO, show_money
from affiliates.staff_page import asked_key
from parts.formats import HARD_SPACE, counted, short_day
from parts.shapes import Badge, Tone
from referrals.models import Lead, LeadWork, Rep
from referrals.models.lead import ENDED, LeadQuerySet, Stage
from referrals.services.move_lead import MOVES

CARDS = 20
ENDED_SHOWN = timedelta(days=30)  # For so long a lead that has ended stays on the board.
MINE, TEAM, UNASSIGNED, EVERYBODY = "mine", "team", "none", "all"
REJECTED = Badge("Rejected", Tone.BAD)
OUTSIDE = Badge("Outside profile", Tone.WAITING)
UNDER_REVIEW = Badge("Under review", Tone.WAITING)
RAN_OUT = Badge("Not protected", Tone.WAITING)
NOT_CONFIRMED = Badge("Not confirmed by its partner", Tone.WAITING)


@dataclass(frozen=True, slots=True)
class Place:
    """A column of the board: the stages that it shows, and the one that a card dropped there goes to."""

    key: str
    label: str
    stages: tuple[Stage, ...]

    @property
    def has_ended(self) -> bool:
        return self.stages[0] in ENDED


PLACES = (
    *(Place(stage.value, stage.label, (stage,)) for stage in Stage if stage not in (Stage.LOST, Stage.REJECTED)),
    Place(Stage.LOST.value, Stage.LOST.label, (Stage.LOST, Stage.REJECTED)),
)


@dataclass(frozen=True, slots=True)
class Move:
    """A stage that a lead can go to from where it is."""

    to: str
    label: str


# What comes after the label asks for more before the lead moves.
ASKS = {Stage.WON, Stage.LOST, Stage.REJECTED}
MOVES_OF = {
    stage: [Move(to.value, f"{to.label} …" if to in ASKS else to.label) for to in Stage if to in moves]
    for stage, moves in MOVES.items()
}


@dataclass(frozen=True, slots=True)
class Card:
    """A lead as the board shows it."""

    pk: int
    company: str
    partner: str
    url: str
    age: str
    owner: str
    initials: str
    mrr: str
    next_step: str
    next_step_on: str
    is_overdue: bool
    badges: Sequence[Badge]
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its leads; `more` is how many of them have no card here."""

    key: str
    label: str
    stage: str
    count: int
    mrr: str
    cards: Sequence[Card]
    more: int
    note: str


def place_of(stage: str) -> Place:
    """The column that shows leads of a stage."""
    return next(place for place in PLACES if stage in place.stages)


def columns(
    rows: LeadQuerySet, *, places: Iterable[Place] = PLACES, oldest: bool, at: datetime, on: date
) -> list[Column]:
    """The board's columns, filled with those of the leads that are open or ended within the last weeks."""
    wanted = list(places)
    since = at - ENDED_SHOWN
    totals = _totals(rows, wanted, since)
    return [_column(place, _shown(rows, [place], since), totals, oldest, on) for place in wanted]


def _shown(rows: LeadQuerySet, places: Iterable[Place], since: datetime) -> LeadQuerySet:
    """The leads of columns that are all of open leads, or all of ended ones, which leave the board after a while."""
    chosen = list(places)
    found = rows.filter(stage__in=[stage for place in chosen for stage in place.stages])
    return found.filter(work__stage_since__gte=since) if any(place.has_ended for place in chosen) else found


def _totals(rows: LeadQuerySet, places: Iterable[Place], since: datetime) -> dict[str, tuple[int, Decimal]]:
    """How many leads each stage has, and what they may bring: the open ones and those that ended, apart."""
    chosen = list(places)
    totals: dict[str, tuple[int, Decimal]] = {}
    for has_ended in (False, True):
        found = _shown(rows, [place for place in chosen if place.has_ended is has_ended], since)
        by_stage = found.order_by().values_list("stage").annotate(Count("pk"), Sum("work__expected_mrr"))
        totals |= {stage: (count, mrr or ZERO) for stage, count, mrr in by_stage}
    return totals


def owned(rows: LeadQuerySet, owner: str, user: User) -> LeadQuerySet:
    """Those of the leads that belong to somebody: to the user, the user's team, nobody, or a rep by number."""
    if owner == MINE:
        return rows.filter(work__owner__user=user)
    if owner == TEAM:
        rep = Rep.objects.filter(user=user).first()
        if rep is None or rep.team_id is None:
            return rows.filter(work__owner__user=user)
        return rows.filter(work__owner__team=rep.team_id)
    if owner == UNASSIGNED:
        return rows.filter(work__owner=None)
    key = asked_key(owner)
    return rows.filter(work__owner=key) if key else rows


def marks(lead: Lead, *, on: date) -> list[Badge]:
    """What sales has to know of a lead before it does anything with it."""
    found = {
        REJECTED: lead.stage == Stage.REJECTED,
        UNDER_REVIEW: lead.is_under_review,
        OUTSIDE: lead.is_outside_profile(),
        NOT_CONFIRMED: not lead.is_attested and not lead.has_ended,
        RAN_OUT: not lead.has_ended and lead.protected_until is not None and lead.protected_until < on,
    }
    return [badge for badge, is_so in found.items() if is_so]


def show_mrr(amount: Decimal) -> str:
    """An amount as a card has room for it: without cents where there are none."""
    return show_money(amount).removesuffix(".00")


def _near(day: date, on: date) -> str:
    """A day as a card has room for it: of this year without the year."""
    shown = short_day(day)
    return (shown.removesuffix(f" {day.year}") if day.year == on.year else shown).replace(" ", HARD_SPACE)


def _column(
    place: Place, shown: LeadQuerySet, totals: dict[str, tuple[int, Decimal]], oldest: bool, on: date
) -> Column:
    order = "work__stage_since" if place.has_ended else "pk"
    rows = shown.filter(stage__in=place.stages).select_related("partner", "work__owner__user")
    leads = rows.order_by(order if oldest else f"-{order}")[:CARDS]
    found = [totals[stage] for stage in place.stages if stage in totals]
    count, mrr = sum(number for number, _ in found), sum((mrr for _, mrr in found), ZERO)
    cards = [_card(lead, on) for lead in leads]
    return Column(
        key=place.key,
        label=place.label,
        stage=place.stages[0].value,
        count=count,
        mrr=show_mrr(mrr) if mrr else "",
        cards=cards,
        more=max(count - len(cards), 0),
        note=f"last {ENDED_SHOWN.days} days" if place.has_ended else "",
    )


def _card(lead: Lead, on: date) -> Card:
    work = LeadWork.of(lead)
    due = work.next_step_on
    return Card(
        pk=lead.pk,
        company=lead.company,
        partner=lead.partner.name,
        url=reverse("staff_lead", args=[lead.pk]),
        age=counted((on - lead.registered_on).days, "day", "days"),
        owner=str(work.owner) if work.owner else "",
        initials=work.owner.initials if work.owner else "",
        mrr="" if work.expected_mrr is None else show_mrr(work.expected_mrr),
        next_step=work.next_step,
        next_step_on=_near(due, on) if due else "",
        is_overdue=due is not None and due < on and not lead.has_ended,
        badges=marks(lead, on=on),
        moves=MOVES_OF[Stage(lead.stage)],
    )
