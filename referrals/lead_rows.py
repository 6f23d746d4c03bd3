"""A file of leads as a partner brings it: its rows read and checked, each thing that is wrong named with its place."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from affiliates.models import Partner
from referrals.companies import NAME_LENGTH, registrable_domain
from referrals.models import Lead
from referrals.models.lead import Crm
from referrals.recognition import DID_NOT_COME, Company, KnownCompanies

MOST_BYTES = 1_000_000
MOST_ROWS = 1000
LONGEST_NOTE = 2000
MOST_PEOPLE = 1_000_000
NEEDED = ("company", "contact", "email")
COLUMNS = ("company", "site", "contact", "email", "agents", "employees", "crm", "note")
SEPARATORS = (",", ";", "\t")
# What a spreadsheet would take for a formula when the list is opened there again.
FORMULA = ("=", "+", "-", "@")
CRMS = {word.lower(): crm.value for crm in Crm for word in (crm.value, crm.label)}


class FileRefused(Exception):
    """The file as a whole cannot be read; the message says what would make it readable."""


class Values(TypedDict):
    """What `register_lead` takes of a row."""

    company: str
    domain: str
    contact: str
    email: str
    agents: int | None
    employees: int | None
    crm: str
    note: str


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A row that can be registered; `line` is its line in the file."""

    line: int
    values: Values


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, in which column, and what would be right."""

    line: int
    column: str
    wrong: str
    right: str
    lead: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    rows: list[LeadRow]
    problems: list[Problem]

    @property
    def count(self) -> int:
        """How many rows the file has, good ones and others."""
        return len({row.line for row in self.rows} | {problem.line for problem in self.problems})


def read_text(content: bytes) -> str:
    """This function will read a file's bytes.

    :raises FileRefused: it is too large, or no text in UTF-8
    """
    if len(content) > MOST_BYTES:
        raise FileRefused(f"The file is larger than 1 MB. Split it into files of at most {MOST_ROWS:,} rows.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused("The file is not text in UTF-8. In your spreadsheet, save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise FileRefused("The file is not a CSV file. In your spreadsheet, save it as “CSV UTF-8”.")
    return text


def check_rows(text: str, partner: Partner) -> Checked:
    """This function will read a file of leads and say what is wrong with it, row by row.

    A row whose company is the partner's lead already, or stands in the file before, is not registered.

    :raises FileRefused: it cannot be read as a whole
    """
    rows: list[LeadRow] = []
    problems: list[Problem] = []
    known = _known_to(partner)
    for line, cells in _cells(text):
        wrong = list(_look_over(line, cells))
        if not wrong:
            row = LeadRow(line, _values(cells))
            wrong = list(_seen_before(row, known))
            if not wrong:
                rows.append(row)
        problems += wrong
    if not rows and not problems:
        raise FileRefused("The file has a header and no rows. Write one company in each line below it.")
    return Checked(rows, problems)


# -- The file ---------------------------------------------------------------------------------------------


def _cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not blank, as its line and its cells by column."""
    lines = io.StringIO(text.lstrip("\ufeff\r\n "), newline="")
    first = lines.readline()
    lines.seek(0)
    reader = csv.reader(lines, delimiter=max(SEPARATORS, key=first.count), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise FileRefused(f"The file has more than {MOST_ROWS:,} rows. Split it into several.")
            if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                raise FileRefused(
                    f"Line {reader.line_num} has {len(cells)} values under {len(header)} headings. "
                    "Put values with a comma in quotes."
                )
            filled = [*cells, *[""] * len(header)]
            yield reader.line_num, {name: filled[place].strip() for place, name in enumerate(header)}
    except csv.Error as error:
        raise FileRefused(
            f"Line {reader.line_num} cannot be read: {error}. Look for a quote that is left open."
        ) from error


def _check_header(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise FileRefused(
            f"The first line has to name the columns, and does not have {_listed(missing, 'or')}. "
            f"The columns are {_listed(COLUMNS)}."
        )
    unknown = [name[:40] for name in header if name not in COLUMNS]
    if unknown:
        raise FileRefused(f"There is no column {_listed(unknown, 'or')}. The columns are {_listed(COLUMNS)}.")
    if len(set(header)) < len(header):
        raise FileRefused("A column stands in the first line twice. Name each one once.")


def _listed(names: "list[str] | tuple[str, ...]", word: str = "and") -> str:
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"


# -- A row ------------------------------------------------------------------------------------------------


def _look_over(line: int, cells: dict[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with a row's own values, at most one thing a column."""
    for column, text in cells.items():
        if column in NEEDED and not text:
            yield Problem(line, column, "It is missing", "Fill it in")
        elif text.startswith(FORMULA):
            yield Problem(line, column, f"It begins with {text[0]} like a formula", "Write the value itself")
        elif not all(letter.isprintable() or letter in "\r\n\t" for letter in text):
            yield Problem(line, column, "It has signs that cannot be shown", "Type it anew")
        elif text and (found := _wrong_with(column, text)):
            yield Problem(line, column, *found)


def _wrong_with(column: str, text: str) -> tuple[str, str] | None:
    """What is wrong with a value and what would be right; None where nothing is."""
    longest = LONGEST_NOTE if column == "note" else NAME_LENGTH
    if len(text) > longest:
        return f"It has {len(text):,} letters", f"Use at most {longest:,}"
    shown = f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
    if column == "email" and not _is_mail(text):
        return f"{shown} is no e-mail address", "Write it like jo@acme.com"
    if column == "site" and not registrable_domain(text):
        return f"{shown} is no address of a site", "Write it like acme.com, or leave it out"
    if column in ("agents", "employees") and not (
        text.isascii() and text.isdecimal() and len(text) <= 7 and 1 <= int(text) <= MOST_PEOPLE
    ):
        return f"{shown} is no number of people", "Write a whole number like 25, or leave it out"
    if column == "crm" and text.lower() not in CRMS:
        return f"{shown} is none of the CRMs", f"Write {_listed(tuple(Crm.values), 'or')}, or leave it out"
    return None


def _is_mail(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _values(cells: dict[str, str]) -> Values:
    def number(column: str) -> int | None:
        return int(cells[column]) if cells.get(column) else None

    return Values(
        company=cells["company"],
        domain=cells.get("site", ""),
        contact=cells["contact"],
        email=cells["email"],
        agents=number("agents"),
        employees=number("employees"),
        crm=CRMS.get(cells.get("crm", "").lower(), ""),
        note=cells.get("note", ""),
    )


# -- The same company -------------------------------------------------------------------------------------


def _known_to(partner: Partner) -> KnownCompanies:
    known = KnownCompanies()
    for lead in Lead.objects.filter(partner=partner).exclude(stage__in=DID_NOT_COME).order_by("pk"):
        known.add(Company.of(lead), lead)
    return known


def _seen_before(row: LeadRow, known: KnownCompanies) -> Iterator[Problem]:
    values = row.values
    company = Company.told(name=values["company"], email=values["email"], site=values["domain"])
    found = known.find(company)
    if found is None:
        known.add(company, row)
    elif isinstance(found, Lead):
        yield Problem(
            row.line,
            "company",
            f"{found.company} is your lead already, registered on {found.registered_on:%-d %B %Y}",
            "Leave the row out",
            found.pk,
        )
    elif isinstance(found, LeadRow):
        yield Problem(row.line, "company", f"It is the company of line {found.line}", "Leave one of them out")
