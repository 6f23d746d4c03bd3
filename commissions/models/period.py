from datetime import date
from decimal import Decimal
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.append_only import no_truncate
from affiliates.models import Partner
from affiliates.months import add_months, last_day, show_month


class PeriodQuerySet(models.QuerySet["Period"]):
    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def last_closed(self) -> "Period | None":
        """The newest month that was closed, or None before the first."""
        return self.closed().order_by("-month").first()

    def shown(self) -> Self:
        """Months with amounts to look at: those closed, and the open one that was computed last, upon them."""
        from commissions.models.run import Run, RunState

        closed = Period.objects.closed().order_by("-month")
        builds_on_them = Q(after=Subquery(closed.values("month")[:1])) | (Q(after=None) & ~Exists(closed))
        done = Run.objects.filter(builds_on_them, period__closed_at=None, state=RunState.DONE)
        return self.filter(Q(closed_at__isnull=False) | Q(month=done.order_by("-started_at").values("period")[:1]))

    def newest(self) -> "Period | None":
        """The month whose amounts are the latest: the open one, else the last closed."""
        is_open = ExpressionWrapper(Q(closed_at=None), output_field=BooleanField())
        return self.shown().order_by(is_open.desc(), "-month").first()

    def with_sums_of(self, partner: Partner) -> Self:
        """Adds a partner's figures of each month: `posted`, `held_back`, `mrr` and `rate`.

        What a closed month posted is its entry in the ledger. `mrr` and `rate` are those of the month itself,
        None where it brought nothing.
        """
        from commissions.models.commission import Commission
        from commissions.models.ledger import EntryKind, LedgerEntry

        mine = Commission.objects.filter(partner=partner, period=OuterRef("month")).order_by()
        entry = LedgerEntry.objects.filter(partner=partner, period=OuterRef("month"), kind=EntryKind.COMMISSION)
        of_month = mine.filter(service_month=OuterRef("month"))
        posted, waiting = (
            Subquery(rows.values("period").annotate(sum=Sum("amount")).values("sum"))
            for rows in (mine.posted(), mine.waiting())
        )
        return self.annotate(
            posted=Coalesce(
                Case(When(closed_at=None, then=posted), default=Subquery(entry.values("amount")[:1])),
                Value(Decimal("0.00")),
            ),
            held_back=Coalesce(waiting, Value(Decimal("0.00"))),
            mrr=Subquery(of_month.values("mrr")[:1]),
            rate=Subquery(of_month.values("rate")[:1]),
        )

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
