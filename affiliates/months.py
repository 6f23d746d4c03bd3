"""A month is the `date` of its first day; these few functions are all that anyone needs to know of it."""

import calendar
import re
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
YEARS = range(1900, 3000)
WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_of(day: date) -> date:
    """The month that a day lies in."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month: 31 January + 1 is 28 or 29 February."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(month: date) -> date:
    """The last day of a month."""
    return add_months(month_of(month), 1) - ONE_DAY


def parse_month(text: str) -> date:
    """This function will read `2026-03`.

    :raises ValueError: it is written otherwise; the message says how
    """
    found = WRITTEN.fullmatch(text)
    if not found or int(found[1]) not in YEARS:
        raise ValueError(f"“{text}” is not a month; write it like 2026-03")
    return date(int(found[1]), int(found[2]), 1)


def show_month(month: date) -> str:
    """A month as commands and files write it: `2026-03`."""
    return f"{month:%Y-%m}"
