"""Copies rows into temporary tables beside the real ones, good rows only; bad ones become problems."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from clients.recording.columns import KINDS, RowFormat
from clients.recording.problems import Problem, Problems

BLOCK = 4000  # Rows handed over at a time.
BUFFER = 1 << 18  # Bytes that PostgreSQL is given at a time.
HEADS = """
    at integer, reference text COLLATE "C", other_reference text COLLATE "C", client text COLLATE "C",
    other_client text COLLATE "C", issued_on date, other_issued_on date, total numeric
"""
# What a recording writes is joined by these: known to the planner, while the real tables, filled in the same
# transaction, are not.
NUMBERS = """
    id bigint, reference text COLLATE "C", client_id bigint, issued_on date, total numeric, is_new boolean
"""
COLLECTED = "invoice_id bigint, client_id bigint, issued_on date, collected_on date"
# For a known partner or client, what a table says of a column that it does not have: that it stays.
LEFT_OUT = {
    "partners": {
        "terminated_on": """
            UPDATE stage_partners AS staged SET terminated_on = known.terminated_on
            FROM affiliates_partner AS known WHERE upper(known.reference) = upper(staged.partner)
        """,
        "terminated_by": """
            UPDATE stage_partners AS staged SET terminated_by = known.terminated_by
            FROM affiliates_partner AS known
            WHERE upper(known.reference) = upper(staged.partner) AND staged.terminated_on IS NOT NULL
        """,
    },
    "clients": {
        "canceled_on": """
            UPDATE stage_clients AS staged SET canceled_on = known.canceled_on
            FROM clients_client AS known WHERE upper(known.reference) = upper(staged.client)
        """,
    },
}
ANALYZE_FROM = 1000  # Rows from which the planner's statistics are worth their time.
# Sorts of a million rows stay in memory.
SETTINGS = "SET LOCAL work_mem = '256MB'; SET LOCAL jit = off"


@dataclass(slots=True)
class Table:
    """Rows of one kind of fact to record.

    `name` is what problems call it (a file's name), `columns` are those that the rows have, in their order,
    and each row is its line number with its values as text.
    """

    kind: str
    name: str
    columns: Sequence[str]
    rows: Iterable[tuple[int, Sequence[str]]]


class _Lines(io.RawIOBase):
    """Rows as PostgreSQL's text format, read a block at a time, so that a file is never whole in memory."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size:
            block = next(self.blocks, b"")
            if not block:
                break
            self.rest += block
        chunk, self.rest = self.rest[:size], self.rest[size:]
        return chunk


def empty_stage() -> None:
    """This function will make the temporary tables of this connection, once, and empty them.

    It settles the transaction's memory as well.
    """
    definitions = {
        f"stage_{kind}": "at integer, "
        + ", ".join(f"{column.name} {column.sql} {_collation(column.sql)}" for column in columns)
        for kind, columns in KINDS.items()
    }
    definitions["stage_refused"] = 'kind text, key text COLLATE "C"'
    definitions["stage_invoice_heads"] = HEADS
    definitions["stage_invoice_numbers"] = NUMBERS
    definitions["stage_collected"] = COLLECTED
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        for name, definition in definitions.items():
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({definition}) ON COMMIT DELETE ROWS")
        # Nearly always all are empty since the last commit, and to empty them once more takes longer than to look.
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in definitions))
        if filled := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(filled)}")


def stage(table: Table, problems: Problems) -> int:
    """This function will fill `stage_<kind>` with the good rows and say how many there were.

    Columns that the rows do not have are left NULL, see `fill_left_out`.
    """
    staged = f"stage_{table.kind}"
    names = ", ".join(column.name for column in KINDS[table.kind])
    counter = _Counter()
    lines: Any = _Lines(_blocks(table, problems, counter))
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(f"COPY {staged} (at, {names}) FROM STDIN (FORMAT text, NULL '')", lines, BUFFER)
    analyze(staged, counter.rows)
    return counter.rows


def stage_heads(rows: int) -> None:
    """This function will sum up the staged invoice lines, one row an invoice."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO stage_invoice_heads
               SELECT min(at), min(invoice), max(invoice), min(client), max(client), min(issued_on), max(issued_on),
                      sum(amount)
               FROM stage_invoices GROUP BY upper(invoice)"""
        )
    analyze("stage_invoice_heads", rows)


def analyze(name: str, rows: int) -> None:
    """This function will tell the planner about a temporary table that got so many rows."""
    if rows >= ANALYZE_FROM:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {name}")


def stage_refused(problems: Problems) -> None:
    """This function will put the keys of refused rows beside the staged ones."""
    if problems.refused:
        kinds, keys = zip(*problems.refused, strict=True)
        with connection.cursor() as cursor:
            insert = "INSERT INTO stage_refused SELECT * FROM unnest(%s::text[], %s::text[])"
            cursor.execute(insert, [list(kinds), list(keys)])


def fill_left_out(table: Table) -> None:
    """This function will give staged rows the known values of the optional columns that their table left out."""
    for column, query in LEFT_OUT.get(table.kind, {}).items():
        if column not in table.columns:
            with connection.cursor() as cursor:
                cursor.execute(query)


def _collation(sql: str) -> str:
    return 'COLLATE "C"' if sql == "text" else ""


@dataclass(slots=True)
class _Counter:
    rows: int = 0


def _blocks(table: Table, problems: Problems, counter: _Counter) -> Iterator[bytes]:
    form = RowFormat(table.kind)
    order = _places(table)
    is_invoice = table.kind == "invoices"
    block: list[str] = []
    for line, row in table.rows:
        values = row if order is None else [row[place] if place is not None else "" for place in order]
        joined = "\t".join(values)
        if not form.is_good(values, joined):
            for column, wrong, right in form.wrong(values):
                problems.add(Problem(table.name, line, _key(table.kind, values), column, wrong, right))
            problems.refuse(table.kind, values[0])
            continue
        if is_invoice and len(values[6]) == len("2026-03"):
            joined = "\t".join((*values[:6], f"{values[6]}-01", values[7]))
        if "\\" in joined:
            joined = joined.replace("\\", "\\\\")
        block.append(f"{line}\t{joined}\n")
        if len(block) == BLOCK:
            counter.rows += BLOCK
            yield "".join(block).encode()
            block.clear()
    counter.rows += len(block)
    yield "".join(block).encode()


def _places(table: Table) -> list[int | None] | None:
    """For each column of the kind its place in the rows, or None where the rows are in that very order."""
    names = [column.name for column in KINDS[table.kind]]
    if list(table.columns) == names:
        return None
    places = {name: place for place, name in enumerate(table.columns)}
    return [places.get(name) for name in names]


def _key(kind: str, values: Sequence[str]) -> str:
    return f"{kind[:-1]} {values[0][:64]}".strip()
