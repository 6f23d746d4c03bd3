"""The months that a line of an invoice is for."""

from datetime import date

from affiliates.months import add_months

# What is left after the whole months counts as a month of its own where it is longer than so many days.
HALF_A_MONTH = 15


def service_months(first: date, end: date) -> int:
    """This function will count the months from a day to the day on which the next period begins, at least one.

    Months are the calendar's: from 31 January to 28 February is one, and so is from 28 February to 31 March. A rest
    of up to 15 days is dropped, a longer one is a month: proration and odd periods come out at the nearest count.
    """
    months = max((end.year - first.year) * 12 + end.month - first.month, 0)
    while months and add_months(first, months) > end:
        months -= 1
    rest = (end - add_months(first, months)).days
    return max(months + (rest > HALF_A_MONTH), 1)
