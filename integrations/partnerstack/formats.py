"""How PartnerStack writes things: its kinds, its envelope, times in epoch milliseconds and money in integer cents."""

import json
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices

MOST_A_PAGE = 250
MOST_CENTS = 999_999_999_999
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
Row = dict[str, Any]


class Kind(TextChoices):
    """What PartnerStack keeps, in the order in which one builds on the other."""

    GROUPS = "groups", "Groups"
    PARTNERSHIPS = "partnerships", "Partnerships"
    CUSTOMERS = "customers", "Customers"
    LEADS = "leads", "Leads"
    DEALS = "deals", "Deals"
    TRANSACTIONS = "transactions", "Transactions"
    REWARDS = "rewards", "Rewards"


SCHEDULED = "rewards, scheduled"
# What is read one after the other: rewards that are scheduled come only when they are asked for.
READS: dict[str, tuple[Kind, dict[str, str]]] = {
    **{kind.value: (kind, {}) for kind in Kind},
    SCHEDULED: (Kind.REWARDS, {"status": "scheduled"}),
}


class BadPage(Exception):
    """A page is not what PartnerStack sends; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and whether there are more after it."""

    items: Sequence[Row]
    has_more: bool


def read_page(content: bytes) -> Page:
    """This function will open an envelope: `{"data": {"has_more": …, "items": […]}, "message": …, "status": …}`.

    :raises BadPage: it is no such envelope
    """
    try:
        envelope = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # Broken JSON, no UTF-8, a number without end.
        raise BadPage(f"it is not readable as JSON ({str(error)[:120]})") from error
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(data, dict):
        raise BadPage("it has no “data” with a page of items")
    items, has_more = data.get("items"), data.get("has_more")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadPage("its “items” are no list of objects")
    if not isinstance(has_more, bool):
        raise BadPage("it does not say in “has_more” whether there are more")
    return Page(items, has_more)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def clean(value: object, most: int = 200) -> str:
    """A text without what cannot be printed and without spaces around it; empty where it is none."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[: 4 * most]).strip()[:most].strip()


def named(value: object, most: int = 200) -> str:
    """A text that comes as itself or inside an object: `account_name`, `product_key`."""
    if isinstance(value, dict):
        found = (clean(value.get(name), most) for name in ("name", "value", "label", "key", "product_key"))
        return next(filter(None, found), "")
    return clean(value, most)


def first_named(row: Row, *names: str, most: int = 200) -> str:
    """The first of some fields that says anything; `metadata.category` is a field inside another."""
    for name in names:
        value: object = row
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if found := named(value, most):
            return found
    return ""


def amount_of(value: object) -> Decimal | None:
    """Integer cents as money; None where they are no integer, or more than we keep."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_CENTS:
        return None
    return Decimal(value).scaleb(-2)


def cents_of(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount.scaleb(2))


def moment_of(value: object) -> datetime | None:
    """Epoch milliseconds as a moment; None where they are none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        moment = FIRST + timedelta(milliseconds=value)
    except OverflowError:
        return None
    return moment if FIRST <= moment <= LAST else None


def milliseconds_of(at: datetime | None) -> int | None:
    """A moment as epoch milliseconds, without what is finer."""
    return None if at is None else (at - FIRST) // timedelta(milliseconds=1)


def beginning_of(day: date, time_zone: str) -> datetime:
    """The first moment of a day in the program's time zone."""
    return datetime.combine(day, time(), tzinfo=zoneinfo.ZoneInfo(time_zone))


def is_test(row: Row) -> bool:
    return row.get("test") is True
