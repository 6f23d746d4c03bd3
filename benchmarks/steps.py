"""What is timed. Each step runs in a process of its own: `python -m benchmarks.steps STEP DATABASE ARGUMENTS`.

A step gives how many rows it was about, and times what it times by itself: the loading of Django, and what
has to be there beforehand, do not count.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import environment  # noqa: F401
from benchmarks.databases import use
from benchmarks.program import Shape, write_by_month, write_whole
from clients.files import open_tables
from clients.recording.problems import Problems
from clients.services.record_facts import record_facts
from commissions.services.run_period import run_period
from payouts.services.close_period import close_period


class Clock:
    """The seconds of what is inside `with clock:`, summed up."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


def now() -> datetime:
    return datetime.now(UTC)


def write_program(clock: Clock, folder: str, lines: int, months: int, by_month: bool = False) -> int:
    """Write a program's files."""
    shape = Shape(lines, months)
    with clock():
        (write_by_month if by_month else write_whole)(Path(folder), shape)
    return lines


def import_facts(clock: Clock, folder: str) -> int:
    """Record a folder of files as `import_program` does; rows are lines of invoices."""
    problems = Problems()
    with clock():
        tables = open_tables(Path(folder), problems, lambda position: None)
        recorded = record_facts(tables=tables, problems=problems, source="benchmark", by=None, at=now())
    return recorded.read["invoices"]


def run(clock: Clock, month: str, full: bool = False, close: bool = False) -> int:
    """Compute a month, and close it if asked to; rows are posted and waiting amounts."""
    first = date.fromisoformat(month)
    with clock():
        computed = run_period(month=first, by=None, clock=now, full=full)
        if close:
            close_period(month=first, by=None, at=now())
    return computed.posted_rows + computed.waiting_rows


def record_history(clock: Clock, folder: str, months: list[str]) -> int:
    """Record, compute and close month after month; rows are lines of invoices."""
    rows = 0
    for month in months:
        rows += import_facts(clock, str(Path(folder) / month[:7]))
        run(clock, month, close=True)
    return rows


STEPS: dict[str, Callable[..., int]] = {
    step.__name__: step for step in (write_program, import_facts, run, record_history)
}


def main(step: str, database: str, arguments: str) -> None:
    if database:
        use(database)
    clock = Clock()
    rows = STEPS[step](clock, **json.loads(arguments))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": clock.seconds, "megabytes": kilobytes / 1024, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
