"""Believable programs of any size: few partners hold most clients, invoices have about three lines.

The number of clients stays the same from month to month, one in a hundred leaves and another one comes, so
that a month is as large after sixty as after twelve. The same shape gives the same files, byte for byte.
"""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from affiliates.months import add_months, show_month
from clients.recording.columns import KINDS

LAST_MONTH = date(2025, 12, 1)
LINES_A_CLIENT_AND_MONTH = 2.857  # What comes of the shares below.
CLIENTS_A_PARTNER = 30
CHURN = 0.01
INTERVALS, SHARES = (1, 3, 12), (0.85, 0.12, 0.03)
TAX = 8  # Percent.
USAGE = ("phone_numbers", "local_presence", "toll_free", "automated_sms", "other_usage", "one_time")


@dataclass(frozen=True, slots=True)
class Shape:
    """About so many invoice lines over so many months, of which `LAST_MONTH` is the last."""

    lines: int
    months: int = 12

    @property
    def clients(self) -> int:
        """Clients at any one time."""
        return max(10, round(self.lines / self.months / LINES_A_CLIENT_AND_MONTH))

    @property
    def partners(self) -> int:
        return max(4, self.clients // CLIENTS_A_PARTNER)

    def month(self, number: int) -> date:
        return add_months(LAST_MONTH, number + 1 - self.months)


@dataclass(slots=True)
class Month:
    """The rows that are dated in a month, by kind; clients by key, as the month leaves them."""

    first: date
    clients: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def write_whole(folder: Path, shape: Shape) -> Path:
    """This function will write a program as one folder of files, unless it is there."""
    with _unless_there(folder / f"{shape.lines}-{shape.months}") as target:
        if target.is_new:
            clients: dict[str, str] = {}
            for month in _Program(shape).months():
                clients |= month.clients
                target.append("", month.rows)
            target.append("", {"clients": list(clients.values())})
    return target.path


def write_by_month(folder: Path, shape: Shape) -> Path:
    """This function will write a program as one folder of files for each of its months, unless it is there."""
    with _unless_there(folder / f"{shape.lines}-{shape.months}-by-month") as target:
        if target.is_new:
            for month in _Program(shape).months():
                target.append(show_month(month.first), month.rows | {"clients": list(month.clients.values())})
    return target.path


class _unless_there:  # noqa: N801
    """A folder that is there in full, or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_new = not path.exists()
        self.unfinished = path.with_name(f"{path.name}-unfinished")

    def __enter__(self) -> "_unless_there":
        shutil.rmtree(self.unfinished, ignore_errors=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self.is_new and kind is None:
            self.unfinished.rename(self.path)

    def append(self, name: str, rows: dict[str, list[str]]) -> None:
        folder = self.unfinished / name
        folder.mkdir(parents=True, exist_ok=True)
        for kind, lines in rows.items():
            path = folder / f"{kind}.csv"
            header = "" if path.exists() else ",".join(column.name for column in KINDS[kind]) + "\n"
            with path.open("a") as file:
                file.write(header)
                file.writelines(lines)


class _Program:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.random = random.Random(shape.lines * 100 + shape.months)
        first, end = shape.month(0).toordinal(), add_months(LAST_MONTH, 1).toordinal()
        self.first = add_months(shape.month(0), -12).toordinal()
        self.days = [date.fromordinal(day).isoformat() for day in range(self.first, end)]
        self.end = end - self.first
        self.starts = [shape.month(number).toordinal() - self.first for number in range(shape.months + 1)]
        self.before = first - self.first
        self.pending: list[Month] = []
        self.partner_choices: list[int] = []
        self.counts = {"clients": 0, "invoices": 0, "payments": 0, "reversals": 0}

    def months(self) -> Iterator[Month]:
        self.pending = [Month(self.shape.month(number)) for number in range(self.shape.months)]
        self.pending[0].rows["partners"].extend(self._partners())
        living = [
            self._new_client(self.pending[0], self.random.randrange(self.before)) for _ in range(self.shape.clients)
        ]
        for number in range(self.shape.months):
            month = self.pending[number]
            for client in living:
                self._invoice(client, number, month)
            self._change_clients(living, number, month)
            yield month
            self.pending[number] = Month(month.first)

    def _partners(self) -> Iterator[str]:
        for number in range(self.shape.partners):
            ended = ""
            if number % 97 == 50:
                ended = f"{self.days[self.random.randrange(self.starts[-2] - 60, self.end)]}"
            kind = ("affiliate", "lead_referral")[number % 2]
            by = "partner" if ended else ""
            yield (f"P{number:05},Partner {number},{kind},p{number}@partners.example,{self.days[0]},{ended},{by}\n")

    def _new_client(self, month: Month, closed: int) -> tuple[str, int, int, int, str]:
        """A client: its key, the months of its contract, its offset in them, cents a month, and its row."""
        if not self.partner_choices:
            weights = [1 / (rank + 1) for rank in range(self.shape.partners)]
            self.partner_choices = self.random.choices(range(self.shape.partners), weights, k=10_000)
        partner, number = self.partner_choices.pop(), self.counts["clients"]
        self.counts["clients"] += 1
        key = f"C{number:07}"
        row = f"{key},P{partner:05},Client {number},client{number}.example,{self.days[closed]},"
        month.clients[key] = f"{row}\n"
        (interval,) = self.random.choices(INTERVALS, SHARES)
        cents = int(3000 + 40_000 * self.random.random() ** 3)
        return key, interval, self.random.randrange(interval), cents, row

    def _change_clients(self, living: list[tuple[str, int, int, int, str]], number: int, month: Month) -> None:
        start, end = self.starts[number : number + 2]
        for _ in range(max(1, round(len(living) * CHURN))):
            place = self.random.randrange(len(living))
            key, *_, row = living[place]
            month.clients[key] = f"{row}{self.days[end - 1]}\n"
            living[place] = self._new_client(month, self.random.randrange(start, end))

    def _invoice(self, client: tuple[str, int, int, int, str], number: int, month: Month) -> None:
        key, interval, offset, cents, _ = client
        chance = self.random.random
        issued = self.starts[number] + int(chance() * 25)
        lines = []
        if number % interval == offset:
            first = f"{month.first.isoformat()},{interval}" if interval > 1 else f"{self.days[issued]},1"
            lines.append(("subscription", cents * interval, first))
        lines.extend(
            (USAGE[int(chance() * len(USAGE))], 100 + int(chance() * 4000), ",") for _ in range(int(chance() * 3))
        )
        if not lines:
            return
        total = sum(line[1] for line in lines)
        tax = total * TAX // 100
        lines.append(("tax", tax, ","))
        invoice = f"I{self.counts['invoices']:08}"
        self.counts["invoices"] += 1
        start = f"{invoice},{key},{self.days[issued]}"
        month.rows["invoices"].extend(
            f"{start},{place},{category},{amount // 100}.{amount % 100:02},{rest}\n"
            for place, (category, amount, rest) in enumerate(lines, 1)
        )
        self._pay(invoice, issued, total + tax, number)

    def _pay(self, invoice: str, issued: int, total: int, number: int) -> None:
        chance = self.random.random
        kind = chance()
        if kind < 0.05:
            return
        if kind < 0.08:
            first = total // 2
            self._receive(invoice, issued + int(chance() * 20), first, number)
            self._receive(invoice, issued + 20 + int(chance() * 60), total - first, number)
        elif kind < 0.18:
            self._receive(invoice, issued + 20 + int(chance() * 60), total, number)
        else:
            self._receive(invoice, issued + int(chance() * 15), total, number)

    def _receive(self, invoice: str, day: int, cents: int, number: int) -> None:
        month = self._month_of(day, number)
        if month is None or cents <= 0:
            return
        payment = f"Y{self.counts['payments']:08}"
        self.counts["payments"] += 1
        month.rows["payments"].append(f"{payment},{invoice},{cents // 100}.{cents % 100:02},{self.days[day]}\n")
        if self.random.random() < 0.01:
            self._reverse(payment, day, cents, number)

    def _reverse(self, payment: str, day: int, cents: int, number: int) -> None:
        chance = self.random.random
        part = cents if chance() < 0.5 else max(1, cents // 3)
        day += 5 + int(chance() * 60)
        if chance() < 0.6:
            self._add_reversal(payment, "refund", part, day, number)
        elif self._add_reversal(payment, "chargeback", part, day, number) and chance() < 0.3:
            self._add_reversal(payment, "chargeback_won", part, day + 20, number)

    def _add_reversal(self, payment: str, kind: str, cents: int, day: int, number: int) -> bool:
        month = self._month_of(day, number)
        if month is None:
            return False
        key = f"R{self.counts['reversals']:07}"
        self.counts["reversals"] += 1
        month.rows["reversals"].append(f"{key},{payment},{kind},{cents // 100}.{cents % 100:02},{self.days[day]}\n")
        return True

    def _month_of(self, day: int, number: int) -> Month | None:
        """The month of a day that is not before the month `number`; None beyond the last."""
        while number < self.shape.months and day >= self.starts[number + 1]:
            number += 1
        return self.pending[number] if number < self.shape.months else None
