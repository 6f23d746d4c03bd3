from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, DecimalField, ExpressionWrapper, Field, Q
from django.db.models.expressions import RawSQL

from accounts.append_only import no_truncate
from accounts.reading import read_rows
from affiliates.models import Partner
from affiliates.months import add_months, last_day, month_of, show_month

# Written as SQL: every page of a partner asks this, and Django takes longer to word it than PostgreSQL to answer.
IS_SHOWN = """
    (commissions_period.closed_at IS NOT NULL OR commissions_period.month = (
        SELECT run.period_id
        FROM commissions_run AS run JOIN commissions_period AS ran ON ran.month = run.period_id
        WHERE run.state = 'done' AND ran.closed_at IS NULL AND run.after_id IS NOT DISTINCT FROM (
            SELECT max(month) FROM commissions_period WHERE closed_at IS NOT NULL
        )
        ORDER BY run.started_at DESC
        LIMIT 1
    ))
"""
POSTED = """
    coalesce(
        CASE WHEN commissions_period.closed_at IS NULL THEN (
            SELECT sum(amount) FROM commissions_commission
            WHERE partner_id = %s AND period_id = commissions_period.month AND state = 'posted'
        ) ELSE (
            SELECT amount FROM commissions_ledgerentry
            WHERE partner_id = %s AND period_id = commissions_period.month AND kind = 'commission'
        ) END,
        0.00
    )
"""
HELD_BACK = """
    coalesce((
        SELECT sum(amount) FROM commissions_commission
        WHERE partner_id = %s AND period_id = commissions_period.month AND state = 'waiting'
    ), 0.00)
"""
OF_ITS_OWN_MONTH = """
    (
        SELECT {} FROM commissions_commission
        WHERE partner_id = %s AND period_id = commissions_period.month AND service_month = commissions_period.month
        LIMIT 1
    )
"""
NEWEST_OF = f"""
    SELECT commissions_period.month, commissions_period.closed_at IS NOT NULL, {POSTED}, {HELD_BACK}, own.mrr, own.rate,
           coalesce((SELECT batch_id FROM commissions_run WHERE period_id = commissions_period.month), 0)
    FROM commissions_period LEFT JOIN LATERAL (
        SELECT mrr, rate FROM commissions_commission
        WHERE partner_id = %s AND period_id = commissions_period.month AND service_month = commissions_period.month
        LIMIT 1
    ) AS own ON true
    WHERE {IS_SHOWN} AND commissions_period.month >= %s
    ORDER BY commissions_period.month DESC
    LIMIT %s
"""

MONEY: "Field[Any, Any]" = DecimalField(max_digits=18, decimal_places=2)


def _sql(words: str, *parameters: int, output_field: "Field[Any, Any]" = MONEY) -> RawSQL:
    return RawSQL(words, parameters, output_field)  # noqa: S611 (the words are those above)


class MonthOf(NamedTuple):
    """A month as a partner earned in it: the figures of `with_sums_of`, and up to which batch its run saw facts."""

    month: date
    is_closed: bool
    posted: Decimal
    held_back: Decimal
    mrr: Decimal | None
    rate: Decimal | None
    batch: int


class PeriodQuerySet(models.QuerySet["Period"]):
    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def last_closed(self) -> "Period | None":
        """The newest month that was closed, or None before the first."""
        return self.closed().order_by("-month").first()

    def shown(self) -> Self:
        """Months with amounts to look at: those closed, and the open one that was computed last, upon them."""
        return self.filter(_sql(IS_SHOWN, output_field=BooleanField()))

    def newest(self) -> "Period | None":
        """The month whose amounts are the latest: the open one, else the last closed."""
        is_open = ExpressionWrapper(Q(closed_at=None), output_field=BooleanField())
        return self.shown().order_by(is_open.desc(), "-month").first()

    def with_sums_of(self, partner: Partner) -> Self:
        """Adds a partner's figures of each month: `posted`, `held_back`, `mrr` and `rate`.

        What a closed month posted is its entry in the ledger. `mrr` and `rate` are those of the month itself,
        None where it brought nothing.
        """
        return self.annotate(
            posted=_sql(POSTED, partner.pk, partner.pk),
            held_back=_sql(HELD_BACK, partner.pk),
            mrr=_sql(OF_ITS_OWN_MONTH.format("mrr"), partner.pk),
            rate=_sql(OF_ITS_OWN_MONTH.format("rate"), partner.pk),
        )

    def newest_of(self, partner: Partner, count: int) -> list[MonthOf]:
        """The newest months that are shown to a partner, the latest first."""
        key = partner.pk
        asked = [key, key, key, key, month_of(partner.joined_on), count]
        return [MonthOf(*row) for row in read_rows(NEWEST_OF, asked)]

    def ledger_day(self, on: date) -> date:
        """The day on which something of a day enters the ledger: no earlier than the first open one.

        What a closed month's statements say about its end would no longer hold otherwise.
        """
        closed = self.last_closed()
        return on if closed is None else max(on, closed.next_month)


class Period(models.Model):
    """A calendar month of the program. Once closed it does not change any more."""

    month = models.DateField(primary_key=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PeriodQuerySet.as_manager()

    seen_by_partner = "true"

    class Meta:
        ordering = ("-month",)
        constraints = (models.CheckConstraint(condition=models.Q(month__day=1), name="a_period_is_a_month"),)
        triggers = (
            pgtrigger.Protect(
                name="closed_stays_closed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
            no_truncate(),
        )

    def __str__(self) -> str:
        return show_month(self.month)

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def as_of(self) -> date:
        """The last day of the month: facts dated later do not count in its run."""
        return last_day(self.month)

    @property
    def next_month(self) -> date:
        return add_months(self.month, 1)
