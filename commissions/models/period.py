from datetime import date
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.expressions import RawSQL

from accounts.append_only import no_truncate
from affiliates.months import add_months, last_day, show_month

# Written as SQL once: query sets of months and what reads a partner's months (`partner_months.py`) both ask it.
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


class PeriodQuerySet(models.QuerySet["Period"]):
    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def last_closed(self) -> "Period | None":
        """The newest month that was closed, or None before the first."""
        return self.closed().order_by("-month").first()

    def shown(self) -> Self:
        """Months with amounts to look at: those closed, and the open one that was computed last, upon them."""
        return self.filter(RawSQL(IS_SHOWN, (), BooleanField()))  # noqa: S611 (the words are those above)

    def newest(self) -> "Period | None":
        """The month whose amounts are the latest: the open one, else the last closed."""
        is_open = ExpressionWrapper(Q(closed_at=None), output_field=BooleanField())
        return self.shown().order_by(is_open.desc(), "-month").first()

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
