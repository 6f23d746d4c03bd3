"""A partner's months with their figures: what the overview and the list of commissions read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.reading import Question, read_rows
from affiliates.models import Partner
from affiliates.months import month_of
from commissions.models.period import IS_SHOWN

MONTHS = f"""
    SELECT commissions_period.month, commissions_period.closed_at IS NOT NULL,
           coalesce(
               CASE WHEN commissions_period.closed_at IS NULL THEN (
                   SELECT sum(amount) FROM commissions_commission
                   WHERE partner_id = %s AND period_id = commissions_period.month AND state = 'posted'
               ) ELSE (
                   SELECT amount FROM commissions_ledgerentry
                   WHERE partner_id = %s AND period_id = commissions_period.month AND kind = 'commission'
               ) END,
               0.00
           ),
           coalesce((
               SELECT sum(amount) FROM commissions_commission
               WHERE partner_id = %s AND period_id = commissions_period.month AND state = 'waiting'
           ), 0.00),
           own.mrr, own.rate, coalesce(last_run.batch_id, 0)
    FROM commissions_period
    LEFT JOIN commissions_run AS last_run ON last_run.period_id = commissions_period.month
    LEFT JOIN LATERAL (
        SELECT mrr, rate FROM commissions_commission
        WHERE partner_id = %s AND period_id = commissions_period.month AND service_month = commissions_period.month
        LIMIT 1
    ) AS own ON true
    WHERE {IS_SHOWN}
"""
ONE = MONTHS + "AND commissions_period.month = %s"
SINCE = MONTHS + "AND commissions_period.month >= %s ORDER BY commissions_period.month "
NEWEST = f"""
    SELECT %s::bigint, commissions_period.month, coalesce(last_run.batch_id, 0)
    FROM commissions_period
    LEFT JOIN commissions_run AS last_run ON last_run.period_id = commissions_period.month
    WHERE {IS_SHOWN} AND commissions_period.month >= %s
    ORDER BY commissions_period.month DESC LIMIT 1
"""
NEWEST_FIRST, OLDEST_FIRST = f"{SINCE} DESC LIMIT %s OFFSET %s", f"{SINCE} ASC LIMIT %s OFFSET %s"


class PartnerMonth(NamedTuple):
    """What a partner earned in a month, and up to which batch its run saw facts.

    What a closed month posted is its entry in the ledger. `mrr` and `rate` are those of the month itself, None
    where it brought nothing.
    """

    month: date
    is_closed: bool
    posted: Decimal
    held_back: Decimal
    mrr: Decimal | None
    rate: Decimal | None
    batch: int


@dataclass(frozen=True, slots=True)
class PartnerMonths:
    """The months that are shown to a partner, since it joined, as a list asks for its rows: the latest first."""

    partner: Partner
    is_oldest_first: bool = False

    def newest(self, count: int) -> Question:
        """The latest months, to be asked together with something else."""
        key, since = self.parameters_of_newest()
        return Question(NEWEST_FIRST, len(PartnerMonth._fields), [key, key, key, key, since, count, 0], PartnerMonth)

    def parameters_of_newest(self) -> tuple[int, date]:
        """What `NEWEST` asks for: the partner, and the first month that it sees."""
        return self.partner.pk, month_of(self.partner.joined_on)

    def get(self, month: date) -> PartnerMonth | None:
        """One month, of before it joined too; None where it is not shown."""
        return next(iter(self._read(ONE, month)), None)

    def order_by(self, *fields: str) -> "PartnerMonths":
        """By the month: there is nothing else to order them by."""
        return replace(self, is_oldest_first=not fields[0].startswith("-"))

    def __getitem__(self, asked: slice) -> list[PartnerMonth]:
        first = asked.start or 0
        return self._since_it_joined(asked.stop - first, first)

    def iterator(self, chunk_size: int = 0) -> Iterator[PartnerMonth]:
        return iter(self._since_it_joined(None, 0))

    def _since_it_joined(self, count: int | None, first: int) -> list[PartnerMonth]:
        asked = OLDEST_FIRST if self.is_oldest_first else NEWEST_FIRST
        return self._read(asked, month_of(self.partner.joined_on), count, first)

    def _read(self, asked: str, *besides: object) -> list[PartnerMonth]:
        key = self.partner.pk
        return [PartnerMonth(*row) for row in read_rows(asked, [key, key, key, key, *besides])]
