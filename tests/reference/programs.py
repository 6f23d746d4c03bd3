"""Small but nasty programs, each told as a schedule, to be played against the reference and the product.

A `Story` is what happened: the facts of a program and the changes of its master data. A schedule is how it
came to be known: a tuple of steps in order, recordings between closes, some of them months late. `stories()`
draws a story, `tellings(story)` one way of recording it, `schedules()` both at once.

To hold the product against the reference, take the same schedule twice:

    expected = list(play_steps(schedule))
    for step, facts in as_batches(schedule):
        if isinstance(step, Close):      close the period in the product
        elif isinstance(step, Run):      run the period in the product, without closing it
        elif isinstance(step, GivePlan): give the partner this plan from this service month on
        else:                            import `facts`, for example with `write_files(facts, directory)`

and compare, after each `Run` and `Close`, the rows of that period with those of `play_steps`; or once at the
end the export of all closed periods, `rows_of_export(text)`, with `play(schedule)`.

What can be relied on:

- Every batch is valid under the import rules when it arrives: what it names is known or comes with it, no
  invoice is negative or overpaid, no payment is reversed beyond its amount or won back beyond what was
  charged back. `play` would raise `Refused` otherwise.
- Payments and reversals are positive. A line may be negative or 0.00, an invoice's total 0.00.
- A `Move`, `Cancel`, `Terminate` or `Reclose` is also a batch, of the one row of `clients.csv` or
  `partners.csv` that changed, so the product may take it either way.
- Batches repeat facts that were recorded before. Repeated money facts are the same, repeated partners and
  clients are as they stand, so a repeat changes nothing.
- A client's `canceled_on` is never before its `closed_on`, a partner's `terminated_on` at least 3 days after
  its `joined_on`; neither is ever taken back, but a cancellation's date may change.
- A reversal is never dated before its payment; a chargeback won may be dated before its chargeback.
- Facts may be recorded before their date. Payments may come before the invoice is issued, invoices before the
  client is closed or the partner has joined.
- A plan's first tier begins at 0.00; the rates of its tiers need not rise.
- Periods close one after another without a gap, and a `Run` is always of the next to close. A schedule ends
  with a `Close` that comes after everything was recorded.
- Keys are of mixed case and punctuation: rows sort by code point, as Python's `sorted` and PostgreSQL's
  `COLLATE "C"` do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from tests.reference.rules import (
    CHARGEBACK,
    CHARGEBACK_WON,
    EXCLUDED,
    NOTHING,
    REFUND,
    SUBSCRIPTION,
    Books,
    Client,
    Facts,
    Invoice,
    Line,
    Partner,
    Payment,
    Program,
    Reversal,
    Row,
    Tier,
    last_day,
    month_of,
    months_after,
)

# The steps of a schedule


@dataclass(frozen=True)
class Record:
    """Facts arrive, in one batch."""

    facts: Facts


@dataclass(frozen=True)
class Move:
    """A client is given to another partner."""

    client: str
    partner: str


@dataclass(frozen=True)
class Cancel:
    """A client's cancellation becomes known, or its date is corrected."""

    client: str
    on: date


@dataclass(frozen=True)
class Reclose:
    """The date of a client's close is corrected."""

    client: str
    on: date


@dataclass(frozen=True)
class Terminate:
    """A partner's termination becomes known, with its effective date; `by` is partner or company."""

    partner: str
    on: date
    by: str


@dataclass(frozen=True)
class GivePlan:
    """A partner is put on these tiers from a service month on; at most one plan a partner and month."""

    partner: str
    first_month: date
    tiers: tuple[Tier, ...]


@dataclass(frozen=True)
class Run:
    """The next period is run, and not closed."""

    period: date


@dataclass(frozen=True)
class Close:
    """The next period is run and closed."""

    period: date


Change = Move | Cancel | Reclose | Terminate | GivePlan
Step = Record | Change | Run | Close
Schedule = tuple[Step, ...]


def change_as_facts(step: Move | Cancel | Reclose | Terminate, program: Program) -> Facts:
    """Return the row that says the change, all its other columns as they stand in the program."""
    if isinstance(step, Terminate):
        partner = program.partners[step.partner]
        return Facts(partners=(replace(partner, terminated_on=step.on, terminated_by=step.by),))
    client = program.clients[step.client]
    if isinstance(step, Move):
        return Facts(clients=(replace(client, partner=step.partner),))
    if isinstance(step, Cancel):
        return Facts(clients=(replace(client, canceled_on=step.on),))
    return Facts(clients=(replace(client, closed_on=step.on),))


def as_batches(schedule: Schedule) -> Iterator[tuple[Step, Facts]]:
    """Yield each step with the facts to import for it; none for a plan, a run and a close."""
    program = Program()
    for step in schedule:
        if isinstance(step, Run | Close | GivePlan):
            yield step, Facts()
            continue
        facts = step.facts if isinstance(step, Record) else change_as_facts(step, program)
        program.record(facts)
        yield step, facts


def play_steps(schedule: Schedule) -> Iterator[tuple[Step, list[Row]]]:
    """Play a schedule with the reference and yield each step with its rows; only runs and closes have any."""
    books = Books()
    for step, facts in as_batches(schedule):
        rows: list[Row] = []
        if isinstance(step, Close):
            rows = books.close(step.period)
        elif isinstance(step, Run):
            rows = books.run(step.period)
        elif isinstance(step, GivePlan):
            books.program.give_plan(step.partner, step.first_month, step.tiers)
        else:
            books.program.record(facts)
        yield step, rows


def play(schedule: Schedule) -> list[Row]:
    """Play a schedule with the reference and return the rows of all closed periods, in the export's order."""
    return [row for step, rows in play_steps(schedule) if isinstance(step, Close) for row in rows]


def recorded_first(schedule: Schedule) -> Schedule:
    """Return the schedule with everything recorded before the first close, and the same closes."""
    closes = tuple(step for step in schedule if isinstance(step, Close))
    return tuple(step for step in schedule if not isinstance(step, Run | Close)) + closes


# The files of INTERFACE.md


def write_files(facts: Facts, directory: Path) -> None:
    """Write a batch as the CSV files of `import_program`, only those that have rows."""
    _write(
        directory / "partners.csv",
        "partner,name,kind,email,joined_on,terminated_on,terminated_by",
        [(p.key, p.name, p.kind, p.email, p.joined_on, p.terminated_on, p.terminated_by) for p in facts.partners],
    )
    _write(
        directory / "clients.csv",
        "client,partner,name,domain,closed_on,canceled_on",
        [(c.key, c.partner, c.name, c.domain, c.closed_on, c.canceled_on) for c in facts.clients],
    )
    _write(
        directory / "invoices.csv",
        "invoice,client,issued_on,line,category,amount,service_from,service_months",
        [
            (
                i.key,
                i.client,
                i.issued_on,
                line.number,
                line.category,
                line.amount,
                line.service_from,
                line.service_months,
            )
            for i in facts.invoices
            for line in i.lines
        ],
    )
    _write(
        directory / "payments.csv",
        "payment,invoice,amount,received_on",
        [(p.key, p.invoice, p.amount, p.received_on) for p in facts.payments],
    )
    _write(
        directory / "reversals.csv",
        "reversal,payment,kind,amount,occurred_on",
        [(r.key, r.payment, r.kind, r.amount, r.occurred_on) for r in facts.reversals],
    )


def _write(path: Path, header: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Write one file, None as an empty field; none at all where there are no rows."""
    if not rows:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)


def as_export(rows: Sequence[Row]) -> str:
    """Return the rows as `export_commissions` prints them, with `\\n` at the end of each line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["period", "partner", "client", "service_month", "mrr", "rate", "amount", "state"])
    for row in rows:
        period, service_month = f"{row.period:%Y-%m}", f"{row.service_month:%Y-%m}"
        money = (f"{row.mrr:.2f}", f"{row.rate:.2f}", f"{row.amount:.2f}")
        writer.writerow((period, row.partner, row.client, service_month, *money, row.state))
    return text.getvalue()


def rows_of_export(text: str) -> list[Row]:
    """Read what `export_commissions` prints, in the order in which it stands there."""
    return [
        Row(
            period=date.fromisoformat(f"{line['period']}-01"),
            partner=line["partner"],
            client=line["client"],
            service_month=date.fromisoformat(f"{line['service_month']}-01"),
            mrr=Decimal(line["mrr"]),
            rate=Decimal(line["rate"]),
            amount=Decimal(line["amount"]),
            state=line["state"],
        )
        for line in csv.DictReader(io.StringIO(text))
    ]


# What stories are made of

PARTNER_KEYS = ("P-1", "p_2", "P.10", "P:2")
CLIENT_KEYS = ("c1", "C-2", "c_3", "C.4", "c:5", "c10")

PALETTES = (
    ("1666.67", "1666.66", "3333.33"),
    ("5000.00",),
    ("4999.99", "0.01"),
    ("2500.00",),
    ("15000.00", "14999.97", "0.01", "333.33"),
    ("833.33", "5000.02", "30000.00", "59999.94"),
    ("0.01", "0.02", "0.05", "0.10", "33.33", "100.00"),
)
"""Amounts that reach 5,000.00 or just miss it together: whole, or as slices of 2, 3, 6 or 12 months."""

THRESHOLDS = ("0.01", "100.00", "333.33", "1666.67", "3333.34", "4999.99", "5000.01", "10000.00")
RATES = ("0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.33", "0.50")
UNKNOWN_CATEGORIES = ("widgets", "subscriptions", "SMS pack, 1,000")
CATEGORIES = st.sampled_from([SUBSCRIPTION] * 30 + list(EXCLUDED + UNKNOWN_CATEGORIES))

SELDOM = st.sampled_from((False, False, False, False, True))
"""Draw whether something happens that mostly does not."""

MOSTLY = st.sampled_from((True, True, True, True, True, True, False))
"""Draw whether something happens that does not always."""

# Strategies that are drawn from often stand here, because making one costs more than drawing from it.
COUNTS_OF_INVOICES = st.sampled_from((1, 2, 2, 3))
COUNTS_OF_LINES = st.sampled_from((1, 1, 2, 2, 3, 4))
COUNTS_OF_PARTS = st.sampled_from((1, 1, 2, 3))
COUNTS_OF_REVERSALS = st.sampled_from((0, 0, 0, 0, 1, 2, 6))
COUNTS_OF_MOVES = st.sampled_from((0, 0, 0, 1, 2))
SERVICE_MONTHS = st.sampled_from((1, 1, 1, 2, 3, 3, 6, 12))
SERVICE_OFFSETS = st.sampled_from((0, 0, 0, 0, -1, -1, -2, 1, 3))
SERVICE_DAYS = st.sampled_from((1, 1, 15, 31))
KINDS = st.sampled_from((REFUND, CHARGEBACK, CHARGEBACK, CHARGEBACK_WON, CHARGEBACK_WON))
DELAYS = st.sampled_from((0, 0, 0, 0, 1, 1, 2, 4, -2, 12))
ADVANCES = st.sampled_from((0, -1, -2, -4, -12))
"""Halves of a month by which a fact is recorded after, or before, the first half of its own month."""


@dataclass(frozen=True)
class Story:
    """What happened in a program, and the months that are closed while it becomes known.

    The changes are in the order in which each partner and client sees its own; changes of different partners
    and clients have no order.
    """

    months: tuple[date, ...]
    facts: Facts
    changes: tuple[Change, ...]


@cache
def days(first_month: date, last_month: date) -> st.SearchStrategy[date]:
    """Draw a day from the first to the last month, ends of months more often than others."""
    edges = []
    month = first_month
    while month <= last_month:
        last = last_day(month)
        edges += [month, month.replace(day=15), last - timedelta(days=1), last]
        month = months_after(month, 1)
    return st.one_of(st.sampled_from(edges), st.dates(first_month, last_day(last_month)))


@cache
def amounts(palette: tuple[str, ...]) -> st.SearchStrategy[Decimal]:
    """Draw a positive amount, most often one of the palette."""
    telling = st.sampled_from(palette).map(Decimal)
    return st.one_of(telling, telling, telling, st.integers(1, 700_000).map(in_cents))


def in_cents(cents: int) -> Decimal:
    """Return so many cents as an amount."""
    return Decimal(cents).scaleb(-2)


@cache
def parts_of(whole: Decimal) -> st.SearchStrategy[Decimal]:
    """Draw an amount from 0.01 to the whole: all of it, all but a cent, a half, a third, a cent, or any."""
    cents = int(whole * 100)
    telling = sorted({max(1, part) for part in (cents, cents - 1, cents // 2, cents // 3, 1)})
    return st.one_of(st.sampled_from(telling), st.integers(1, cents)).map(in_cents)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a program of 2 to 4 partners and 1 to 6 clients over 3 to 6 months of 2026."""
    first = date(2026, draw(st.integers(1, 7)), 1)
    months = tuple(months_after(first, k) for k in range(draw(st.integers(3, 6))))
    partners = draw(_partners(months))
    clients = draw(_clients(months, partners))
    palette = draw(st.sampled_from(PALETTES))
    invoice = _plain_invoice if draw(st.booleans()) else _mixed_invoice
    invoices = [
        draw(invoice(f"{client.key}-{number}", client, months, palette))
        for client in clients
        for number in range(draw(COUNTS_OF_INVOICES))
    ]
    payments = [payment for invoice in invoices for payment in draw(_payments(invoice, months))]
    reversals = [reversal for payment in payments for reversal in draw(_reversals(payment))]
    return Story(
        months=months,
        facts=Facts(tuple(partners), tuple(clients), tuple(invoices), tuple(payments), tuple(reversals)),
        changes=tuple(draw(_changes(months, partners, clients))),
    )


@st.composite
def _partners(draw: st.DrawFn, months: tuple[date, ...]) -> list[Partner]:
    """Draw 2 to 4 partners, most of them there before the first month, few terminated from the start."""
    partners = []
    for number, key in enumerate(PARTNER_KEYS[: draw(st.integers(2, 4))], start=1):
        joined = date(2025, 3, 1)
        if draw(SELDOM):
            joined = draw(_any_day(months))
        partner = Partner(
            key=key,
            name=draw(st.sampled_from((f"Partner {number}", f'Söhne & Co., "{number}"'))),
            kind=draw(st.sampled_from(("affiliate", "lead_referral"))),
            email=f"owner@partner-{number}.com",
            joined_on=joined,
        )
        if draw(SELDOM):
            terminated = draw(_terminations(partner, months))
            partner = replace(partner, terminated_on=terminated.on, terminated_by=terminated.by)
        partners.append(partner)
    return partners


@st.composite
def _terminations(draw: st.DrawFn, partner: Partner, months: tuple[date, ...]) -> Terminate:
    """Draw a partner's termination, at least 3 days after it joined."""
    on = max(draw(_any_day(months)), partner.joined_on + timedelta(days=3))
    return Terminate(partner.key, on, draw(st.sampled_from(("partner", "company"))))


@st.composite
def _clients(draw: st.DrawFn, months: tuple[date, ...], partners: list[Partner]) -> list[Client]:
    """Draw 1 to 6 clients, most of them the first partner's, so that tiers are reached together."""
    owners = [partners[0].key] * 3 + [partner.key for partner in partners]
    clients = []
    for number, key in enumerate(CLIENT_KEYS[: draw(st.sampled_from((4, 3, 5, 2, 6, 1)))], start=1):
        closed = draw(st.one_of(st.just(date(2025, 11, 30)), days(months_after(months[0], -2), months[2])))
        canceled = None
        if draw(SELDOM):
            canceled = max(closed, draw(_any_day(months)))
        client = Client(
            key=key,
            partner=draw(st.sampled_from(owners)),
            name=draw(st.sampled_from((f"Client {number}", f'Číslo "{number}", Inc.'))),
            domain=f"client-{number}.com",
            closed_on=closed,
            canceled_on=canceled,
        )
        clients.append(client)
    return clients


def _any_day(months: tuple[date, ...]) -> st.SearchStrategy[date]:
    """Draw a day from two months before the first to one month after the last."""
    return days(months_after(months[0], -2), months_after(months[-1], 1))


@st.composite
def _plain_invoice(
    draw: st.DrawFn, key: str, client: Client, months: tuple[date, ...], palette: tuple[str, ...]
) -> Invoice:
    """Draw an invoice of one subscription for a month or quarter, so that tiers are met to the cent."""
    issued = draw(days(months[0], months[2]))
    amount = Decimal(draw(st.sampled_from(palette)))
    month = months_after(month_of(issued), -2 if draw(SELDOM) else 0)
    line = Line(1, SUBSCRIPTION, amount, month, draw(st.sampled_from((1, 1, 1, 3))))
    return Invoice(key=f"i:{key}", client=client.key, issued_on=issued, lines=(line,))


@st.composite
def _mixed_invoice(
    draw: st.DrawFn, key: str, client: Client, months: tuple[date, ...], palette: tuple[str, ...]
) -> Invoice:
    """Draw an invoice of 1 to 4 lines whose total is never negative, now and then zero."""
    issued = draw(days(months_after(months[0], -1), months[-1]))
    lines: list[Line] = []
    total = NOTHING
    for number in range(1, draw(COUNTS_OF_LINES) + 1):
        amount = draw(amounts(palette))
        if total > 0 and draw(SELDOM):
            amount = -draw(parts_of(total))
        elif draw(SELDOM) and draw(SELDOM):
            amount = NOTHING
        total += amount
        lines.append(draw(_line(number, amount, issued)))
    return Invoice(key=f"i:{key}", client=client.key, issued_on=issued, lines=tuple(lines))


@st.composite
def _line(draw: st.DrawFn, number: int, amount: Decimal, issued: date) -> Line:
    """Draw a line of this amount: a subscription of 1 to 12 months around its issue, or something else."""
    category = draw(CATEGORIES)
    if category != SUBSCRIPTION and draw(st.booleans()):
        return Line(number, category, amount)
    month = months_after(month_of(issued), draw(SERVICE_OFFSETS))
    service_from = month.replace(day=min(draw(SERVICE_DAYS), last_day(month).day))
    return Line(number, category, amount, service_from, draw(SERVICE_MONTHS))


@st.composite
def _payments(draw: st.DrawFn, invoice: Invoice, months: tuple[date, ...]) -> list[Payment]:
    """Draw payments of an invoice: mostly all of it, in up to 3 parts, at once, late or before its issue."""
    missing = invoice.total
    parts = []
    for left in range(draw(COUNTS_OF_PARTS), 0, -1):
        if missing > 0:
            parts.append(missing if left == 1 else draw(parts_of(missing)))
            missing -= parts[-1]
    if not draw(MOSTLY):
        parts = parts[1:]
    issued = month_of(invoice.issued_on)
    received = st.one_of(
        st.just(invoice.issued_on),
        days(issued, months_after(issued, 2)),
        days(issued, months[-1]),
    )
    if draw(SELDOM):
        received = days(months_after(issued, -2), months_after(issued, -1))
    return [
        Payment(f"{invoice.key}-{number}", invoice.key, part, draw(received))
        for number, part in enumerate(parts, start=1)
    ]


@st.composite
def _reversals(draw: st.DrawFn, payment: Payment) -> list[Reversal]:
    """Draw reversals of a payment, in an order in which they can be recorded whatever their dates."""
    standing = {REFUND: NOTHING, CHARGEBACK: NOTHING, CHARGEBACK_WON: NOTHING}
    received = month_of(payment.received_on)
    occurred = st.one_of(st.just(payment.received_on), days(received, months_after(received, 3)))
    reversals = []
    for number in range(1, draw(COUNTS_OF_REVERSALS) + 1):
        charged_back = standing[CHARGEBACK] - standing[CHARGEBACK_WON]
        left = {
            REFUND: payment.amount - standing[REFUND] - charged_back,
            CHARGEBACK: payment.amount - standing[REFUND] - charged_back,
            CHARGEBACK_WON: charged_back,
        }
        kind = draw(KINDS)
        if left[kind] == 0:
            continue
        amount = left[kind] if draw(st.booleans()) else draw(parts_of(left[kind]))
        standing[kind] += amount
        on = max(payment.received_on, draw(occurred))
        reversals.append(Reversal(f"{payment.key}-R{number}", payment.key, kind, amount, on))
    return reversals


@st.composite
def _changes(draw: st.DrawFn, months: tuple[date, ...], partners: list[Partner], clients: list[Client]) -> list[Change]:
    """Draw what changes in the master data later: moves, corrected dates, ends, and plans."""
    changes: list[Change] = []
    for client in clients:
        moves = range(draw(COUNTS_OF_MOVES))
        changes.extend(Move(client.key, draw(st.sampled_from(partners[::-1])).key) for _ in moves)
        closed = client.closed_on
        if draw(SELDOM):
            on = draw(st.one_of(days(months[1], months[-1]), _any_day(months)))
            on = min(on, client.canceled_on or date.max)
            changes.append(Reclose(client.key, on))
            closed = max(closed, on)
        if draw(SELDOM):
            changes.append(Cancel(client.key, max(closed, draw(_any_day(months)))))
    for partner in partners:
        if partner.terminated_on is None and draw(SELDOM):
            changes.append(draw(_terminations(partner, months)))
        if draw(SELDOM):
            begins = st.integers(-1, len(months)).map(lambda k: months_after(months[0], k))
            given = draw(st.lists(begins, min_size=1, max_size=2, unique=True))
            changes.extend(GivePlan(partner.key, month, draw(_plans())) for month in given)
    return changes


@st.composite
def _plans(draw: st.DrawFn) -> tuple[Tier, ...]:
    """Draw 1 to 3 tiers, the first from 0.00."""
    more = draw(st.lists(st.sampled_from(THRESHOLDS).map(Decimal), max_size=2, unique=True))
    return tuple(Tier(threshold, Decimal(draw(st.sampled_from(RATES)))) for threshold in (NOTHING, *sorted(more)))


# How a story is told


@st.composite
def tellings(draw: st.DrawFn, story: Story) -> Schedule:
    """Draw one way of recording a story: most facts in the month of their date, some early, some late.

    Now and then the whole story is told ahead of its dates, as far as it can be.

    Each month to close, and one month more, is told in two halves: facts, then changes of master data, then
    perhaps a run or a repeat of what is known. After the second half the month closes.
    """
    halves = 2 * (len(story.months) + 1)
    delays = ADVANCES if draw(SELDOM) else DELAYS
    when: dict[str, int] = {}

    def place(key: str, dated: date, *after: str) -> None:
        """Draw the half in which a fact is recorded, not before the facts that it names."""
        half = draw(_halves(dated, story.months[0], halves, delays))
        when[key] = max(half, *(when[other] for other in after), 0)

    facts = story.facts
    for partner in facts.partners:
        place(partner.key, min(partner.joined_on, story.months[0]))
    for client in facts.clients:
        place(client.key, client.closed_on, client.partner)
    for invoice in facts.invoices:
        place(invoice.key, invoice.issued_on, invoice.client)
    for payment in facts.payments:
        place(payment.key, payment.received_on, payment.invoice)
    recorded_before: dict[str, str] = {}
    for reversal in facts.reversals:
        place(reversal.key, reversal.occurred_on, recorded_before.get(reversal.payment, reversal.payment))
        recorded_before[reversal.payment] = reversal.key
    changes: list[list[Change]] = [[] for _ in range(halves)]
    for change in story.changes:
        if isinstance(change, Cancel | Reclose | Terminate):
            half = draw(_halves(change.on, story.months[0], halves, delays))
        else:
            half = draw(st.integers(0, halves - 1))
        half = max(half, _earliest_of(change, when))
        when[f"{_subject_of(change)} changed"] = half
        changes[half].append(change)

    steps: list[Step] = []
    program = Program()

    def tell(step: Step) -> None:
        """Add a step and keep the program as it then stands."""
        steps.append(step)
        if not isinstance(step, Run | Close | GivePlan):
            program.record(step.facts if isinstance(step, Record) else change_as_facts(step, program))

    for half in range(halves):
        period = months_after(story.months[0], half // 2)
        arriving = _recorded_in(half, when, facts)
        if arriving:
            tell(Record(draw(_shuffled(arriving))))
        for change in changes[half]:
            tell(change)
        if draw(SELDOM):
            tell(Run(period))
        if draw(SELDOM):
            tell(Record(_everything(program)))
        if half % 2:
            tell(Close(period))
    return tuple(steps)


def _halves(dated: date, first_month: date, halves: int, delays: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
    """Draw the half in which something of this date is recorded, of so many from the first month on."""
    at_once = 2 * ((dated.year - first_month.year) * 12 + dated.month - first_month.month)
    return delays.map(lambda delay: min(max(at_once + delay, 0), halves - 1))


def _subject_of(change: Change) -> str:
    """Return the key of the client or partner that changes."""
    return change.partner if isinstance(change, Terminate | GivePlan) else change.client


def _earliest_of(change: Change, when: dict[str, int]) -> int:
    """Return the first half in which a change can be recorded, after its subject and its last change."""
    subject = _subject_of(change)
    named = [when[subject], when.get(f"{subject} changed", 0)]
    if isinstance(change, Move):
        named.append(when[change.partner])
    return max(named)


def _recorded_in(half: int, when: dict[str, int], facts: Facts) -> Facts:
    """Return the facts that are recorded in this half."""
    return Facts(
        partners=tuple(fact for fact in facts.partners if when[fact.key] == half),
        clients=tuple(fact for fact in facts.clients if when[fact.key] == half),
        invoices=tuple(fact for fact in facts.invoices if when[fact.key] == half),
        payments=tuple(fact for fact in facts.payments if when[fact.key] == half),
        reversals=tuple(fact for fact in facts.reversals if when[fact.key] == half),
    )


@st.composite
def _shuffled(draw: st.DrawFn, facts: Facts) -> Facts:
    """Draw an order of the money facts in a batch."""
    shuffle = draw(st.randoms(use_true_random=False)).sample
    return replace(
        facts,
        invoices=tuple(shuffle(facts.invoices, len(facts.invoices))),
        payments=tuple(shuffle(facts.payments, len(facts.payments))),
        reversals=tuple(shuffle(facts.reversals, len(facts.reversals))),
    )


def _everything(program: Program) -> Facts:
    """Return all that is known as one batch, to be recorded again."""
    return Facts(
        partners=tuple(program.partners.values()),
        clients=tuple(program.clients.values()),
        invoices=tuple(program.invoices.values()),
        payments=tuple(program.payments.values()),
        reversals=tuple(program.reversals.values()),
    )


def schedules() -> st.SearchStrategy[Schedule]:
    """Draw a story and one way of telling it."""
    return stories().flatmap(tellings)
