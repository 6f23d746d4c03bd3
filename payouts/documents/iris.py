"""1099-NEC forms as the IRS takes them by file: the CSV of the IRIS Taxpayer Portal.

What the columns stand on, and what is to be held against the portal's own template, is in
`docs/decisions/year-end.md`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from defusedcsv import csv

from payouts.documents.payment import in_ascii

MOST_FORMS = 100  # The portal takes no more in a file.
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_CITY = 40, 35, 40
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9&'/# -]")
PLACE = re.compile(r"(?P<city>.+?),?\s+(?P<state>[A-Za-z]{2})[\s,]+(?P<zip>\d{5}(?:-?\d{4})?)")
SUFFIXES = ("JR", "SR", "II", "III", "IV")
_NAME = (
    "Business or Entity Name Line 1", "Business or Entity Name Line 2", "First Name", "Middle Name",
    "Last Name (Surname)", "Suffix",
)  # fmt: skip
_ADDRESS = (
    "Country", "Address Line 1", "Address Line 2", "City/Town", "State/Province/Territory", "ZIP/Postal Code",
)  # fmt: skip
_STATE = (
    "State Tax Withheld", "State/Payer state number", "State income", "Local income tax withheld",
    "Special Data Entries",
)  # fmt: skip
COLUMNS: tuple[str, ...] = (
    "Form Type", "Tax Year",
    *(f"Payer {each}" for each in ("TIN Type", "Taxpayer ID Number", "Name Type", *_NAME, *_ADDRESS)),
    "Payer Phone Type", "Payer Phone", "Payer Email Address",
    *(f"Recipient {each}" for each in ("TIN Type", "Taxpayer ID Number", "Name Type", *_NAME, *_ADDRESS)),
    "Office Code", "Form Account Number", "2nd TIN Notice", "Box 1 - Nonemployee Compensation",
    "Box 2 - Payer made direct sales totaling $5000 or more of consumer products to a recipient for resale",
    "Box 4 - Federal income tax withheld", "Combined Federal/State Filing",
    *(name for state in ("State 1", "State 2") for name in (state, *(f"{state} - {each}" for each in _STATE))),
)  # fmt: skip


class CannotBeFiled(Exception):
    """What is known of somebody does not make a form; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Party:
    """A payer or a recipient as the IRS names it. `line_2` is a business's other name."""

    number_type: str
    number: str
    name: str
    line_2: str
    is_person: bool
    street: str
    city: str
    state: str
    zip_code: str


@dataclass(frozen=True, slots=True)
class Form:
    """One 1099-NEC; `account` is what the company knows the recipient by."""

    recipient: Party
    account: str
    amount: Decimal


def read_place(text: str) -> tuple[str, str, str]:
    """The city, state and ZIP code that a tax form writes in one line.

    :raises CannotBeFiled: it is written otherwise
    """
    found = PLACE.fullmatch(" ".join(text.split()))
    if not found:
        raise CannotBeFiled("the address of its W-9 does not end in a city, a state like CA and a ZIP code")
    return found["city"].strip(" ,"), found["state"].upper(), found["zip"]


def write_iris(year: int, payer: Party, phone: str, email: str, forms: Iterable[Form]) -> list[str]:
    """This function will write forms as files of the portal, at most a hundred in each."""
    told = ("1099-NEC", year, *_party(payer), "D", _digits(phone), email)
    rows = [
        (
            *told, *_party(form.recipient), "", in_ascii(form.account)[:20], "N", form.amount, "N", "", "N",
            *([""] * (2 * (1 + len(_STATE)))),
        )
        for form in forms
    ]  # fmt: skip
    return [_written(rows[first : first + MOST_FORMS]) for first in range(0, len(rows), MOST_FORMS)]


def _party(party: Party) -> tuple[str, ...]:
    line_1, line_2 = _in_two(party.street, LONGEST_ADDRESS)
    place = ("US", line_1, line_2, _plain(party.city)[:LONGEST_CITY], party.state, party.zip_code)
    return (party.number_type, _digits(party.number), "I" if party.is_person else "B", *_names(party), *place)


def _names(party: Party) -> tuple[str, ...]:
    if not party.is_person:
        line_1, rest = _in_two(party.name, LONGEST_NAME)
        return line_1, rest or _plain(party.line_2)[:LONGEST_NAME], "", "", "", ""
    words = _plain(party.name).split()
    suffix = words.pop() if len(words) > 1 and words[-1].upper() in SUFFIXES else ""
    *given, last = words
    first, middle = (given[0], " ".join(given[1:])) if given else ("", "")
    return "", "", first[:LONGEST_NAME], middle[:LONGEST_NAME], last[:LONGEST_NAME], suffix


def _in_two(text: str, longest: int) -> tuple[str, str]:
    """A text on two lines, broken between words."""
    words, line = _plain(text).split(), ""
    while words and len(f"{line} {words[0]}".strip()) <= longest:
        line = f"{line} {words.pop(0)}".strip()
    if not line and words:
        line, words[0] = words[0][:longest], words[0][longest:]
    return line, " ".join(words)[:longest]


def _plain(text: str) -> str:
    """A text in the letters that the portal takes; none begins a formula."""
    return " ".join(NOT_IN_NAMES.sub("", in_ascii(text)).split()).lstrip("-'")


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


def _written(rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()
