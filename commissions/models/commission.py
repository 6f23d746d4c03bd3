from datetime import date
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.append_only import no_truncate
from affiliates.models import Partner
from clients.models import Client
from commissions.models.period import Period


class CommissionState(models.TextChoices):
    POSTED = "posted", "Posted"
    WAITING = "waiting", "Waiting"


class CommissionQuerySet(models.QuerySet["Commission"]):
    def posted(self) -> Self:
        return self.filter(state=CommissionState.POSTED)

    def waiting(self) -> Self:
        return self.filter(state=CommissionState.WAITING)

    def standing(self, newest: Period | None) -> Self:
        """Those that count now: posted in months that are closed, and all of the newest month (`Period.newest`)."""
        final = Q(state=CommissionState.POSTED, period__closed_at__isnull=False)
        return self.filter(final | Q(period=newest)) if newest else self.filter(final)

    def corrections(self, period: date) -> Self:
        """Posted amounts of a period that settle months before it."""
        return self.posted().filter(period=period, service_month__lt=period)


CLOSED_IS_FINAL = """
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT period_id FROM {rows}) AS touched
        JOIN commissions_period AS period ON period.month = touched.period_id
        WHERE period.closed_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'commissions of a closed period are final';
    END IF;
    RETURN NULL;
"""


class Commission(models.Model):
    """One amount of a period's run: for a partner, a client and a service month.

    `amount = target − posted_before` of a posted row; a waiting row holds back its amount until
    `waiting_until` (B). `mrr` is the partner's MRR of the service month, `base` the client's part of it as
    it stands now. Rows of an open period are made anew by each run; closing makes them final, which the
    statement-level triggers keep (checking each row would cost more than the run itself). For the same
    reason partner and client are not checked row by row: the run takes both from their own tables, from
    which nothing is ever deleted, and closing proves them as a set.
    """

    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, related_name="commissions", db_index=False, db_constraint=False
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="commissions", db_index=False, db_constraint=False
    )
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="commissions", db_index=False, db_constraint=False
    )
    service_month = models.DateField()
    state = models.CharField(max_length=10, choices=CommissionState.choices)
    mrr = models.DecimalField("MRR", max_digits=18, decimal_places=2)
    rate = models.DecimalField(max_digits=5, decimal_places=4)
    base = models.DecimalField(max_digits=18, decimal_places=2)
    target = models.DecimalField(max_digits=18, decimal_places=2)
    posted_before = models.DecimalField(max_digits=18, decimal_places=2)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    waiting_until = models.DateField(null=True, blank=True)

    objects = CommissionQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("period", "partner"), name="commissions_of_a_month"),
            models.Index(fields=("partner", "period"), condition=Q(state="waiting"), name="amounts_that_wait"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("partner", "service_month", "client", "period", "state"),
                name="one_amount_per_partner_client_and_month",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="an_amount_is_not_zero"),
            models.CheckConstraint(
                condition=Q(state="posted", waiting_until__isnull=True, amount=F("target") - F("posted_before"))
                | Q(state="waiting", waiting_until__isnull=False),
                name="posted_is_the_difference_and_waiting_has_its_day",
            ),
        )
        triggers = (
            pgtrigger.Protect(name="amounts_stand", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="nothing_new_in_a_closed_period",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func=CLOSED_IS_FINAL.format(rows="new_rows"),
            ),
            pgtrigger.Trigger(
                name="nothing_gone_from_a_closed_period",
                operation=pgtrigger.Delete,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(old="old_rows"),
                func=CLOSED_IS_FINAL.format(rows="old_rows"),
            ),
            no_truncate(),
        )

    def __str__(self) -> str:
        return f"{self.period_id:%Y-%m} {self.partner}: {self.client} for {self.service_month:%Y-%m}"
