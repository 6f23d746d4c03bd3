"""Reads a program's CSV files row by row, with the line on which each row begins; INTERFACE.md tells their form."""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from clients.recording.columns import KINDS
from clients.recording.problems import Problem, Problems
from clients.recording.stage import Table

LONGEST_LINE = 65_536  # Bytes; the longest row that can be right has fewer than a thousand.
CURRENCY_HINT = "leave it out; amounts are in the program's one currency"


class _Unreadable(Exception):
    def __init__(self, line: int, wrong: str, right: str) -> None:
        self.line, self.wrong, self.right = line, wrong, right


def open_tables(folder: Path, problems: Problems, progress: Callable[[int], None]) -> list[Table]:
    """This function will open whichever of the program's files are in a folder, headers read and checked.

    Rows are read when the tables are recorded; what cannot be read at all is added to the problems then.
    `progress` is told how many bytes were read.
    """
    tables = []
    for kind in KINDS:
        path = folder / f"{kind}.csv"
        if path.exists():
            table = _open(kind, path, problems, progress)
            if table is not None:
                tables.append(table)
    return tables


def _open(kind: str, path: Path, problems: Problems, progress: Callable[[int], None]) -> Table | None:
    if not path.is_file():
        problems.add(Problem(path.name, 0, "", "", "is not a file", "give the table as a CSV file, or leave it out"))
        problems.refuse(kind, None)
        return None
    rows = _rows(path, progress)
    try:
        _, header = next((row for row in rows if row[1]), (1, []))
    except _Unreadable as error:
        problems.add(Problem(path.name, error.line, "", "", error.wrong, error.right))
        problems.refuse(kind, None)
        return None
    found = list(_header_problems(kind, header))
    for column, wrong, right in found:
        problems.add(Problem(path.name, 1, "", column, wrong, right))
    if found:
        problems.refuse(kind, None)
        return None
    return Table(kind, path.name, header, _good_length(kind, path.name, header, rows, problems))


def _header_problems(kind: str, header: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    columns = KINDS[kind]
    names = [column.name for column in columns]
    if not header:
        yield "", "is empty", f"begin with a header row: {','.join(names)}"
        return
    for name in dict.fromkeys(header):
        if name not in names:
            right = CURRENCY_HINT if name.lower() == "currency" else f"the columns are {', '.join(names)}"
            yield f"column “{name[:60]}”", "is not known", right
        elif header.count(name) > 1:
            yield f"column “{name}”", "stands there more than once", "keep one of them"
    for column in columns:
        if column.name not in header and not column.is_optional:
            yield f"column “{column.name}”", "is missing", "add it to the header row and to each row"


def _good_length(
    kind: str, name: str, header: Sequence[str], rows: Iterator[tuple[int, list[str]]], problems: Problems
) -> Iterator[tuple[int, list[str]]]:
    width = len(header)
    try:
        for line, row in rows:
            if len(row) == width:
                yield line, row
            elif row:
                wrong = f"has {len(row)} values where the header has {width}"
                right = "give each column its value, and put a value that holds a comma in double quotes"
                problems.add(Problem(name, line, row[0][:64], "", wrong, right))
                key = header.index(KINDS[kind][0].name)
                problems.refuse(kind, row[key] if key < len(row) else None)
    except _Unreadable as error:
        problems.add(Problem(name, error.line, "", "", error.wrong, error.right))
        problems.refuse(kind, None)


def _rows(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(path, progress), strict=True)
    last = 0
    try:
        for row in reader:
            yield last + 1, row
            last = reader.line_num
    except csv.Error as error:
        raise _Unreadable(last + 1, f"is not readable as CSV ({error})", "check its double quotes") from error


def _lines(path: Path, progress: Callable[[int], None]) -> Iterator[str]:
    number = 0
    with path.open("rb") as file:
        for raw in iter(lambda: file.readline(LONGEST_LINE), b""):
            number += 1
            if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                wrong = f"is longer than {LONGEST_LINE:,} bytes"
                raise _Unreadable(number, wrong, "is this a CSV file with one row a line?")
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            try:
                yield raw.decode()
            except UnicodeDecodeError as error:
                wrong = f"is not UTF-8 (byte {error.start + 1} of the line)"
                raise _Unreadable(number, wrong, "save the file as UTF-8") from error
            if number % 20_000 == 0:
                progress(file.tell())
        progress(file.tell())
