"""Prints one line a figure, beside its floor, and the machine at the end."""

import argparse
import os
import platform
from pathlib import Path

from django.db import connection

from benchmarks import environment  # noqa: F401
from benchmarks.databases import TEMPLATE, lay_template, use
from benchmarks.figures import FIGURES, LINES, MOST_MEGABYTES, ONLY_ON_REQUEST, Figure, clear

HEAD = f"{'figure':<46} {'measured':>9} {'target':>9} {'took':>9} {'floor':>9} {'rows/s':>10} {'peak':>7}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--size", type=int, default=LINES, metavar="N", help=f"invoice lines, {LINES:,} if not given")
    parser.add_argument("--all", action="store_true", help=f"{', '.join(ONLY_ON_REQUEST)} as well")
    asked = parser.parse_args()
    if unknown := set(asked.figures) - set(FIGURES):
        parser.error(f"no figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    names = asked.figures or [name for name in FIGURES if asked.all or name not in ONLY_ON_REQUEST]
    lay_template()
    try:
        measure_all(names, asked.size)
    finally:
        clear()
    print(f"\n{machine()}")


def measure_all(names: list[str], size: int) -> None:
    print(HEAD, flush=True)
    peak, most = 0.0, ""
    for name in names:
        for figure in FIGURES[name](size):
            print(line(figure), flush=True)
            if figure.took.megabytes > peak:
                peak, most = figure.took.megabytes, figure.name
    met = "ok" if peak <= MOST_MEGABYTES else "missed"
    print(
        f"{'peak memory of Python in any of these':<46} {peak:>6.0f} MB {f'≤ {MOST_MEGABYTES} MB':>9}  {met} ({most})"
    )


def line(figure: Figure) -> str:
    """A figure as one line."""
    took = figure.took
    sign = "≥" if figure.at_least else "≤"
    target = f"{sign} {figure.target:g}{figure.unit}" if figure.target is not None else "–"
    floor = f"{figure.floor_seconds:.2f} s" if figure.floor_seconds else "–"
    met = "" if figure.target is None else "ok" if figure.is_met else "missed"
    return (
        f"{figure.name:<46} {f'{figure.ratio:.2f}{figure.unit}':>9} {target:>9} {f'{took.seconds:.2f} s':>9}"
        f" {floor:>9} {took.rows / took.seconds:>10,.0f} {took.megabytes:>4.0f} MB  {met}"
    )


def machine() -> str:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    use(TEMPLATE)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone() or ("",)
    connection.close()
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB of memory; "
        f"PostgreSQL {version}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
