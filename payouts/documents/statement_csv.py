"""Every line of a statement as a CSV that is safe to open in a spreadsheet."""

import io
from collections.abc import Iterator
from decimal import Decimal

from defusedcsv import csv

from parts.formats import plain
from payouts.documents.statement_data import CommissionLine, StatementData, WaitingLine

COLUMNS = (
    "state", "client", "client_name", "service_month", "mrr", "rate", "posted_before", "amount",
    "waits_until",
)  # fmt: skip


def write_csv(data: StatementData) -> str:
    """Return commissions, corrections and waiting lines, one a row, in the order of the statement.

    Money is plain decimal and months are `YYYY-MM`. A text that a spreadsheet would take for a formula is
    quoted with an apostrophe; control characters, which would hide one, are gone.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(data))
    return out.getvalue()


def _rows(data: StatementData) -> Iterator[tuple[str | Decimal, ...]]:
    for line in data.lines:
        yield (*_start("commission", line), line.posted_before, line.amount, "")
    for line in data.corrections:
        yield (*_start("correction", line), line.posted_before, line.amount, "")
    for waiting in data.waiting:
        yield (*_start("waiting", waiting), "", waiting.amount, waiting.until.isoformat())


def _start(state: str, line: CommissionLine | WaitingLine) -> tuple[str | Decimal, ...]:
    month = f"{line.service_month:%Y-%m}"
    return (state, plain(line.client_key), plain(line.client), month, line.base, line.rate)
