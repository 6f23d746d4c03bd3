from datetime import datetime, timedelta
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.append_only import no_truncate
from affiliates.models import Partner
from commissions.models import Period

TRIES = 5
LEASE = timedelta(minutes=10)


class StatementState(models.TextChoices):
    DUE = "due", "To be written"
    ISSUED = "issued", "Issued"
    PARKED = "parked", "Failed again and again"


class StatementQuerySet(models.QuerySet["Statement"]):
    def due(self, *, at: datetime) -> Self:
        """Those to be written that nobody was sent to write, or not within the lease."""
        return self.filter(state=StatementState.DUE).filter(Q(sent_at__isnull=True) | Q(sent_at__lte=at - LEASE))


class Statement(models.Model):
    """A partner's PDF statement of a closed period: written once, kept with its SHA-256, never made anew."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="statements")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="statements")
    state = models.CharField(max_length=10, choices=StatementState.choices, default=StatementState.DUE)
    dated_on = models.DateField()
    opening = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    commissions = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    adjustments = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    payouts = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    closing = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    file = models.FileField(max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = StatementQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-period_id", "partner_id")
        constraints = (
            models.UniqueConstraint(fields=("partner", "period"), name="one_statement_per_partner_and_period"),
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="statement_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (Q(issued_at__isnull=False, closing__isnull=False) & ~Q(file="") & ~Q(sha256="")),
                name="issued_has_its_file",
            ),
            models.CheckConstraint(
                condition=Q(closing__isnull=True)
                | Q(closing=F("opening") + F("commissions") + F("adjustments") + F("payouts")),
                name="a_statement_adds_up",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="issued_stays_as_it_is",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="issued"),
            ),
            no_truncate(),
        )

    def __str__(self) -> str:
        return f"{self.partner} {self.period}"

    @property
    def number(self) -> str:
        """Its number on paper, like `2026-03-ACME`."""
        return f"{self.period_id:%Y-%m}-{self.partner.reference}"
