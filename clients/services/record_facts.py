from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.models import User
from affiliates.models import FactBatch, Program
from affiliates.services.open_batch import open_batch, wait_for_turn
from clients.recording.checks import check, settle_repeats
from clients.recording.columns import KINDS
from clients.recording.merge import earliest, merge
from clients.recording.problems import FactsRefused, Problem, Problems
from clients.recording.stage import Table, empty_stage, fill_left_out, stage, stage_heads, stage_refused
from clients.services.tell_of_chargebacks import tell_of_chargebacks
from clients.services.write_fact_events import (
    write_cancellation_events,
    write_chargeback_events,
    write_termination_events,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a recording: rows read and rows new or changed by kind; no batch where nothing was new."""

    batch: FactBatch | None
    read: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)


class _NothingToKeep(Exception):
    """Rolls back a dry run, or a recording that found everything recorded already."""


def record_facts(
    *,
    tables: Sequence[Table],
    source: str,
    by: User | None,
    at: datetime,
    currency: str | None = None,
    problems: Problems | None = None,
    dry_run: bool = False,
) -> Recorded:
    """This function will record partners, clients, invoices, payments and reversals: all of them, or none.

    Everything is checked, every problem is found, and what is recorded already is left as it is, so the
    same facts can come again, in other company and in any order. Partners and clients are master data and
    are updated. It is the one way in, for files, API and Stripe alike. `problems` are those that a door
    found while it opened the tables, or finds while their rows are read.

    :raises FactsRefused: with every problem that was found; nothing was recorded
    """
    result = Recorded(batch=None)
    try:
        with transaction.atomic():
            result = _record(tables, source, by, at, currency, Problems() if problems is None else problems)
            if dry_run or result.batch is None:
                raise _NothingToKeep
    except _NothingToKeep:
        pass
    return result


def _record(
    tables: Sequence[Table],
    source: str,
    by: User | None,
    at: datetime,
    currency: str | None,
    problems: Problems,
) -> Recorded:
    _check_currency(currency, source, problems)
    read = _stage(tables, problems)
    wait_for_turn()
    for table in _in_order(tables):
        fill_left_out(table)
    for table in _in_order(tables):
        check(table.kind, table.name, problems)
    if problems.count:
        raise FactsRefused(problems)
    batch = open_batch(source=source, by=by, at=at, earliest=earliest(), counts=read)
    written = merge(batch.pk)
    if "partners" in written:
        write_termination_events(batch=batch, at=at)
    if "reversals" in written:
        tell_of_chargebacks(batch=batch, at=at)
        write_chargeback_events(batch=batch, at=at)
    if "clients" in written:
        write_cancellation_events(batch=batch, at=at)
    return Recorded(batch=batch if written else None, read=read, written=written)


def _stage(tables: Sequence[Table], problems: Problems) -> dict[str, int]:
    empty_stage()
    read = {}
    for table in _in_order(tables):
        read[table.kind] = stage(table, problems)
        settle_repeats(table.kind, table.name, problems)
        if table.kind == "invoices":
            stage_heads(read[table.kind])
    stage_refused(problems)
    return read


def _in_order(tables: Sequence[Table]) -> list[Table]:
    return sorted(tables, key=lambda table: list(KINDS).index(table.kind))


def _check_currency(currency: str | None, source: str, problems: Problems) -> None:
    ours = Program.current().currency
    if currency not in (None, ours):
        wrong = f"the money is in {currency}, the program's currency is {ours}"
        problems.add(Problem(source, 0, "", "currency", wrong, f"record it in {ours}"))
