"""The tables of a statement, as rows ready to print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from parts.formats import counted, money, percent, plain, short_day, short_month, whole
from payouts.documents.statement_data import CommissionLine, ExcludedSum, Movement, StatementData, WaitingLine

SUM_UP_FROM = 300
CLIENTS_SHOWN = 300
LARGEST_SHOWN = 100
ZERO = Decimal("0.00")
TIMES = "\N{MULTIPLICATION SIGN}"
EARNED = f"Service month: MRR {TIMES} rate"

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each row starts with its header, which in the total spans the columns that it has no cell for.

    `kind` names the widths in the style sheet. Every cell costs half a millisecond to lay out, so what is the
    same in each row stands in the heading, and what is one thought in one cell.
    """

    columns: Cells
    rows: Sequence[Cells]
    kind: str
    total: Cells = ()

    @property
    def total_spans(self) -> str:
        """Return over how many columns the total's header goes, nothing where it is one."""
        columns = len(self.columns) - len(self.total) + 1
        return str(columns) if columns > 1 else ""


@dataclass(slots=True)
class ClientSum:
    """What a partner's client adds up to in one statement."""

    name: str
    months: set[date] = field(default_factory=set)
    base: Decimal = ZERO
    amount: Decimal = ZERO
    corrections: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.amount + self.corrections


def is_summed_up(data: StatementData) -> bool:
    """Return whether the statement has so many lines that it states sums by client."""
    return len(data.lines) + len(data.corrections) >= SUM_UP_FROM


def needs_attachment(data: StatementData) -> bool:
    """Return whether some line is not on the page, so that the whole list must come with the document."""
    return is_summed_up(data) or len(data.waiting) > LARGEST_SHOWN


def commissions(lines: Sequence[CommissionLine]) -> list[tuple[date, Decimal, Table]]:
    """Return one table for each service month and its rate: the rate is the month's, not the client's."""
    ordered = sorted(lines, key=lambda line: (line.service_month, line.rate))
    groups = groupby(ordered, key=lambda line: (line.service_month, line.rate))
    return [(month, rate, _month_table(rate, list(group))) for (month, rate), group in groups]


def _month_table(rate: Decimal, lines: list[CommissionLine]) -> Table:
    month = short_month(lines[0].service_month)
    return Table(
        columns=("Client", f"MRR, {month}", f"Commission at {percent(rate)}"),
        rows=[(plain(line.client), money(line.base), money(line.amount)) for line in lines],
        total=(
            counted(len(lines), "client", "clients"),
            money(add(line.base for line in lines)),
            money(add(line.amount for line in lines)),
        ),
        kind="sums",
    )


def corrections(lines: Sequence[CommissionLine]) -> Table:
    """Return what changed in months that were posted before, each with what stood there."""
    return Table(
        columns=("Client", EARNED, "Posted before", "Correction"),
        rows=[(plain(line.client), earned(line), money(line.posted_before), money(line.amount)) for line in lines],
        kind="four",
    )


def earned(line: CommissionLine | WaitingLine) -> str:
    """Write where an amount comes from: `Feb 2026: 149.00 × 30 %`."""
    return f"{short_month(line.service_month)}: {money(line.base)} {TIMES} {percent(line.rate)}"


def by_client(data: StatementData) -> Table:
    """Return one row a client, largest first; of more than 300 a hundred, and the others in one row."""
    clients = sorted(_sums(data), key=lambda client: (-abs(client.total), client.name))
    shown = clients if len(clients) <= CLIENTS_SHOWN else clients[:LARGEST_SHOWN]
    others = clients[len(shown) :]
    rows = [_client_row(client.name, whole(len(client.months)), [client]) for client in shown]
    if others:
        rows.append(_client_row(counted(len(others), "other client", "other clients"), "", others))
    return Table(
        columns=("Client", "Months", "MRR", "Commission", "Corrections", "Total"),
        rows=rows,
        total=_client_row(counted(len(clients), "client", "clients"), "", clients),
        kind="clients",
    )


def _client_row(name: str, months: str, clients: Sequence[ClientSum]) -> Cells:
    return (
        name, months, money(add(client.base for client in clients)),
        money(add(client.amount for client in clients)), money(add(client.corrections for client in clients)),
        money(add(client.total for client in clients)),
    )  # fmt: skip


def _sums(data: StatementData) -> Iterable[ClientSum]:
    sums: dict[str, ClientSum] = {}
    for line in data.lines:
        client = sums.setdefault(line.client_key, ClientSum(plain(line.client)))
        client.months.add(line.service_month)
        client.base += line.base
        client.amount += line.amount
    for line in data.corrections:
        client = sums.setdefault(line.client_key, ClientSum(plain(line.client)))
        client.months.add(line.service_month)
        client.corrections += line.amount
    return sums.values()


def waiting(lines: Sequence[WaitingLine]) -> Table:
    """Return what the waiting period holds back; of more than a hundred lines the largest."""
    shown = lines
    rest: Sequence[WaitingLine] = ()
    if len(lines) > LARGEST_SHOWN:
        ordered = sorted(lines, key=lambda line: (-abs(line.amount), line.client, line.service_month))
        shown, rest = ordered[:LARGEST_SHOWN], ordered[LARGEST_SHOWN:]
    rows = [(plain(line.client), earned(line), short_day(line.until), money(line.amount)) for line in shown]
    if rest:
        rows.append((counted(len(rest), "other line", "other lines"), "", "", money(_amount(rest))))
    return Table(
        columns=("Client", EARNED, "Waits until", "Not yet posted"),
        rows=rows,
        total=("Total", money(_amount(lines))) if len(lines) > 1 else (),
        kind="four",
    )


def excluded(sums: Sequence[ExcludedSum]) -> Table:
    """Return the money received that earns nothing, with the clause that says so."""
    return Table(
        columns=("Reason, and the clause of the Agreement", "Received"),
        rows=[(_reason(row), money(row.amount)) for row in sums],
        kind="two",
    )


def _reason(row: ExcludedSum) -> str:
    return f"{plain(row.reason)}, {counted(row.invoices, 'invoice', 'invoices')} ({plain(row.clause)})"


def movements(data: StatementData) -> Table:
    """Return the ledger entries other than commissions: adjustments, then payouts."""
    return Table(
        columns=("Entry", "Amount"),
        rows=[
            *(_movement("adjustment", entry) for entry in data.adjustments),
            *(_movement("payout", entry) for entry in data.payouts),
        ],
        kind="two",
    )


def _movement(kind: str, entry: Movement) -> Cells:
    return (f"{short_day(entry.on)}, {kind}: {plain(entry.text)}", money(entry.amount))


def add(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum, 0.00 of nothing."""
    return sum(amounts, ZERO)


def _amount(lines: Sequence[WaitingLine]) -> Decimal:
    return add(line.amount for line in lines)
