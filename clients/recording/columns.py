"""The columns of each kind of fact and what their values look like: INTERFACE.md's files, word for word.

A good row is recognised by one regular expression over the whole of it, which is what makes a million rows
quick; only a row that does not match is looked at column by column, to say what is wrong with it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from affiliates.models.partner import EndedBy, PartnerKind
from affiliates.months import YEARS
from clients.models import ReversalKind
from clients.models.category import Category

MOST_SERVICE_MONTHS = 120

KEY = r"[A-Za-z0-9._:\-]{1,64}"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DAY_OR_MONTH = rf"{DAY}|[0-9]{{4}}-[0-9]{{2}}"
MONEY = r"-?[0-9]{1,10}(?:\.[0-9]{1,2})?"
POSITIVE_MONEY = r"(?=[0-9.]*[1-9])[0-9]{1,10}(?:\.[0-9]{1,2})?"
TEXT = r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?"
WORD = r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\s\x00-\x1f\x7f])?"
DOMAIN = r"[^\s\x00-\x1f\x7f]{1,253}"
EMAIL = r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}"
NUMBER = r"[0-9]{1,9}"
MONTHS = r"[1-9][0-9]{0,2}"

SAY_KEY = "a key is 1 to 64 letters, digits, “.”, “_”, “-” or “:”"
SAY_DAY = "write an existing day like 2026-03-31"
SAY_DAY_OR_MONTH = "write an existing day like 2026-03-01"
SAY_MONEY = "write a plain decimal with at most two places and ten digits before them, like 1000.00"
SAY_POSITIVE = f"{SAY_MONEY}, more than 0"
SAY_TEXT = "write 1 to 200 characters without spaces around them"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `is_optional` may be left out of the file, `is_blank` may be empty in a row."""

    name: str
    pattern: str
    right: str
    sql: str = "text"
    is_optional: bool = False
    is_blank: bool = False

    def matcher(self) -> str:
        return f"(?:{self.pattern})?" if self.is_blank else f"(?:{self.pattern})"


def _one_of(words: Sequence[str]) -> tuple[str, str]:
    return "|".join(map(re.escape, words)), f"write one of {', '.join(words)}"


PARTNERS = (
    Column("partner", KEY, SAY_KEY),
    Column("name", TEXT, SAY_TEXT),
    Column("kind", *_one_of(PartnerKind.values)),
    Column("email", EMAIL, "write an e-mail address like ada@example.com"),
    Column("joined_on", DAY, SAY_DAY, "date"),
    Column("terminated_on", DAY, SAY_DAY, "date", is_optional=True, is_blank=True),
    Column("terminated_by", *_one_of(EndedBy.values), is_optional=True, is_blank=True),
)
CLIENTS = (
    Column("client", KEY, SAY_KEY),
    Column("partner", KEY, SAY_KEY),
    Column("name", TEXT, SAY_TEXT),
    Column("domain", DOMAIN, "write a domain like example.com", is_blank=True),
    Column("closed_on", DAY, SAY_DAY, "date"),
    Column("canceled_on", DAY, SAY_DAY, "date", is_optional=True, is_blank=True),
)
INVOICES = (
    Column("invoice", KEY, SAY_KEY),
    Column("client", KEY, SAY_KEY),
    Column("issued_on", DAY, SAY_DAY, "date"),
    Column("line", NUMBER, "write a number like 1", "integer"),
    Column("category", WORD, f"write one of {', '.join(Category.values)}, or another word for finance to map"),
    Column("amount", MONEY, SAY_MONEY, "numeric"),
    Column("service_from", DAY_OR_MONTH, SAY_DAY_OR_MONTH, "date", is_optional=True, is_blank=True),
    Column("service_months", MONTHS, f"write a number from 1 to {MOST_SERVICE_MONTHS}", "smallint", True, True),
)
PAYMENTS = (
    Column("payment", KEY, SAY_KEY),
    Column("invoice", KEY, SAY_KEY),
    Column("amount", POSITIVE_MONEY, SAY_POSITIVE, "numeric"),
    Column("received_on", DAY, SAY_DAY, "date"),
)
REVERSALS = (
    Column("reversal", KEY, SAY_KEY),
    Column("payment", KEY, SAY_KEY),
    Column("kind", *_one_of(ReversalKind.values)),
    Column("amount", POSITIVE_MONEY, SAY_POSITIVE, "numeric"),
    Column("occurred_on", DAY, SAY_DAY, "date"),
)
# In the order in which they build on each other.
KINDS: dict[str, tuple[Column, ...]] = {
    "partners": PARTNERS,
    "clients": CLIENTS,
    "invoices": INVOICES,
    "payments": PAYMENTS,
    "reversals": REVERSALS,
}

_good_days = {""}  # With the blank of a column that may be empty.
_MOST_DAYS_KEPT = 100_000


def is_day(text: str) -> bool:
    """Whether a text written like a day, or like a month, is one of our years; kept, since days repeat."""
    if text in _good_days:
        return True
    try:
        is_good = date.fromisoformat(text if len(text) > len("2026-03") else f"{text}-01").year in YEARS
    except ValueError:
        return False
    if is_good and len(_good_days) < _MOST_DAYS_KEPT:
        _good_days.add(text)
    return is_good


class RowFormat:
    """Recognises good rows of one kind: values in the order of its columns, a blank for what is left out."""

    def __init__(self, kind: str) -> None:
        self.columns = KINDS[kind]
        self.matches = re.compile("\t".join(column.matcher() for column in self.columns)).fullmatch
        days = [place for place, column in enumerate(self.columns) if column.sql == "date"]
        self.days = itemgetter(*days, days[0])  # Of two places or more it gives a tuple.
        self.check_more = {"partners": _ended_by_somebody, "invoices": _subscription_months}.get(kind)

    def wrong(self, values: Sequence[str]) -> list[tuple[str, str, str]]:
        """The problems of a row: (column, what is wrong, what would be right), none for a good one."""
        found = []
        for column, value in zip(self.columns, values, strict=True):
            if not value:
                if not column.is_blank:
                    found.append((column.name, "is missing", column.right))
            elif not re.fullmatch(column.pattern, value):
                found.append((column.name, f"“{_short(value)}” does not do", column.right))
            elif column.sql == "date" and not is_day(value):
                found.append((column.name, f"“{value}” {_why_no_day(value)}", column.right))
        if not found and self.check_more:
            found.extend(self.check_more(values))
        return found

    def is_good(self, values: Sequence[str], joined: str) -> bool:
        """Whether a row has nothing wrong with it; `joined` is its values with tabs between them."""
        return (
            self.matches(joined) is not None
            and (_good_days.issuperset(self.days(values)) or all(map(is_day, self.days(values))))
            and not (self.check_more and self.check_more(values))
        )


def _why_no_day(value: str) -> str:
    is_ours = int(value[:4]) in YEARS
    return "is no day of the calendar" if is_ours else f"lies outside the years {YEARS[0]} to {YEARS[-1]}"


def _short(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:40]}…"


def _ended_by_somebody(values: Sequence[str]) -> list[tuple[str, str, str]]:
    if values[6] and not values[5]:
        return [("terminated_by", "says who ended it, but not when", "give terminated_on, or leave both empty")]
    return []


def _subscription_months(values: Sequence[str]) -> list[tuple[str, str, str]]:
    months = values[7]
    if months and int(months) > MOST_SERVICE_MONTHS:
        return [("service_months", f"“{months}” is too many", f"write a number from 1 to {MOST_SERVICE_MONTHS}")]
    if values[4] == Category.SUBSCRIPTION and not (months and values[6]):
        name = "service_months" if values[6] else "service_from"
        return [(name, "is missing", "a subscription line says from when and for how many months it is")]
    return []
