"""Statements to print in tests and benchmarks: plausible figures that add up, the same ones each time."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from payouts.documents.statement_data import (
    CommissionLine,
    ExcludedSum,
    Movement,
    Party,
    StatementData,
    TierMonth,
    WaitingLine,
)

PERIOD = date(2026, 3, 1)
AS_OF = date(2026, 3, 31)
UPPER_RATE = Decimal("0.30")
LOWER_RATE = Decimal("0.20")
THRESHOLD = Decimal("5000.00")
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
FIRST = (
    "Alder", "Blue Harbor", "Cedar & Finch", "Dunmore", "Eastgate", "Fairview", "Granite Peak", "Hollis",
    "Ironwood", "Juniper", "Kestrel", "Lakeshore",
)  # fmt: skip
SECOND = (
    "Home Services LLC", "Insurance Group", "Mortgage Partners", "Solar Inc.", "Staffing Co.", "Legal Intake",
    "Realty",
)  # fmt: skip


def example_statement(lines: int, clients: int | None = None) -> StatementData:
    """Return a statement of `lines` lines for `clients` clients.

    Each client has one line of the period; what goes beyond are corrections of the months before it. Without
    `clients`, one line in ten is a correction.
    """
    clients = lines - lines // 10 if clients is None else min(clients, lines)
    waiting = max(1, lines // 20)
    mrr = sum(map(_base, range(clients)), sum(map(_base_of_new, range(waiting)), ZERO))
    tier = _tier(PERIOD, mrr)
    posted = tuple(_line(index, tier.rate) for index in range(clients))
    corrected = tuple(
        _correction(index % clients, _month_before(1 + index // clients)) for index in range(lines - clients)
    )
    total = sum((line.amount for line in (*posted, *corrected)), ZERO)
    surrounded = replace(
        _surrounded(),
        waiting=tuple(_waiting(index, tier.rate) for index in range(waiting)),
        tiers=(tier, _tier(_month_before(1), Decimal("4710.00"))),
        history=tuple((_month_before(ago), _earned(total, ago)) for ago in range(11, -1, -1)),
    )
    return balanced(replace(surrounded, lines=posted, corrections=corrected))


def empty_statement() -> StatementData:
    """Return a month in which nothing happened."""
    return StatementData(
        number="2026-03-P0042",
        program="Tributary Partner Program",
        currency="USD",
        language="en-US",
        period=PERIOD,
        as_of=AS_OF,
        issued_on=date(2026, 4, 3),
        company=Party(
            "Aloware, Inc.",
            ("16060 Ventura Blvd", "Suite 110, P 209", "Encino, CA 91436"),
            "partners@aloware.com",
        ),
        partner=Party(
            "Northwind Systems LLC", ("410 Terry Avenue N", "Seattle, WA 98109"), "billing@northwind.example"
        ),
        partner_key="P0042",
        accent="#1f5f8b",
        opening=ZERO,
        closing=ZERO,
        payout_opened=ZERO,
        payout_note="No payout was opened: there is no positive balance.",
        lines=(),
        corrections=(),
        waiting=(),
        excluded=(),
        adjustments=(),
        payouts=(),
        tiers=(),
        history=(),
    )


def negative_carry() -> StatementData:
    """Return an empty month that only carries a debt of an earlier one."""
    note = "No payout was opened: the negative balance is carried forward and settled by later commissions."
    owed = Decimal("-184.20")
    months = tuple((_month_before(ago), ZERO) for ago in range(11, 1, -1))
    return replace(
        empty_statement(), opening=owed, closing=owed, payout_note=note,
        history=(*months, (_month_before(1), owed), (PERIOD, ZERO)),
    )  # fmt: skip


def balanced(data: StatementData) -> StatementData:
    """Return the statement with the closing balance that its entries make, and a payout of it."""
    closing = sum((line.amount for line in (*data.lines, *data.corrections)), data.opening)
    closing = sum((entry.amount for entry in (*data.adjustments, *data.payouts)), closing)
    opened = max(closing, ZERO)
    note = "Waits for your referral report and your invoice; present both in the portal." if opened else ""
    return replace(data, closing=closing, payout_opened=opened, payout_note=note or data.payout_note)


def _surrounded() -> StatementData:
    """Return a statement with all that isn't a client's line."""
    goodwill = Movement(date(2026, 3, 18), "Goodwill for the late February statement", Decimal("25.00"))
    paid = Movement(date(2026, 3, 9), "Payout of February 2026, ACH ending 4410", Decimal("-1204.10"))
    return replace(
        empty_statement(),
        opening=Decimal("1204.10"),
        excluded=(
            ExcludedSum("Phone numbers and usage", "Appendix B, Subscription only", 23, Decimal("1418.75")),
            ExcludedSum("Invoices not paid in full", "Appendix B, Cash Received", 2, Decimal("398.00")),
        ),
        adjustments=(goodwill,),
        payouts=(paid,),
    )


def _earned(total: Decimal, months_ago: int) -> Decimal:
    """Return what was posted in a month before: a growth to `total` with some ups and downs."""
    return (total * (100 - 6 * months_ago - 4 * (months_ago % 3)) / 100).quantize(CENT)


def _tier(month: date, mrr: Decimal) -> TierMonth:
    if mrr >= THRESHOLD:
        return TierMonth(month, mrr, UPPER_RATE, THRESHOLD, None, None)
    return TierMonth(month, mrr, LOWER_RATE, ZERO, UPPER_RATE, THRESHOLD)


def _base(index: int) -> Decimal:
    return Decimal(6900 + index * 373 % 23000) / 100


def _base_of_new(index: int) -> Decimal:
    return Decimal("149.00") + index


def _line(index: int, rate: Decimal) -> CommissionLine:
    base = _base(index)
    return CommissionLine(_name(index), _key(index), PERIOD, base, rate, ZERO, _share(base, rate))


def _correction(index: int, month: date) -> CommissionLine:
    """Return a correction: two of three refunds to take back, the others paid late."""
    base = _base(index) - 20
    before = _share(base + 20, LOWER_RATE) if index % 3 else ZERO
    amount = _share(base, LOWER_RATE) - before
    return CommissionLine(_name(index), _key(index), month, base, LOWER_RATE, before, amount)


def _waiting(index: int, rate: Decimal) -> WaitingLine:
    base = _base_of_new(index)
    until = date(2026, 4, 2 + index % 27)
    return WaitingLine(f"New {_name(index)}", f"N{index:05}", PERIOD, base, rate, _share(base, rate), until)


def _share(base: Decimal, rate: Decimal) -> Decimal:
    return (base * rate).quantize(CENT, ROUND_HALF_UP)


def _name(index: int) -> str:
    turn = index // (len(FIRST) * len(SECOND))
    name = f"{FIRST[index % len(FIRST)]} {SECOND[index % len(SECOND)]}"
    return f"{name} {turn + 1}" if turn else name


def _key(index: int) -> str:
    return f"C{index:05}"


def _month_before(months: int) -> date:
    years, month = divmod(PERIOD.year * 12 + PERIOD.month - 1 - months, 12)
    return date(years, month + 1, 1)
