"""Facts as the API takes them, made into the rows that `record_facts` reads; INTERFACE: the files' columns."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from clients.recording.columns import KINDS
from clients.recording.problems import Problem, Problems
from clients.recording.stage import Table

SENT = ("clients", "invoices", "payments", "reversals")
LINE_COLUMNS = ("line", "category", "amount", "service_from", "service_months")
CANCELLATION = "canceled_on"
MOST_ROWS = 10_000
LONGEST_NUMBER = 40  # Digits; 1e999999999 is five letters of JSON and a billion digits written out.
SAY_LIST = "send a list of objects"


class TooManyRows(Exception):
    """More rows came in one call than it takes."""


def tables_of(sent: Any, problems: Problems) -> list[Table]:
    """This function will lay out what was sent as tables; what has no such form is added to the problems.

    A row's number is its place in its list, from 1; an invoice with three lines makes three rows of its number.

    :raises TooManyRows: there are more than 10,000 rows, lines of invoices counted
    """
    if not isinstance(sent, dict):
        problems.add(Problem("facts", 0, "", "", "is no object", f"send an object with {', '.join(SENT)}"))
        return []
    for name in sent:
        if name not in SENT:
            problems.add(Problem("facts", 0, "", str(name)[:60], "is not known", f"the lists are {', '.join(SENT)}"))
    tables, rows = [], 0
    for kind in SENT:
        if sent.get(kind) is None:
            continue
        found = list(_objects(kind, sent[kind], problems))
        rows += len(found)
        columns = [column.name for column in KINDS[kind]]
        known = set(columns)
        for place, each in found:
            for name in each.keys() - known:
                right = f"the columns are {', '.join(columns)}"
                problems.add(Problem(kind, place, "", str(name)[:60], "is not known", right))
        columns = _said(kind, found, columns, problems)
        tables.append(Table(kind, kind, columns, [(place, _values(each, columns)) for place, each in found]))
    if rows > MOST_ROWS:
        raise TooManyRows(f"A call takes up to {MOST_ROWS:,} rows, and these are {rows:,}")
    return tables


def _said(kind: str, found: Sequence[tuple[int, dict[str, Any]]], columns: list[str], problems: Problems) -> list[str]:
    """The columns that are sent: a client's cancellation that nobody speaks of stays as it is.

    Rows that speak of it and rows that do not cannot come together, since silence would take it back.
    """
    if kind != "clients":
        return columns
    silent = [place for place, each in found if CANCELLATION not in each]
    if len(silent) == len(found):
        return [name for name in columns if name != CANCELLATION]
    for place in silent:
        problems.add(Problem(kind, place, "", CANCELLATION, "is missing", "send it in every client, null for none"))
    return columns


def _objects(kind: str, sent: Any, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each row with its place; an invoice is a row for each of its lines."""
    if not isinstance(sent, list):
        problems.add(Problem(kind, 0, "", "", "is no list", SAY_LIST))
        return
    for place, each in enumerate(sent, 1):
        if not isinstance(each, dict):
            problems.add(Problem(kind, place, "", "", "is no object", SAY_LIST))
        elif kind == "invoices":
            yield from ((place, row) for row in _lines(place, each, problems))
        else:
            yield place, each


def _lines(place: int, invoice: dict[str, Any], problems: Problems) -> Iterator[dict[str, Any]]:
    head = {name: value for name, value in invoice.items() if name != "lines"}
    lines = invoice.get("lines")
    if not isinstance(lines, list) or not lines:
        key = str(invoice.get("invoice", ""))[:64]
        problems.add(
            Problem("invoices", place, key, "lines", "is missing", "send at least one line inside the invoice")
        )
        return
    for line in lines:
        if isinstance(line, dict):
            for name in head.keys() & set(LINE_COLUMNS):
                problems.add(Problem("invoices", place, "", name, "stands outside the lines", "send it in each line"))
            yield head | line
        else:
            problems.add(Problem("invoices", place, "", "lines", "has a line that is no object", SAY_LIST))


def _values(row: dict[str, Any], columns: Sequence[str]) -> list[str]:
    return [_text(row.get(name)) for name in columns]


def _text(value: Any) -> str:
    """A value as the files have it; numbers come as they were written, floats cannot come at all."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal) and abs(value.adjusted()) <= LONGEST_NUMBER:
        return format(value, "f")
    return str(value)
