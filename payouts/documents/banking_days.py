"""The days on which banks move money: none of a weekend, none that their payment system keeps as a holiday."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import holidays

from payouts.models import FileFormat

SATURDAY, SUNDAY = 5, 6
A_DAY = timedelta(days=1)
# Who moves the money of a file; those that are not here, it is enough to spare the weekend.
CARRIERS = {FileFormat.NACHA: "the Federal Reserve", FileFormat.SEPA: "TARGET, the system of the euro"}


def closed_because(file_format: FileFormat, on: date) -> str:
    """Why no money of a file moves on a day, like `Christmas Day`; nothing where it does."""
    if on.weekday() >= SATURDAY:
        return f"a {on:%A}"
    return _kept(file_format, on.year).get(on, "")


def first_banking_day(file_format: FileFormat, on: date) -> date:
    """The first day from `on` on, itself included, on which a file's money moves."""
    while closed_because(file_format, on):
        on += A_DAY
    return on


def holidays_from(file_format: FileFormat, first: date, last: date) -> Iterator[tuple[date, str]]:
    """Yield the holidays from one day to another that fall on no weekend, each with its name."""
    for year in range(first.year, last.year + 1):
        for on, name in sorted(_kept(file_format, year).items()):
            if first <= on <= last and on.weekday() < SATURDAY:
                yield on, name


@cache
def _kept(file_format: FileFormat, year: int) -> dict[date, str]:
    """The holidays of the system that moves a file's money.

    The Federal Reserve keeps one of a Sunday on the Monday after it, and one of a Saturday not at all:
    https://www.frbservices.org/about/holiday-schedules. TARGET moves none.
    """
    if file_format == FileFormat.NACHA:
        named = holidays.country_holidays("US", years=year, observed=False).items()
        return {on + A_DAY if on.weekday() == SUNDAY else on: name for on, name in named}
    if file_format == FileFormat.SEPA:
        return dict(holidays.financial_holidays("XECB", years=year).items())
    return {}
