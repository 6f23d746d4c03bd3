"""Why a commission is what it is: the facts, the clauses and the arithmetic, as data for every door.

It reads the same facts that the run of the commission's period saw, one by one and in plain Python, and adds
them up anew; `agrees` says whether that gives what was posted. Money is `Decimal`, months are first-of-month
dates. Rule numbers are those of the program's reading of the Agreement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from accounts.reading import Question, read_rows
from affiliates.models import PartnerHistory
from affiliates.money import ZERO, round_money, show_money
from affiliates.months import add_months, last_day, month_of, show_month
from clients.models import Client, ClientHistory, InvoiceLine, Reversal, ReversalKind, Slice
from clients.models.category import Category, CategoryMapping
from commissions.models import Commission
from commissions.models.partner_months import NEWEST, PartnerMonths

# The tiers of the plan that a partner has in a month, as a batch left it: the one given last, else the standard one.
TIERS = """
    SELECT plan.name, tier.threshold, tier.rate
    FROM {asked} AS asked (partner_id, month, batch_id)
    JOIN commissions_plan AS plan ON plan.id = coalesce(
        (
            SELECT plan_id FROM commissions_planassignment
            WHERE partner_id = asked.partner_id AND first_month <= asked.month AND batch_id <= asked.batch_id
            ORDER BY first_month DESC, id DESC
            LIMIT 1
        ),
        (SELECT id FROM commissions_plan WHERE is_standard)
    )
    JOIN commissions_tier AS tier ON tier.plan_id = plan.id
    ORDER BY tier.threshold
"""
TIERS_OF_MONTH = TIERS.format(asked="(VALUES (%s::bigint, %s::date, %s::bigint))")
TIERS_OF_NEWEST = TIERS.format(asked=f"({NEWEST})")
SUBSCRIPTION_ONLY = "B, subscription only"
CANCELLATIONS = "B, cancellations"
TERMINATION = "10, termination"
WAITING_PERIOD = "B, 1-month waiting period after close"
SCHEDULE = "B, commission schedule"


@dataclass(frozen=True, slots=True)
class ReversalFact:
    """Money of the slice's invoice that went back, or came again, by the day of the reckoning."""

    key: str
    kind: str
    amount: Decimal
    occurred_on: date


@dataclass(frozen=True, slots=True)
class SliceFact:
    """One invoice line's share of the service month: `net = amount − amount · reversed / invoice_total`.

    `why_not` and `clause` say why it does not count, empty where it does.
    """

    invoice: str
    invoice_id: int
    line: int
    line_amount: Decimal
    place: int
    months: int
    amount: Decimal
    issued_on: date
    collected_on: date
    invoice_total: Decimal
    reversals: tuple[ReversalFact, ...]
    reversed: Decimal
    net: Decimal
    why_not: str
    clause: str


@dataclass(frozen=True, slots=True)
class ExcludedLine:
    """A line of the same invoices that earns nothing, with the clause."""

    invoice: str
    line: int
    category: str
    amount: Decimal
    why_not: str
    clause: str


@dataclass(frozen=True, slots=True)
class ClientMonth:
    """A client's part of the partner's MRR of the month, for the tier."""

    client: str
    client_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TierStep:
    threshold: Decimal
    rate: Decimal
    applies: bool


@dataclass(frozen=True, slots=True)
class Posting:
    """What an earlier closed period posted for the same partner, client and month."""

    period: date
    amount: Decimal
    commission_id: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one commission. `sentences` says it in words, `agrees` that the sums come out."""

    commission: Commission
    as_of: date
    closed_on: date | None
    matured_on: date | None
    slices: tuple[SliceFact, ...]
    excluded: tuple[ExcludedLine, ...]
    base: Decimal
    mrr: Decimal
    mrr_by_client: tuple[ClientMonth, ...]
    plan: str
    tiers: tuple[TierStep, ...]
    rate: Decimal
    full_target: Decimal
    target: Decimal
    posted_before: tuple[Posting, ...]
    amount: Decimal
    agrees: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A client and its partner's dates as the run saw them; what was dated later is left out."""

    partner_id: int
    closed_on: date
    canceled_on: date | None
    terminated_on: date | None


def explain(commission: Commission) -> Explanation:
    """This function will tell why a commission is what it is, from the facts that its run saw."""
    run = commission.period.run
    as_of, batch = commission.period.as_of, run.batch_id or 0
    month = commission.service_month
    known = _known_clients(commission.partner_id, as_of, batch)
    own = known.get(commission.client_id)
    all_slices = _slices(commission, known, as_of, batch)
    slices = tuple(fact for client, fact, _ in all_slices if client == commission.client_id)
    base = sum((fact.net for fact in slices if not fact.why_not), ZERO)
    by_client = _mrr_by_client(all_slices)
    mrr = sum((part.amount for part in by_client), ZERO)
    plan, tiers = tiers_of(commission.partner_id, month, mrr, batch)
    rate = next(step.rate for step in tiers if step.applies)
    matured_on = add_months(own.closed_on, 1) if own else None
    full_target = round_money(Fraction(rate) * Fraction(base))
    target = ZERO if matured_on and matured_on > as_of else full_target
    before = _posted_before(commission)
    amount = full_target if commission.state == "waiting" else target - sum((p.amount for p in before), ZERO)
    explanation = Explanation(
        commission=commission,
        as_of=as_of,
        closed_on=own.closed_on if own else None,
        matured_on=matured_on,
        slices=slices,
        excluded=_excluded_lines(slices, batch),
        base=base,
        mrr=mrr,
        mrr_by_client=by_client,
        plan=plan,
        tiers=tiers,
        rate=rate,
        full_target=full_target,
        target=target,
        posted_before=before,
        amount=amount,
        agrees=(mrr, rate, base, amount) == (commission.mrr, commission.rate, commission.base, commission.amount),
        sentences=(),
    )
    return _with_sentences(explanation)


def _known_clients(partner_id: int, as_of: date, batch: int) -> dict[int, _Known]:
    partner = PartnerHistory.objects.filter(partner=partner_id, batch__lte=batch).order_by("-batch_id").first()
    if partner is None or partner.joined_on > as_of:
        return {}
    terminated_on = partner.terminated_on if partner.terminated_on and partner.terminated_on <= as_of else None
    once_here = ClientHistory.objects.filter(partner=partner_id, batch__lte=batch).values("client")
    states = ClientHistory.objects.filter(client__in=once_here, batch__lte=batch)
    latest = {state.client_id: state for state in states.order_by("batch_id")}
    return {
        client_id: _Known(
            partner_id=state.partner_id,
            closed_on=state.closed_on,
            canceled_on=state.canceled_on if state.canceled_on and state.canceled_on <= as_of else None,
            terminated_on=terminated_on,
        )
        for client_id, state in latest.items()
        if state.partner_id == partner_id and state.closed_on <= as_of
    }


def _slices(
    commission: Commission, known: dict[int, _Known], as_of: date, batch: int
) -> list[tuple[int, SliceFact, Decimal]]:
    """For each slice of the partner's month: its client, the fact as of the period, its net for the MRR."""
    month = commission.service_month
    clients = {*known, commission.client_id}
    rows = list(
        Slice.objects.filter(client__in=clients, service_month=month, known_from__lte=as_of, batch__lte=batch)
        .select_related("line", "invoice")
        .order_by("known_from", "invoice_id", "line_id")
    )
    reversals: dict[int, list[Reversal]] = {}
    found = Reversal.objects.filter(
        payment__invoice__in={row.invoice_id for row in rows}, occurred_on__lte=as_of, batch__lte=batch
    )
    for reversal in found.select_related("payment").order_by("occurred_on", "id"):
        reversals.setdefault(reversal.payment.invoice_id, []).append(reversal)
    month_end = min(as_of, last_day(month))
    result = []
    for row in rows:
        facts = reversals.get(row.invoice_id, [])
        why_not, clause = _why_not(row, known.get(row.client_id))
        then = _net(row, _reversed(facts, row.invoice.total, month_end))
        result.append((row.client_id, _slice_fact(row, facts, as_of, why_not, clause), then))
    return result


def _why_not(row: Slice, client: _Known | None) -> tuple[str, str]:
    if client is None:
        return "the client belonged to another partner, or was not there yet", "3, referral"
    if client.canceled_on and row.service_month > month_of(client.canceled_on):
        return f"the client cancelled on {client.canceled_on}", CANCELLATIONS
    ended = client.terminated_on
    if ended and (row.collected_on > ended or row.service_month > month_of(ended)):
        return f"the partnership ended on {ended}", TERMINATION
    return "", ""


def _slice_fact(row: Slice, facts: list[Reversal], as_of: date, why_not: str, clause: str) -> SliceFact:
    reversed_ = _reversed(facts, row.invoice.total, as_of)
    first = month_of(row.line.service_from or row.invoice.issued_on)
    months = row.line.service_months or 1
    place = (row.service_month.year - first.year) * 12 + row.service_month.month - first.month + 1
    return SliceFact(
        invoice=row.invoice.reference,
        invoice_id=row.invoice_id,
        line=row.line.number,
        line_amount=row.line.amount,
        place=place,
        months=months,
        amount=row.amount,
        issued_on=row.invoice.issued_on,
        collected_on=row.collected_on,
        invoice_total=row.invoice.total,
        reversals=tuple(ReversalFact(r.reference, r.kind, r.amount, r.occurred_on) for r in facts),
        reversed=reversed_,
        net=_net(row, reversed_),
        why_not=why_not,
        clause=clause,
    )


def _reversed(facts: Iterable[Reversal], total: Decimal, day: date) -> Decimal:
    sign = {ReversalKind.CHARGEBACK_WON: -1}
    amount = sum(
        (sign.get(ReversalKind(fact.kind), 1) * fact.amount for fact in facts if fact.occurred_on <= day),
        ZERO,
    )
    return min(max(amount, ZERO), total)


def _net(row: Slice, reversed_: Decimal) -> Decimal:
    if not reversed_:
        return row.amount
    return row.amount - round_money(Fraction(row.amount) * Fraction(reversed_) / Fraction(row.invoice.total))


def _mrr_by_client(slices: list[tuple[int, SliceFact, Decimal]]) -> tuple[ClientMonth, ...]:
    sums: dict[int, Decimal] = {}
    for client_id, fact, then in slices:
        if not fact.why_not:
            sums[client_id] = sums.get(client_id, ZERO) + then
    names = dict(Client.objects.filter(id__in=sums).values_list("id", "name"))
    parts = (ClientMonth(names[client_id], client_id, amount) for client_id, amount in sums.items())
    return tuple(sorted(parts, key=lambda part: (-part.amount, part.client)))


def tiers_of(partner_id: int, month: date, mrr: Decimal, batch: int) -> tuple[str, tuple[TierStep, ...]]:
    """The plan of a partner's service month, as a batch left it, and its tiers with the one that an MRR reaches."""
    found = read_rows(TIERS_OF_MONTH, [partner_id, month, batch])
    return found[0][0], steps_to([tier[1:] for tier in found], mrr)


def newest_tiers(months: PartnerMonths) -> Question:
    """The tiers of the latest month that is shown, threshold and rate, as the facts of its figures left them."""
    return Question(TIERS_OF_NEWEST, 3, months.parameters_of_newest(), lambda _, threshold, rate: (threshold, rate))


def steps_to(tiers: Sequence[tuple[Decimal, Decimal]], mrr: Decimal) -> tuple[TierStep, ...]:
    """The tiers, thresholds and rates from the lowest on, with the one that an MRR reaches."""
    reached = max((place for place, (threshold, _) in enumerate(tiers) if threshold <= mrr), default=0)
    return tuple(TierStep(threshold, rate, place == reached) for place, (threshold, rate) in enumerate(tiers))


def _posted_before(commission: Commission) -> tuple[Posting, ...]:
    rows = (
        Commission.objects.posted()
        .filter(
            Q(period__closed_at__isnull=False) & Q(period__lt=commission.period_id),
            partner=commission.partner_id,
            client=commission.client_id,
            service_month=commission.service_month,
        )
        .order_by("period_id")
    )
    return tuple(Posting(row.period_id, row.amount, row.pk) for row in rows)


def _excluded_lines(slices: tuple[SliceFact, ...], batch: int) -> tuple[ExcludedLine, ...]:
    mapped = dict(CategoryMapping.objects.filter(batch__lte=batch).values_list("word", "category"))
    lines = InvoiceLine.objects.filter(invoice__in={fact.invoice_id for fact in slices}).select_related("invoice")
    result = []
    for line in lines.order_by("invoice_id", "number"):
        category = mapped.get(line.category, line.category)
        if category == Category.SUBSCRIPTION:
            continue
        known = category in Category.values
        why_not = (
            f"{Category(category).label} is not subscription revenue"
            if known
            else f"“{category}” is not mapped to a category yet; finance will look at it"
        )
        clause = SUBSCRIPTION_ONLY
        result.append(ExcludedLine(line.invoice.reference, line.number, line.category, line.amount, why_not, clause))
    return tuple(result)


def _with_sentences(why: Explanation) -> Explanation:
    return replace(why, sentences=tuple(_sentences(why)))


def _sentences(why: Explanation) -> Iterable[str]:
    month, money = show_month(why.commission.service_month), show_money
    yield f"For {month} the client's invoices brought {money(why.base)} of subscription money that counts."
    yield (
        f"All clients together made an MRR of {money(why.mrr)} in {month}, "
        f"which by “{why.plan}” earns {_percent(why.rate)} of the whole month ({SCHEDULE})."
    )
    yield f"{_percent(why.rate)} of {money(why.base)} is {money(why.full_target)}."
    if why.matured_on and why.matured_on > why.as_of:
        yield (
            f"The client closed on {why.closed_on}, so nothing is posted before {why.matured_on} ({WAITING_PERIOD})."
        )
    before = sum((posting.amount for posting in why.posted_before), ZERO)
    if why.posted_before:
        months = ", ".join(f"{money(posting.amount)} in {show_month(posting.period)}" for posting in why.posted_before)
        yield f"Posted before: {months}."
    if why.commission.state == "posted":
        yield f"{money(why.target)} less {money(before)} posted before leaves {money(why.amount)} for this period."


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"
