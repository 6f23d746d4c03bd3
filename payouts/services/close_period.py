from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from commissions.models import Period
from commissions.services.post_period import post_period
from payouts.services.open_payouts import open_payouts
from payouts.services.tell_of_payout import tell_of_closing


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed period and how many payouts it opened."""

    period: Period
    payouts: int


class ShownOtherwise(Exception):
    """The month was computed anew after its totals were looked at; the message says so."""


@needs(Right.RUN_MONTHS)
def close_period(*, month: date, by: User | None, at: datetime, seen: str | None = None) -> Closed:
    """This function will close a month: its run becomes final, enters the ledger, and opens the payouts.

    `seen` is the `mark` of the run that was looked at; None closes whatever was computed last.

    :raises PeriodIsClosed: the month, or a later one, is closed
    :raises PeriodCannotClose: there is no finished run, it is older than its facts, or an earlier month is open
    :raises ShownOtherwise: the run is another one by now than the one that was looked at
    """
    with transaction.atomic():
        period = post_period(month=month, by=by, at=at)
        if seen is not None and seen != period.run.mark:
            raise ShownOtherwise(
                f"{period} was computed anew since you looked: look at its totals again, then close it"
            )
        payouts = open_payouts(period=period, computed_by=period.run.computed_by, closed_by=by, at=at)
        tell_of_closing(period)
    return Closed(period, payouts)
