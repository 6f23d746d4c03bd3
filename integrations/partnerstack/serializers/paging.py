"""Pages of the program's rows, newest first, after a key; and the keys.

Rows are ordered by day and then by number, so that of rows of one day none is skipped and none comes twice. What came
from PartnerStack keeps its key; what did not has one of its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from affiliates.models import Program
from integrations.partnerstack.formats import Kind, beginning_of, milliseconds_of
from integrations.partnerstack.models import Counterpart

PREFIXES = {
    Kind.GROUPS: "grup",
    Kind.PARTNERSHIPS: "part",
    Kind.CUSTOMERS: "cust",
    Kind.LEADS: "lead",
    Kind.DEALS: "deal",
}
FIELDS = {Kind.PARTNERSHIPS: "partner", Kind.CUSTOMERS: "client", Kind.LEADS: "lead", Kind.DEALS: "lead"}
OWN_KEY = re.compile(r"([a-z]{4})_t([0-9]{1,15})")


class UnknownKey(Exception):
    """There is no row of that kind with the key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks for: rows after a key, made or changed at a moment or later, and of rewards which.

    `only` is the key of a single row, instead.
    """

    program: Program
    limit: int = 1
    after: str = ""
    only: str = ""
    min_created: datetime | None = None
    min_updated: datetime | None = None
    is_scheduled: bool = False

    @property
    def since(self) -> date | None:
        """The first day that begins at `min_created` or later."""
        if self.min_created is None:
            return None
        day: date = self.program.day(self.min_created)
        return day if beginning_of(day, self.program.time_zone) >= self.min_created else day + timedelta(days=1)

    def begins(self, day: date | None) -> int | None:
        """A day as PartnerStack writes times: its first moment in the program's time zone."""
        return milliseconds_of(beginning_of(day, self.program.time_zone)) if day else None


def rows_of_page(rows: "QuerySet[Any]", kind: Kind, day: str, asked: Asked, *, updated: str) -> tuple[list[Any], bool]:
    """The rows after the key that is asked for, and whether there are more after them.

    :raises UnknownKey: there is no row with the key
    """
    if asked.only:
        rows = rows.filter(pk=number_of(kind, asked.only))
    if asked.after:
        last = rows.model.objects.filter(pk=number_of(kind, asked.after)).values_list(day, "pk").first()
        if last is None:
            raise UnknownKey
        rows = rows.filter(Q(**{f"{day}__lt": last[0]}) | Q(**{day: last[0], "pk__lt": last[1]}))
    if since := asked.since:
        rows = rows.filter(**{f"{day}__gte": since})
    if asked.min_updated is not None:
        rows = rows.filter(**{f"{updated}__gte": asked.min_updated})
    found = list(rows.order_by(f"-{day}", "-pk")[: asked.limit + 1])
    return found[: asked.limit], len(found) > asked.limit


def own_key(kind: Kind, number: int) -> str:
    """The key of what did not come from PartnerStack."""
    return f"{PREFIXES[kind]}_t{number}"


def keys_of(kind: Kind, numbers: Sequence[int]) -> dict[int, str]:
    """The keys of rows by their numbers, in one query."""
    field = FIELDS[kind]
    theirs = Counterpart.objects.filter(kind=kind, **{f"{field}__in": set(numbers)}).order_by("-key")
    return {number: own_key(kind, number) for number in numbers} | dict(theirs.values_list(field, "key"))


def number_of(kind: Kind, key: str) -> int:
    """The number of the row that a key is of.

    :raises UnknownKey: it is of none
    """
    number: int | None = Counterpart.objects.filter(kind=kind, key=key).values_list(FIELDS[kind], flat=True).first()
    own = OWN_KEY.fullmatch(key)
    if number is None and own is not None and own[1] == PREFIXES[kind]:
        number = int(own[2])
    if number is None:
        raise UnknownKey
    return number
