from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from commissions.models import Period
from commissions.services.post_period import post_period
from payouts.services.open_payouts import open_payouts
from payouts.services.tell_of_payout import tell_of_closing


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed period and how many payouts it opened."""

    period: Period
    payouts: int


def close_period(*, month: date, by: User | None, at: datetime) -> Closed:
    """This function will close a month: its run becomes final, enters the ledger, and opens the payouts.

    :raises PeriodIsClosed: the month, or a later one, is closed
    :raises PeriodCannotClose: there is no finished run, it is older than its facts, or an earlier month is open
    """
    with transaction.atomic():
        period = post_period(month=month, by=by, at=at)
        payouts = open_payouts(period=period, computed_by=period.run.computed_by, closed_by=by, at=at)
        tell_of_closing(period)
    return Closed(period, payouts)
