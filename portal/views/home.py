"""The front page: where a partner stands, what is next, and the program for those who have not come in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.reading import Question, read_together
from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.models import Partner
from affiliates.money import ZERO, round_money, show_money
from affiliates.months import month_of, show_month
from commissions.explanation import TierStep, newest_tiers, steps_to
from commissions.models.partner_months import PartnerMonth, PartnerMonths
from parts.addresses import page_url, row_url
from parts.formats import counted, month_name, percent, short_month
from parts.shapes import Badge, Bar, Chart, Check, Meter, Shape, Tile
from payouts.checklist import PLACES, state_badge
from payouts.gates import PRESENTED, Gate, Presented, gates_of
from payouts.models import PayoutState
from payouts.models.payout import OPEN
from portal.views.program import program_page
from referrals.models.lead import Stage
from referrals.models.lead_count import leads_by_stage

MONTHS_SHOWN = 12
MONTHS_A_YEAR = 12
PAYOUTS_NAMED = 6
GATES_NAMED = 3
ON_ITS_WAY = f"""
    SELECT payout.id, payout.partner_id, payout.period_id, payout.amount, payout.state, payout.payable,
           report.presented_at, invoice.number, invoice.amount
    FROM payouts_payout AS payout {PRESENTED}
    WHERE payout.partner_id = %s AND payout.state = ANY(%s)
    ORDER BY payout.period_id LIMIT %s
"""
PAPERS = ("Referral report presented", "Invoice presented")
# What a partner does about a closed gate, in words; `PLACES` says on which page.
STEPS = {
    "Agreement accepted": "Accept the Agreement",
    "No open violation": "Cure what the company noted",
    "Tax form on file": "File your tax form",
    "Payout method confirmed": "Say where your money goes, and confirm it",
}


class OnItsWay(NamedTuple):
    """A payout that is neither paid nor cancelled; without a key, the one that the partner's gates will meet next."""

    pk: int
    partner_id: int
    period_id: date
    amount: Decimal
    state: str
    payable: Decimal | None
    reported_at: datetime | None = None
    invoice: str | None = None
    invoiced: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NextPayout(Shape):
    """The payout that comes next, and the first gates that keep it."""

    period: str
    amount: str
    badge: Badge
    waits_for: tuple[str, ...]
    others: str
    url: str


@dataclass(frozen=True, slots=True)
class Climb(Shape):
    """The way from the month's MRR to the next rate; `arithmetic` is what it is worth, line by line."""

    headline: str
    meter: Meter | None
    arithmetic: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StageCount(Shape):
    label: str
    count: str
    url: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A partner's overview; staff go on to the admin, and everybody else to the program."""
    if not request.user.is_authenticated:
        return program_page(request)
    return cast(HttpResponse, overview(request))


@partner_page()
def overview(request: PartnerRequest) -> HttpResponse:
    """What was earned, what comes next, and what needs the partner now."""
    acting, now = request.acting, timezone.now()
    partner = acting.partner
    its_months = PartnerMonths(partner)
    months, tiers, payouts, leads = read_together(
        its_months.newest(MONTHS_SHOWN), newest_tiers(its_months), _on_its_way(partner), leads_by_stage(partner)
    )
    gates = _gates(acting, payouts[:PAYOUTS_NAMED], now)
    stages = {stage: count for stage, count in leads if count}
    is_new = not (stages or payouts or any(month.posted or month.held_back for month in months))
    next_payout = _next_payout(payouts, gates)
    context = {
        "title": "Overview",
        "lead": "" if is_new else "Where you stand, and what is next.",
        "is_new": is_new,
        "needs": list(_first_steps(acting, gates)) if is_new else list(_needs(payouts, gates)),
        "tiles": list(_tiles(months, next_payout, acting.program.currency)),
        "next_payout": next_payout,
        "climb": _climb(months[0], tiers) if months and not acting.has_ended else None,
        "chart": _chart(months) if any(month.posted for month in months) else None,
        "stages": _stages(stages),
    }
    return render(request, "portal/home.html", context)


def _on_its_way(partner: Partner) -> Question:
    """What is on its way, the oldest first; one more than the page names says that there are more."""
    return Question(ON_ITS_WAY, len(OnItsWay._fields), [partner.pk, list(OPEN), PAYOUTS_NAMED + 1], OnItsWay)


def _gates(acting: Acting, payouts: Sequence[OnItsWay], at: datetime) -> dict[int, tuple[Gate, ...]]:
    """The gates of each payout; where there is none, those that the partner's next one will meet, under 0."""
    payouts = payouts or [OnItsWay(0, acting.partner.pk, month_of(acting.today), ZERO, PayoutState.WAITING, None)]
    presented = {each.pk: Presented(each.reported_at, each.invoice, each.invoiced) for each in payouts}
    return gates_of(payouts, at=at, presented=presented)


def _next_payout(payouts: Sequence[OnItsWay], gates: dict[int, tuple[Gate, ...]]) -> NextPayout | None:
    if not payouts:
        return None
    payout = payouts[0]
    closed = [] if payout.state == PayoutState.APPROVED else [gate for gate in gates[payout.pk] if not gate.is_open]
    names = tuple(f"{gate.name}: {gate.state}" for gate in closed[:GATES_NAMED])
    more = len(closed) - len(names)
    return NextPayout(
        period=month_name(payout.period_id),
        amount=show_money(payout.amount if payout.payable is None else payout.payable),
        badge=state_badge(payout.state),
        waits_for=(*names, f"{more} more") if more > 0 else names,
        others=_others(len(payouts) - 1),
        url=row_url("payout", payout.pk),
    )


def _others(count: int) -> str:
    if count == PAYOUTS_NAMED:
        return f"At least {PAYOUTS_NAMED} more payouts are on the way."
    return f"{counted(count, 'more payout is', 'more payouts are')} on the way." if count else ""


def _needs(payouts: Sequence[OnItsWay], gates: dict[int, tuple[Gate, ...]]) -> Iterator[Check]:
    """What only the partner can do, first what all of its payouts wait for."""
    for gate in next(iter(gates.values())):
        if gate.name in STEPS and not gate.is_open and (gate.is_partners or gate.name == "No open violation"):
            yield _step(gate)
    for payout in payouts[:PAYOUTS_NAMED]:
        missing = [gate for gate in gates[payout.pk] if gate.name in PAPERS and not gate.is_open]
        if payout.state == PayoutState.WAITING and missing:
            yield Check(
                f"Present the report and the invoice of {month_name(payout.period_id)}",
                False,
                f"{show_money(payout.amount)} waits for it. {'. '.join(gate.state for gate in missing)}",
                "B",
                url=row_url("payout", payout.pk),
                action="Present",
            )
    if len(payouts) > PAYOUTS_NAMED:
        yield Check(
            "Look at your other payouts", False, "More are on the way", url=page_url("payouts"), action="See them"
        )


def _first_steps(acting: Acting, gates: dict[int, tuple[Gate, ...]]) -> Iterator[Check]:
    """What somebody new does first, in this order."""
    standing = {gate.name: gate for gate in next(iter(gates.values()))}
    for name in ("Agreement accepted", "No open violation"):
        gate = standing[name]
        if name == "Agreement accepted" or not gate.is_open:
            yield _step(gate)
    if not acting.has_ended:
        yield Check(
            "Register your first lead",
            False,
            "A company that would gain from it and would like to be called; it takes a minute",
            "3, A",
            url=page_url("lead_new"),
            action="Register a lead",
        )
    for name in ("Tax form on file", "Payout method confirmed"):
        yield _step(standing[name])


def _step(gate: Gate) -> Check:
    page, action = PLACES[gate.name]
    return Check(STEPS[gate.name], gate.is_open, gate.state, gate.clause, url=page_url(page), action=action)


def _tiles(months: Sequence[PartnerMonth], payout: NextPayout | None, currency: str) -> Iterator[Tile]:
    if months:
        newest = months[0]
        name, page = month_name(newest.month), row_url("commission_month", show_month(newest.month))
        state = "The month is closed" if newest.is_closed else "Not final, the month is open"
        yield Tile(f"Earned in {name}", show_money(newest.posted), currency, state, url=page)
        held = "Until a new client has been there for one month" if newest.held_back else "Nothing is held back"
        yield Tile("Waiting", show_money(newest.held_back), currency, held)
        rate = f"{percent(newest.rate)} on all of it" if newest.rate is not None else "It begins with the first payment"
        yield Tile("MRR", show_money(newest.mrr or ZERO), currency, rate)
    else:
        yield Tile("Earned this month", show_money(ZERO), currency, "No month was computed yet")
    if payout:
        says = f"{payout.period}: {payout.badge.text.lower()}"
        yield Tile("Next payout", payout.amount, currency, says, url=payout.url)
    else:
        yield Tile("Next payout", show_money(ZERO), currency, "One opens when a month closes with a balance")


def _climb(month: PartnerMonth, of_month: Sequence[tuple[Decimal, Decimal]]) -> Climb:
    """How far the month's MRR is from the next rate, and what that rate is worth on all of it."""
    mrr = month.mrr or ZERO
    tiers = steps_to(of_month, mrr)
    place = next(place for place, tier in enumerate(tiers) if tier.applies)
    now, following = tiers[place], tiers[place + 1] if place + 1 < len(tiers) else None
    if following is None:
        return Climb(
            f"{percent(now.rate)} of all of your MRR, the highest rate",
            None,
            (("MRR", show_money(mrr)), ("Over the threshold", show_money(mrr - now.threshold))),
        )
    missing = following.threshold - mrr
    return Climb(
        f"{show_money(missing)} more MRR lifts the rate from {percent(now.rate)} to {percent(following.rate)}",
        Meter(
            f"MRR in {month_name(month.month)}",
            float(max(mrr, ZERO) / following.threshold),
            show_money(mrr),
            show_money(following.threshold),
        ),
        _worth(mrr, now, following),
    )


def _worth(mrr: Decimal, now: TierStep, following: TierStep) -> tuple[tuple[str, str], ...]:
    """The lift in words and numbers: the higher rate on all of the MRR, and all together against today."""
    money = show_money
    lift = round_money((following.rate - now.rate) * following.threshold)
    today, then = round_money(now.rate * mrr), round_money(following.rate * following.threshold)
    return (
        (
            "The higher rate, on all of it",
            (
                f"{percent(following.rate)} instead of {percent(now.rate)} of {money(following.threshold)} is"
                f" {money(lift)} more a month: {money(lift)} × 12 = {money(lift * MONTHS_A_YEAR)} a year"
            ),
        ),
        (
            "Against today",
            (
                f"{percent(following.rate)} of {money(following.threshold)} is {money(then)}, today"
                f" {percent(now.rate)} of {money(mrr)} is {money(today)}:"
                f" {money(then)} − {money(today)} = {money(then - today)} a month,"
                f" {money((then - today) * MONTHS_A_YEAR)} a year"
            ),
        ),
    )


def _chart(months: Sequence[PartnerMonth]) -> Chart:
    return Chart(
        "Commission by month",
        [Bar(short_month(each.month)[:3], float(each.posted), show_money(each.posted)) for each in reversed(months)],
    )


def _stages(counts: dict[str, int]) -> list[StageCount]:
    return [
        StageCount(str(stage.label), f"{counts[stage]:,}", f"{page_url('leads')}?{urlencode({'stage': stage.value})}")
        for stage in Stage
        if counts.get(stage)
    ]
