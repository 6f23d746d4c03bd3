"""The figures: what is measured against what, and what was promised."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from affiliates.months import add_months
from benchmarks import databases, floor, pages
from benchmarks.child import Measured, measure, outcome, start
from benchmarks.program import LAST_MONTH, Shape

PROGRAMS = Path(settings.DATA_DIR) / "programs"
LINES = 1_000_000
ROUNDS = 3  # Of what is doubtful; the best one counts, on either side.
MOST_MEGABYTES = 400
STATEMENTS = 200
STATEMENT_LINES = 40
LARGEST_STATEMENT = 10_000
PORTAL_LINES = 60_000
STRIPE_ACCEPTED, STRIPE_WORKED = 2_000, 10_000
SENT_ROWS = 10_000
SENT_ALONE = 500  # One row a call takes long.
BATCHES = (1, 100, 1_000, 10_000)
EVENTS_OUT = 1_000
ALL_COLUMNS, PRINTED_COLUMNS = 5, 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `ratio` is held against `target`; a target of None is only told."""

    name: str
    ratio: float
    target: float | None
    took: Measured
    floor_seconds: float = 0.0
    at_least: bool = False
    unit: str = "×"

    @property
    def is_met(self) -> bool:
        if self.target is None:
            return True
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target


def full_run(lines: int) -> Iterator[Figure]:
    """A whole program computed and closed at once, against one statement over plain tables."""
    database = computed_once(lines)
    with databases.as_owner(database) as owner:
        floor.lay_tables(owner)
    databases.warm(database)
    ours, floors = [], []
    for _ in range(ROUNDS):
        databases.lay("bench_run", template=database)
        databases.warm("bench_run")
        ours.append(measure("run", "bench_run", month=LAST_MONTH, full=True, close=True))
        with databases.as_owner("bench_run") as owner:
            began = time.perf_counter()
            floor.compute(owner, LAST_MONTH)
            floors.append(time.perf_counter() - began)
            if differences := floor.differences(owner, LAST_MONTH):
                raise ResultsDiffer(differences)
    databases.drop("bench_run")
    best = of_lines(fastest(ours), lines)
    yield Figure(f"full run and close, {show(lines)} lines", best.seconds / min(floors), 2.0, best, min(floors))


def unchanged(lines: int) -> Iterator[Figure]:
    """The same period again, and the month after it in which nothing new was recorded."""
    databases.lay("bench_run", template=computed_once(lines))
    databases.warm("bench_run")
    full = of_lines(measure("run", "bench_run", month=LAST_MONTH, full=True), lines)
    again = of_lines(measure("run", "bench_run", month=LAST_MONTH), lines)
    yield Figure("an unchanged period again", again.seconds / full.seconds, 0.3, again, full.seconds)
    measure("run", "bench_run", month=LAST_MONTH, close=True)
    after = measure("run", "bench_run", month=add_months(LAST_MONTH, 1))
    databases.drop("bench_run")
    yield Figure("… the month after it, nothing new", after.seconds / full.seconds, 0.3, after, full.seconds)


def growth(lines: int) -> Iterator[Figure]:
    """Ten times the program against its tenth."""
    yield from _growth(lines // 10, lines, target=12.0)


def growth_to_five(lines: int) -> Iterator[Figure]:
    """Five times the program against itself; it takes a while."""
    yield from _growth(lines, lines * 5, target=6.5)


def _growth(small: int, large: int, target: float) -> Iterator[Figure]:
    took = {}
    for lines in (small, large):
        databases.lay("bench_run", template=computed_once(lines))
        databases.settle("bench_run")
        runs = [measure("run", "bench_run", month=LAST_MONTH, full=True) for _ in range(ROUNDS)]
        close = measure("run", "bench_run", month=LAST_MONTH, close=True)
        best = fastest(runs)
        took[lines] = Measured(best.seconds + close.seconds, best.megabytes, lines)
        databases.drop("bench_run")
    ratio = took[large].seconds / took[small].seconds
    name = f"time at {show(large)} against {show(small)} lines"
    yield Figure(name, ratio, target, took[large], took[small].seconds)


def history(lines: int) -> Iterator[Figure]:
    """An ordinary month after eleven others, and after fifty-nine; a month has a twelfth of a tenth of the lines."""
    took: dict[int, list[Measured]] = {12: [], 60: []}
    for months in took:
        _lay_history(f"bench_history_{months}", Shape(lines // 10 // 12 * months, months))
    for _ in range(ROUNDS):
        for months, runs in took.items():
            databases.lay("bench_run", template=f"bench_history_{months}")
            databases.warm("bench_run")
            runs.append(measure("run", "bench_run", month=LAST_MONTH))
    databases.drop("bench_run", "bench_history_12", "bench_history_60")
    short, long = fastest(took[12]), fastest(took[60])
    yield Figure("a month's run, 60 months' history against 12", long.seconds / short.seconds, 1.3, long, short.seconds)


def _lay_history(database: str, shape: Shape) -> None:
    folder = PROGRAMS / f"{shape.lines}-{shape.months}-by-month"
    measure("write_program", folder=PROGRAMS, lines=shape.lines, months=shape.months, by_month=True)
    months = [shape.month(number) for number in range(shape.months)]
    databases.lay(database)
    # What autovacuum would have done along the way.
    measure("record_history", database, folder=folder, months=months[:1])
    databases.settle(database)
    measure("record_history", database, folder=folder, months=months[1:-1])
    databases.settle(database)
    measure("import_facts", database, folder=folder / f"{months[-1]:%Y-%m}")


def importing(lines: int) -> Iterator[Figure]:
    """The files of a program, checked and recorded, against `COPY` of the same rows into the same tables."""
    copies = Path(settings.DATA_DIR) / "copies"
    measure("dump_facts", computed_once(lines), folder=copies)
    steps: dict[str, tuple[str, dict[str, Any]]] = {
        "ours": ("import_facts", {"folder": folder_of(lines)}),
        "copy": ("copy_facts", {"folder": copies}),
        "copy with slices": ("copy_facts", {"folder": copies, "with_slices": True}),
    }
    took: dict[str, list[Measured]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, (step, arguments) in steps.items():
            databases.lay("bench_import")
            took[name].append(measure(step, "bench_import", **arguments))
    databases.drop("bench_import")
    best, copy, with_slices = (fastest(took[name]) for name in steps)
    yield Figure(f"importing {show(lines)} lines, against COPY", best.seconds / copy.seconds, 3.0, best, copy.seconds)
    ratio = best.seconds / with_slices.seconds
    yield Figure("… against COPY of the slices too", ratio, None, best, with_slices.seconds)


def statements(lines: int) -> Iterator[Figure]:
    """Statements as PDF, against WeasyPrint alone; the number of invoice lines plays no part."""
    count: dict[str, Any] = {"lines": STATEMENT_LINES, "count": STATEMENTS // 4}
    ours, bare, narrow = [], [], []
    for _ in range(ROUNDS):
        ours.append(measure("print_statements", **count))
        bare.append(measure("print_bare_tables", **count, columns=ALL_COLUMNS))
        narrow.append(measure("print_bare_tables", **count, columns=PRINTED_COLUMNS))
    ours.append(measure("print_statements", lines=STATEMENT_LINES, count=STATEMENTS))
    rate, floor_rate, narrow_rate = (max(took.rows / took.seconds for took in each) for each in (ours, bare, narrow))
    name = f"{STATEMENTS} statements, rate against a bare table's"
    yield Figure(name, rate / floor_rate, 0.8, ours[-1], STATEMENTS / floor_rate, at_least=True)
    name = "… against one of the printed cells only"
    yield Figure(name, rate / narrow_rate, None, ours[-1], STATEMENTS / narrow_rate, at_least=True)
    yield Figure("… a second and core", rate, 5.0, ours[-1], at_least=True, unit="/s")
    tries = [[outcome(child) for child in [start("print_statements", **count) for _ in range(2)]] for _ in range(2)]
    both, together = max(
        ((sum(took.rows / took.seconds for took in pair), pair) for pair in tries), key=lambda each: each[0]
    )
    name = "… two processes against one"
    yield Figure(name, both / rate, 1.8, together[0], ours[-1].seconds, at_least=True)
    largest = measure("print_statements", lines=LARGEST_STATEMENT, count=1)
    yield Figure(f"a statement of {LARGEST_STATEMENT:,} lines", largest.seconds, 3.0, largest, unit=" s")
    yield Figure("… peak memory", largest.megabytes, 300, largest, unit=" MB")


def portal(lines: int) -> Iterator[Figure]:
    """Pages a second, each beside an empty view; the partner has 10,000 leads and 60 months of commissions."""
    folder = Path(settings.DATA_DIR) / "portal"
    folder.mkdir(parents=True, exist_ok=True)
    _lay_history(pages.DATABASE, Shape(PORTAL_LINES, pages.MONTHS))
    cookie = pages.furnish(folder)
    lists = {"the overview": "/", "leads": "/leads/", "commissions": "/commissions/", "a month": cookie["month"]}
    paths: dict[str, tuple[str, float | None, float | None]] = {
        "/r/<code>": (f"/r/{cookie['code']}", 0.45, None),
        "a bare list of Django's": (cookie["bare"], None, None),
        **{name: (path, 0.1, 3.0) for name, path in lists.items()},
    }
    with pages.served(folder) as port:
        for name, (path, often, steady) in paths.items():
            tries = [(pages.ask(port, "/empty/"), pages.ask(port, path, cookie["cookie"])) for _ in range(ROUNDS)]
            empty, page = (max(each, key=lambda answered: answered.rate) for each in zip(*tries, strict=True))
            took = Measured(1.0, pages.peak(), round(page.rate))
            yield Figure(f"{name}, rate against an empty view's", page.rate / empty.rate, often, took, at_least=True)
            yield Figure(f"… 99th percentile against {page.median:.1f} ms", page.p99 / page.median, steady, took)
    databases.drop(pages.DATABASE)


def admin(lines: int) -> Iterator[Figure]:
    """Lists of the admin over the largest tables; what a program has few of is filled up to its lines."""
    folder = Path(settings.DATA_DIR) / "admin"
    folder.mkdir(parents=True, exist_ok=True)
    databases.lay(pages.DATABASE, template=computed_once(lines))
    measure("run", pages.DATABASE, month=LAST_MONTH, full=True, close=True)
    note = folder / "signed-in.json"
    filled = measure("furnish_admin", pages.DATABASE, note=note, rows=lines)
    databases.settle(pages.DATABASE)
    said = json.loads(note.read_text())
    with pages.served(folder) as port:
        for name, (label, rows) in said["lists"].items():
            took = pages.opened(port, f"/admin/{name}/", said["cookie"])
            measured = Measured(took, filled.megabytes, rows)
            yield Figure(f"the admin's list of {rows:,} {label}", took, 1.0, measured, unit=" s")
    databases.drop(pages.DATABASE)


def facts(lines: int) -> Iterator[Figure]:
    """Facts through the API in calls of different sizes, against `COPY`, single rows and `import_program`."""
    copies, files = Path(settings.DATA_DIR) / "sent-copies", Path(settings.DATA_DIR) / "sent-files"
    took: dict[int, list[Measured]] = {batch: [] for batch in BATCHES}
    copied, imported = [], []
    for _ in range(ROUNDS):
        for batch, each in took.items():
            databases.lay("bench_sent")
            each.append(measure("send_facts", "bench_sent", count=SENT_ALONE if batch == 1 else SENT_ROWS, batch=batch))
        databases.lay("bench_sent")
        imported.append(measure("import_sent", "bench_sent", count=SENT_ROWS, folder=files))
        measure("dump_facts", "bench_sent", folder=copies)
        databases.lay("bench_sent")
        copied.append(of_lines(measure("copy_facts", "bench_sent", folder=copies), SENT_ROWS))
    databases.drop("bench_sent")
    copy, whole = fastest(copied), fastest(imported)
    for batch, each in took.items():
        best = fastest(each)
        ratio = (best.seconds / best.rows) / (copy.seconds / copy.rows)
        yield Figure(f"facts by the API, {batch:,} a call, against COPY", ratio, None, best, copy.seconds)
    thousands, alone = fastest(took[1_000]), fastest(took[1])
    rate = (thousands.rows / thousands.seconds) / (alone.rows / alone.seconds)
    yield Figure("… 1,000 a call, rows a second against 1", rate, 10.0, thousands, at_least=True)
    ratio = thousands.seconds / whole.seconds
    yield Figure("… 1,000 a call against import_program", ratio, 5.0, thousands, whole.seconds)


def events(lines: int) -> Iterator[Figure]:
    """Events out to an endpoint, signed and written down, against bare posts to the same receiver."""
    sent, bare = [], []
    for _ in range(ROUNDS):
        databases.lay("bench_events")
        sent.append(measure("deliver_events", "bench_events", count=EVENTS_OUT))
        bare.append(measure("post_bare", "bench_events", count=EVENTS_OUT))
    databases.drop("bench_events")
    best, floor_took = fastest(sent), fastest(bare)
    name = f"{EVENTS_OUT:,} events out, against bare posts"
    yield Figure(name, best.seconds / floor_took.seconds, None, best, floor_took.seconds)


def stripe(lines: int) -> Iterator[Figure]:
    """Stripe's events accepted, against an INSERT of each; and a backlog worked, against one recording of its facts."""
    counts = {
        "accept_stripe": STRIPE_ACCEPTED,
        "insert_stripe": STRIPE_ACCEPTED,
        "work_stripe": STRIPE_WORKED,
        "record_stripe": STRIPE_WORKED,
    }
    took: dict[str, list[Measured]] = {step: [] for step in counts}
    for _ in range(ROUNDS):
        for step, count in counts.items():
            databases.lay("bench_stripe")
            took[step].append(measure(step, "bench_stripe", count=count))
    databases.drop("bench_stripe")
    accepted, bare, worked, recorded = (fastest(took[step]) for step in counts)
    name = f"{STRIPE_ACCEPTED:,} Stripe events accepted, against INSERT"
    yield Figure(name, accepted.seconds / bare.seconds, None, accepted, bare.seconds)
    name = f"{STRIPE_WORKED:,} worked, against one recording"
    yield Figure(name, worked.seconds / recorded.seconds, None, worked, recorded.seconds)


FIGURES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "importing": importing,
    "full_run": full_run,
    "unchanged": unchanged,
    "growth": growth,
    "history": history,
    "statements": statements,
    "portal": portal,
    "admin": admin,
    "facts": facts,
    "events": events,
    "stripe": stripe,
    "growth_to_five": growth_to_five,
}
ONLY_ON_REQUEST = ("growth_to_five",)


class ResultsDiffer(Exception):
    """The engine and the floor disagree on so many rows; a comparison of times would mean nothing."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"The run and its floor differ in {rows:,} rows")


@cache
def computed_once(lines: int) -> str:
    """This function will lay a database with a program recorded, and the month before its last closed empty."""
    database = f"bench_program_{lines}"
    measure("write_program", folder=PROGRAMS, lines=lines, months=12)
    databases.lay(database)
    measure("run", database, month=add_months(LAST_MONTH, -1), close=True)
    measure("import_facts", database, folder=folder_of(lines))
    databases.settle(database)
    return database


def folder_of(lines: int) -> Path:
    return PROGRAMS / f"{lines}-12"


def fastest(runs: list[Measured]) -> Measured:
    return min(runs, key=lambda took: took.seconds)


def of_lines(took: Measured, lines: int) -> Measured:
    """The same, told in invoice lines."""
    return Measured(took.seconds, took.megabytes, lines)


def show(lines: int) -> str:
    return f"{lines // 1_000_000} M" if lines >= 1_000_000 else f"{lines // 1000} k"


def clear() -> None:
    """This function will remove the databases that the figures share."""
    with suppress(Exception):
        names = [f"bench_program_{lines}" for lines in (LINES // 10, LINES, LINES * 5)]
        databases.drop(*names, "bench_run", "bench_import")
