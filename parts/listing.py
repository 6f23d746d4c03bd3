"""A list as a page shows it: searched and filtered, sorted, a page at a time, or all of it as CSV.

The number of queries is the same however long the list is. There is no count of all rows, which would cost
as much as the page itself: one row more than a page has says whether there is a next page.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any, Generic, Protocol, Self, TypeVar
from urllib.parse import urlencode

from django.forms import Form
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django_filters import FilterSet

from parts.shapes import Cell, Empty, Shape
from parts.sheet import sheet

Row = TypeVar("Row")
Read = TypeVar("Read", covariant=True)
PAGE_SIZE = 25
MOST_PAGES = 100_000
MOST_DIGITS = len(str(MOST_PAGES))
AT_ONCE = 2000
NUMBER = ' class="number"'
BESIDE = ' class="reason" data-beside'
ARROWS = {"ascending": " ↑", "descending": " ↓"}
SORT, PAGE, FORMAT = "sort", "page", "format"
CHOSEN, BULK = "chosen", "bulk"  # The field and the form of the rows that are chosen for a step with many.


def _nothing(rows: object) -> None:
    """The rows of a page have all that their lines show."""


class Rows(Protocol[Read]):
    """What a list asks of its rows, as query sets do it; filters ask for a query set."""

    def order_by(self, *fields: str) -> Self: ...
    def __getitem__(self, asked: slice) -> Any: ...
    def iterator(self, chunk_size: int) -> Iterable[Read]: ...


class PlainFilters(FilterSet):  # type: ignore[misc]
    """Filters that leave every row, and look alike for everybody, until something is looked for.

    Most are: their choices are the same ones always. Until then they are neither made nor drawn anew.
    """


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the fields it sorts by (none: it cannot), and whether it holds figures."""

    label: str
    sort: tuple[str, ...] = ()
    is_number: bool = False


def _fields(form: Form) -> SafeString:
    return render_to_string("parts/filters.html", {"form": form})


@cache
def _untouched(filters: type[PlainFilters]) -> SafeString:
    return _fields(filters({}).form)


def _drawn(opening: str, cell: Cell) -> str:
    text, below, url, badge, opens_beside = cell
    shown = escape(text) if text else ""
    if url:
        shown = f'<a href="{escape(url)}"{BESIDE if opens_beside else ""}>{shown}</a>'
    if badge:
        shown = f'<span class="badge tone-{badge.tone}">{escape(badge.text)}</span>{shown}'
    if below:
        shown = f'{shown}<span class="below">{escape(below)}</span>'
    return f"{opening}{shown}</td>"


def _pick(key: object, name: str) -> str:
    box = f'<input class="form-check-input" type="checkbox" name="{CHOSEN}" form="{BULK}" value="{key}"'
    return f'<td class="pick">{box} aria-label="Choose {escape(name)}"></td>'


@dataclass(slots=True)
class Listing(Shape, Generic[Row]):
    """A list of rows of one kind. `line` makes the cells of a row, `record` a row of the CSV.

    `rows` is a query set, or answers as one does where there are no filters.
    `filters` is a django-filter FilterSet class; `default` names the column to sort by, with `-` for descending.
    `prepare` is given the rows of a page, or all of a CSV, to read at once what their lines show besides.
    `bulk` is the template of a form with the id `bulk`, which takes a step with the rows that are ticked: their
    keys are its field `chosen`.
    """

    request: HttpRequest
    rows: Rows[Row]
    columns: dict[str, Column]
    line: Callable[[Row], Sequence[Cell]]
    default: str
    empty: Empty
    filters: type[FilterSet] | None = None
    record: Callable[[Row], Sequence[object]] | None = None
    prepare: Callable[[Sequence[Row]], None] = _nothing
    record_header: Sequence[str] = ()
    label: str = "List"
    id: str = "listing"
    bulk: str = ""
    lines: list[Sequence[Cell]] = field(init=False, default_factory=list)
    picks: list[str] = field(init=False, default_factory=list)
    has_next: bool = field(init=False, default=False)
    form: Form | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.filters is not None and (self.is_filtered or not issubclass(self.filters, PlainFilters)):
            chosen = self.filters(self.request.GET, queryset=self.rows, request=self.request)
            self.form, self.rows = chosen.form, chosen.qs
        self.rows = self._sorted(self.rows)
        if not self.wants_csv:
            first = (self.page - 1) * PAGE_SIZE
            found: list[Any] = list(self.rows[first : first + PAGE_SIZE + 1])
            self.has_next = len(found) > PAGE_SIZE
            self.prepare(found[:PAGE_SIZE])
            self.lines = [self.line(row) for row in found[:PAGE_SIZE]]
            self.picks = [_pick(row.pk, str(row)) if self.bulk else "" for row in found[:PAGE_SIZE]]

    # -- What the address says --

    @property
    def page(self) -> int:
        """The page asked for, from 1; nonsense is the first."""
        asked = self.request.GET.get(PAGE, "1").lstrip("0")
        if not (asked.isascii() and asked.isdecimal()):
            return 1
        return min(int(asked), MOST_PAGES) if len(asked) <= MOST_DIGITS else MOST_PAGES

    @property
    def sort(self) -> str:
        """The column sorted by, with `-` for descending; the default where the address names none that can."""
        asked = self.request.GET.get(SORT, "")
        column = self.columns.get(asked.removeprefix("-"))
        return asked if column and column.sort else self.default

    @property
    def wants_csv(self) -> bool:
        return self.record is not None and self.request.GET.get(FORMAT) == "csv"

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out, so that an empty list does not mean that there is nothing."""
        return any(value for name, value in self.request.GET.items() if name not in {SORT, PAGE, FORMAT})

    @property
    def has_filters(self) -> bool:
        """Whether there is anything to look for; a list in which nothing is yet asks for nothing."""
        return self.filters is not None and bool(self.lines or self.is_filtered or self.page > 1)

    # -- What the page shows --

    @property
    def controls(self) -> SafeString:
        """The fields of the filters as HTML."""
        if self.form is not None:
            return _fields(self.form)
        return _untouched(self.filters) if self.filters else SafeString()  # type: ignore[arg-type]

    @property
    def head(self) -> SafeString:
        """The headings as HTML, drawn here as the rows are; a click on the sorted one turns the order around."""
        return mark_safe("".join(self._heading(*each) for each in self.columns.items()))  # noqa: S308 (escaped)

    @property
    def body(self) -> SafeString:
        """The rows as HTML, each cell with its heading for small screens.

        Drawn here and not in the template, where 25 rows take five times as long.
        """
        openings = [
            f'<td data-label="{escape(column.label)}"{NUMBER if column.is_number else ""}>'
            for column in self.columns.values()
        ]
        rows = ("".join(map(_drawn, openings, line)) for line in self.lines)
        drawn = (f"<tr>{pick}{row}</tr>\n" for pick, row in zip(self.picks, rows, strict=True))
        return mark_safe("".join(drawn))  # noqa: S308 (each text is escaped)

    @property
    def next_url(self) -> str:
        return self._address(**{PAGE: str(self.page + 1)}) if self.has_next else ""

    @property
    def previous_url(self) -> str:
        return self._address(**{PAGE: str(self.page - 1) if self.page > 2 else None}) if self.page > 1 else ""

    @property
    def first_url(self) -> str:
        return self._address(**{PAGE: None})

    @property
    def csv_url(self) -> str:
        return self._address(**{FORMAT: "csv", PAGE: None}) if self.record is not None else ""

    @property
    def clear_url(self) -> str:
        return self.request.path

    @property
    def span(self) -> str:
        """From which to which row the page shows, `26–50`."""
        first = (self.page - 1) * PAGE_SIZE
        return f"{first + 1:,}–{first + len(self.lines):,}" if self.lines else ""

    def csv(self, name: str) -> StreamingHttpResponse:
        """Answer with every row that the filters leave, as a file that no spreadsheet takes for formulas."""
        record = self.record or (lambda row: [cell.text for cell in self.line(row)])
        header = self.record_header or [column.label for column in self.columns.values()]
        found: Iterable[Row] = self.rows.iterator(chunk_size=AT_ONCE)
        if self.prepare is not _nothing:
            found = list(found)
            self.prepare(found)
        return sheet(name, header, (record(row) for row in found))

    def _heading(self, name: str, column: Column) -> str:
        label, number = escape(column.label), NUMBER if column.is_number else ""
        if not column.sort:
            return f'<th scope="col"{number}>{label}</th>'
        direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
        turned = f"-{name}" if direction == "ascending" or (column.is_number and not direction) else name
        url = escape(self._address(**{SORT: turned, PAGE: None}))
        sort = f' aria-sort="{direction}"' if direction else ""
        order = f'<span class="order" aria-hidden="true">{ARROWS.get(direction, "")}</span>'
        return f'<th scope="col"{number}{sort}><a href="{url}">{label}{order}</a></th>'

    def _sorted(self, rows: Rows[Row]) -> Rows[Row]:
        sign = "-" if self.sort.startswith("-") else ""
        fields = self.columns[self.sort.removeprefix("-")].sort
        return rows.order_by(*(f"{sign}{name}" for name in fields), f"{sign}pk")

    def _address(self, **changes: Any) -> str:
        said = [(name, value) for name, values in self.request.GET.lists() if name not in changes for value in values]
        said += [(name, value) for name, value in changes.items() if value is not None]
        return f"?{urlencode(said)}" if said else self.request.path
