"""What a statement says, ready to print: plain values and no queries.

`payouts/services/gather_statement.py` fills it from the database, `render_statement.py` lays it out. Money
is `Decimal` in the program's currency, months are first-of-month dates, and lists arrive sorted.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """A name and an address as they go on a letter."""

    name: str
    address: tuple[str, ...]
    email: str


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """One posted amount: `base` is the client's subscription money received for the service month."""

    client: str
    client_key: str
    service_month: date
    base: Decimal
    rate: Decimal
    posted_before: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """An amount that the waiting period of one month after close holds back until `until` (B)."""

    client: str
    client_key: str
    service_month: date
    base: Decimal
    rate: Decimal
    amount: Decimal
    until: date


@dataclass(frozen=True, slots=True)
class ExcludedSum:
    """Money received that earns nothing, by reason: `clause` is like `B, subscription only`."""

    reason: str
    clause: str
    invoices: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Movement:
    """A ledger entry other than commission: an adjustment, a payout or a returned payout."""

    on: date
    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TierMonth:
    """How the rate of one service month came about: the highest tier whose threshold is at most `mrr`."""

    service_month: date
    mrr: Decimal
    rate: Decimal
    threshold: Decimal
    next_rate: Decimal | None
    next_threshold: Decimal | None


@dataclass(frozen=True, slots=True)
class StatementData:
    """A partner's month. closing = opening + commissions + corrections + adjustments + payouts."""

    number: str
    program: str
    currency: str
    language: str
    period: date
    as_of: date
    issued_on: date
    company: Party
    partner: Party
    partner_key: str
    accent: str
    opening: Decimal
    closing: Decimal
    payout_opened: Decimal
    payout_note: str
    lines: tuple[CommissionLine, ...]
    corrections: tuple[CommissionLine, ...]
    waiting: tuple[WaitingLine, ...]
    excluded: tuple[ExcludedSum, ...]
    adjustments: tuple[Movement, ...]
    payouts: tuple[Movement, ...]
    tiers: tuple[TierMonth, ...]
    history: tuple[tuple[date, Decimal], ...]
