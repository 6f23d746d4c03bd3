"""RULES.md read as plainly as Python allows: facts in, rows of the export out.

Nothing here is fast and nothing here is shared with the product. Amounts are `Decimal` to the cent and are
only ever added or subtracted; whatever is multiplied or divided goes through `Fraction` and comes back
through `to_cents`, so no figure depends on a decimal context. A month is the `date` of its first day.

"Rule n" is the numbered rule of RULES.md, "From facts to a commission". `as_of` is always the last day of a
period. Facts become known when they are recorded; whether they count is decided by their dates alone.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

NOTHING = Decimal("0.00")

SUBSCRIPTION = "subscription"
EXCLUDED = (
    "phone_numbers",
    "local_presence",
    "toll_free",
    "compliance",
    "automated_sms",
    "other_usage",
    "one_time",
    "tax",
)

REFUND = "refund"
CHARGEBACK = "chargeback"
CHARGEBACK_WON = "chargeback_won"

POSTED = "posted"
WAITING = "waiting"


class Refused(Exception):
    """Facts that the rules refuse, or a period that cannot be closed now; nothing was recorded."""


# The facts


@dataclass(frozen=True)
class Partner:
    key: str
    name: str
    kind: str
    email: str
    joined_on: date
    terminated_on: date | None = None
    terminated_by: str = ""


@dataclass(frozen=True)
class Client:
    key: str
    partner: str
    name: str
    domain: str
    closed_on: date
    canceled_on: date | None = None


@dataclass(frozen=True)
class Line:
    number: int
    category: str
    amount: Decimal
    service_from: date | None = None
    service_months: int | None = None


@dataclass(frozen=True)
class Invoice:
    key: str
    client: str
    issued_on: date
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """Add up all lines of every category (rule 2)."""
        return sum((line.amount for line in self.lines), NOTHING)


@dataclass(frozen=True)
class Payment:
    key: str
    invoice: str
    amount: Decimal
    received_on: date


@dataclass(frozen=True)
class Reversal:
    key: str
    payment: str
    kind: str
    amount: Decimal
    occurred_on: date


@dataclass(frozen=True)
class Tier:
    threshold: Decimal
    rate: Decimal


STANDARD_PLAN = (
    Tier(Decimal("0.00"), Decimal("0.20")),
    Tier(Decimal("5000.00"), Decimal("0.30")),
)


@dataclass(frozen=True)
class Facts:
    """One batch of facts, as the files of one import hold them."""

    partners: tuple[Partner, ...] = ()
    clients: tuple[Client, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[Payment, ...] = ()
    reversals: tuple[Reversal, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any fact in the batch."""
        return any((self.partners, self.clients, self.invoices, self.payments, self.reversals))


@dataclass
class Program:
    """Everything recorded so far, each kind of fact by its key, and the plans by partner and first month."""

    partners: dict[str, Partner] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    reversals: dict[str, Reversal] = field(default_factory=dict)
    plans: dict[str, dict[date, tuple[Tier, ...]]] = field(default_factory=dict)

    def record(self, facts: Facts) -> None:
        """Take in one batch, all of it or nothing.

        Partners and clients replace what was known under their key; a money fact that is known already must
        be the same and changes nothing (INTERFACE.md, "Files of a program").

        :raises Refused: a money fact differs from the one known, or the program would break rule 2 or 4
        """
        after = Program(
            partners=self.partners | {partner.key: partner for partner in facts.partners},
            clients=self.clients | {client.key: client for client in facts.clients},
            invoices=_with_new(self.invoices, facts.invoices),
            payments=_with_new(self.payments, facts.payments),
            reversals=_with_new(self.reversals, facts.reversals),
            plans=self.plans,
        )
        _check(after)
        self.__dict__.update(after.__dict__)

    def give_plan(self, partner: str, first_month: date, tiers: tuple[Tier, ...]) -> None:
        """Put a partner on these tiers from a service month on, until the next month that has a plan."""
        self.plans.setdefault(partner, {})[first_month] = tiers


MoneyFact = TypeVar("MoneyFact", Invoice, Payment, Reversal)


def _with_new(known: dict[str, MoneyFact], arriving: Iterable[MoneyFact]) -> dict[str, MoneyFact]:
    """Return the known facts and the arriving ones.

    :raises Refused: one arrives with other values than those known under its key
    """
    together = dict(known)
    for fact in arriving:
        if together.setdefault(fact.key, fact) != fact:
            raise Refused(f"{fact.key} is recorded with other values")
    return together


def _check(program: Program) -> None:
    """Look at every fact of the program once.

    :raises Refused: something is not known that another fact names, an amount has the wrong sign, an invoice
        is negative or overpaid (rule 2), or more is reversed or won back than there was (rule 4)
    """
    for client in program.clients.values():
        _require(client.partner in program.partners, f"{client.key}: unknown partner {client.partner}")

    paid: dict[str, Decimal] = {}
    for payment in program.payments.values():
        _require(payment.invoice in program.invoices, f"{payment.key}: unknown invoice {payment.invoice}")
        _require(payment.amount > 0, f"{payment.key}: not a positive amount")
        paid[payment.invoice] = paid.get(payment.invoice, NOTHING) + payment.amount

    for invoice in program.invoices.values():
        _require(invoice.client in program.clients, f"{invoice.key}: unknown client {invoice.client}")
        _require(invoice.total >= 0, f"{invoice.key}: a negative total is a reversal")
        _require(paid.get(invoice.key, NOTHING) <= invoice.total, f"{invoice.key}: paid beyond its total")

    taken: dict[tuple[str, str], Decimal] = {}
    for reversal in program.reversals.values():
        _require(reversal.payment in program.payments, f"{reversal.key}: unknown payment {reversal.payment}")
        _require(reversal.amount > 0, f"{reversal.key}: not a positive amount")
        kind = (reversal.payment, reversal.kind)
        taken[kind] = taken.get(kind, NOTHING) + reversal.amount

    for payment in program.payments.values():
        refunded = taken.get((payment.key, REFUND), NOTHING)
        charged_back = taken.get((payment.key, CHARGEBACK), NOTHING)
        won = taken.get((payment.key, CHARGEBACK_WON), NOTHING)
        _require(won <= charged_back, f"{payment.key}: more won back than charged back")
        _require(refunded + charged_back - won <= payment.amount, f"{payment.key}: more reversed than was paid")


def _require(holds: bool, message: str) -> None:
    """Let pass what holds.

    :raises Refused: it does not
    """
    if not holds:
        raise Refused(message)


# Months and cents


def month_of(day: date) -> date:
    """Return the month that a day lies in."""
    return day.replace(day=1)


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def months_after(month: date, count: int) -> date:
    """Return the month that lies `count` months after this one, before it where negative."""
    months = month.year * 12 + (month.month - 1) + count
    return date(months // 12, months % 12 + 1, 1)


def to_cents(exact: Fraction) -> Decimal:
    """Round an exact amount to the cent, half away from zero ("Money is exact").

    A half is added to the size of the amount in cents and what is beyond the whole cent is cut off.
    """
    size = abs(exact) * 100
    whole_cents = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return Decimal(whole_cents if exact >= 0 else -whole_cents).scaleb(-2)


# Rules 1 to 4: one invoice


def earns(line: Line) -> bool:
    """Tell whether a line is subscription; no other category and no unknown word earns (rule 1)."""
    return line.category == SUBSCRIPTION


def collected_on(program: Program, invoice: Invoice, as_of: date) -> date | None:
    """Return the first date on which the payments dated by `as_of` add up to the total (rule 2).

    None until then, and always for a total of zero, which earns nothing.
    """
    if invoice.total == 0:
        return None
    payments = [
        payment
        for payment in program.payments.values()
        if payment.invoice == invoice.key and payment.received_on <= as_of
    ]
    received = NOTHING
    for payment in sorted(payments, key=lambda payment: payment.received_on):
        received += payment.amount
        if received == invoice.total:
            return payment.received_on
    return None


def slices(line: Line) -> list[tuple[date, Decimal]]:
    """Spread a subscription line over its service months: a month and an amount each (rule 3)."""
    assert line.service_from is not None
    assert line.service_months is not None
    amount, months = Fraction(line.amount), line.service_months
    return [
        (
            months_after(month_of(line.service_from), k),
            to_cents(amount * (k + 1) / months) - to_cents(amount * k / months),
        )
        for k in range(months)
    ]


def reversed_by(program: Program, invoice: Invoice, day: date) -> Decimal:
    """Return what of an invoice is reversed on a day: `reversed(d)`, between 0 and the total (rule 4)."""
    reversed_ = NOTHING
    for reversal in program.reversals.values():
        if program.payments[reversal.payment].invoice != invoice.key or reversal.occurred_on > day:
            continue
        if reversal.kind == CHARGEBACK_WON:
            reversed_ -= reversal.amount
        else:
            reversed_ += reversal.amount
    return min(max(reversed_, NOTHING), invoice.total)


def net(program: Program, invoice: Invoice, amount: Decimal, day: date) -> Decimal:
    """Return what is left on a day of a slice of this amount, after reversals (rule 4)."""
    reversed_ = Fraction(reversed_by(program, invoice, day))
    return amount - to_cents(Fraction(amount) * reversed_ / Fraction(invoice.total))


# Rules 5 to 8: one partner, client and service month


Key = tuple[str, str, date]
"""A partner, a client and a service month: what a target and its postings belong to."""


@dataclass(frozen=True)
class Slice:
    """A slice that counts, with what it belongs to as the facts stand."""

    partner: str
    client: str
    invoice: str
    service_month: date
    amount: Decimal

    @property
    def key(self) -> Key:
        """Return the place that the slice earns for."""
        return (self.partner, self.client, self.service_month)


def counting_slices(program: Program, as_of: date) -> list[Slice]:
    """Return the slices that count (rule 5), attributed to the client's partner of now."""
    counting = []
    for invoice in program.invoices.values():
        client = program.clients[invoice.client]
        partner = program.partners[client.partner]
        if invoice.issued_on > as_of or client.closed_on > as_of or partner.joined_on > as_of:
            continue  # "Only facts dated on or before as_of count."
        collected = collected_on(program, invoice, as_of)
        if collected is None:
            continue
        for line in invoice.lines:
            if not earns(line):
                continue
            for service_month, amount in slices(line):
                if (
                    service_month <= month_of(as_of)
                    and not _after_cancellation(client, service_month, as_of)
                    and not _after_termination(partner, collected, service_month, as_of)
                ):
                    counting.append(Slice(partner.key, client.key, invoice.key, service_month, amount))
    return counting


def _after_cancellation(client: Client, service_month: date, as_of: date) -> bool:
    """Tell whether the client is cancelled and the month lies after that of the cancellation (rule 5)."""
    if client.canceled_on is None or client.canceled_on > as_of:
        return False
    return service_month > month_of(client.canceled_on)


def _after_termination(partner: Partner, collected: date, service_month: date, as_of: date) -> bool:
    """Tell whether the partner is terminated, and the money came or the month lies after that (rule 5)."""
    if partner.terminated_on is None or partner.terminated_on > as_of:
        return False
    return collected > partner.terminated_on or service_month > month_of(partner.terminated_on)


def mrr(program: Program, counting: list[Slice], partner: str, service_month: date, as_of: date) -> Decimal:
    """Return the partner's `MRR(S)`: reversals after the month's end do not lower it (rule 6)."""
    day = min(as_of, last_day(service_month))
    return sum(
        (
            net(program, program.invoices[part.invoice], part.amount, day)
            for part in counting
            if part.partner == partner and part.service_month == service_month
        ),
        NOTHING,
    )


def tiers_of(program: Program, partner: str, service_month: date) -> tuple[Tier, ...]:
    """Return the partner's plan for a service month: the standard one where none was given ("Facts")."""
    plans = program.plans.get(partner, {})
    begun = [first_month for first_month in plans if first_month <= service_month]
    return plans[max(begun)] if begun else STANDARD_PLAN


def rate_at(tiers: tuple[Tier, ...], amount: Decimal) -> Decimal:
    """Return the rate of the highest tier whose threshold is at most this MRR (rule 6).

    An MRR below every threshold, which is a negative one, has the lowest tier's rate.
    """
    reached = [tier for tier in tiers if tier.threshold <= amount]
    if not reached:
        return min(tiers, key=lambda tier: tier.threshold).rate
    return max(reached, key=lambda tier: tier.threshold).rate


def matured_on(client: Client) -> date:
    """Return the day on which the waiting period ends: one calendar month after the close (rule 7).

    Where that month has no such day it is the month's last: 31 January + 1 month = 28 or 29 February.
    """
    month = months_after(month_of(client.closed_on), 1)
    return month.replace(day=min(client.closed_on.day, last_day(month).day))


def commission(program: Program, counting: list[Slice], key: Key, rate: Decimal, as_of: date) -> Decimal:
    """Return `round(rate · Σ net(as_of))`, the target of a client that is matured (rule 8)."""
    left = sum(
        (net(program, program.invoices[part.invoice], part.amount, as_of) for part in counting if part.key == key),
        NOTHING,
    )
    return to_cents(Fraction(rate) * Fraction(left))


# Rule 9: posting


@dataclass(frozen=True)
class Row:
    """One row of `export_commissions` (INTERFACE.md)."""

    period: date
    partner: str
    client: str
    service_month: date
    mrr: Decimal
    rate: Decimal
    amount: Decimal
    state: str

    @property
    def key(self) -> Key:
        """Return what the amount belongs to."""
        return (self.partner, self.client, self.service_month)

    @property
    def place(self) -> tuple[date, str, str, date, str]:
        """Return what rows are sorted by; keys compare by code point."""
        return (self.period, self.partner, self.client, self.service_month, self.state)


@dataclass
class Books:
    """A program and what has been posted for it: the rows of the closed periods."""

    program: Program = field(default_factory=Program)
    closed: dict[date, list[Row]] = field(default_factory=dict)

    def posted(self) -> dict[Key, Decimal]:
        """Add up what the closed periods have posted, by partner, client and service month."""
        sums: dict[Key, Decimal] = {}
        for rows in self.closed.values():
            for row in rows:
                if row.state == POSTED:
                    sums[row.key] = sums.get(row.key, NOTHING) + row.amount
        return sums

    def run(self, period: date) -> list[Row]:
        """Work out the rows of a period as everything recorded by now has it; nothing becomes final.

        A row `posted` is target less posted before, a row `waiting` what a client that is not matured would
        have posted on top of that; neither is there where it would be 0 (rules 7 to 9).
        """
        as_of = last_day(period)
        before = self.posted()
        counting = counting_slices(self.program, as_of)
        rows = []
        for key in {part.key for part in counting} | before.keys():
            partner, client, service_month = key
            referred = mrr(self.program, counting, partner, service_month, as_of)
            rate = rate_at(tiers_of(self.program, partner, service_month), referred)
            earned = commission(self.program, counting, key, rate, as_of)
            matured = matured_on(self.program.clients[client]) <= as_of
            target = earned if matured else NOTHING
            for state, amount in (
                (POSTED, target - before.get(key, NOTHING)),
                (WAITING, earned - target),
            ):
                if amount != 0:
                    rows.append(Row(period, partner, client, service_month, referred, rate, amount, state))
        return sorted(rows, key=lambda row: row.place)

    def close(self, period: date) -> list[Row]:
        """Make the run of a period final and return its rows.

        :raises Refused: it is not the month after the last closed period
        """
        if self.closed and period != months_after(max(self.closed), 1):
            raise Refused(f"{period:%Y-%m} is not the next period to close")
        rows = self.run(period)
        self.closed[period] = rows
        return rows
