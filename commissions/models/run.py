from decimal import Decimal

from django.conf import settings
from django.db import models

from affiliates.models import FactBatch
from commissions.models.period import Period


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Run(models.Model):
    """The computation of a period, one row for each: what it saw, how far it is, what came out.

    `batch` is the last recording of facts that it saw, `after` the closed period whose run it builds on
    (None before the first). Its parts do the work; it is done when all of them are.
    """

    period = models.OneToOneField(Period, on_delete=models.PROTECT, related_name="run")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    is_full = models.BooleanField(default=False)
    batch = models.ForeignKey(FactBatch, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Period, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    computed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    posted = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))
    posted_rows = models.PositiveIntegerField(default=0)
    waiting = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))
    waiting_rows = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    seen_by_partner = "true"

    class Meta:
        ordering = ("-period_id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_is_known"),
        )

    def __str__(self) -> str:
        return f"Run of {self.period}"

    @property
    def mark(self) -> str:
        """What tells this outcome from that of any other computing of the period."""
        return f"{self.finished_at} {self.posted} {self.posted_rows} {self.waiting} {self.waiting_rows}"


class RunPart(models.Model):
    """A slice of a run's partners (by primary key, both ends included): one unit, one transaction."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parts")
    first_partner = models.BigIntegerField()
    last_partner = models.BigIntegerField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("run_id", "first_partner")
        constraints = (models.UniqueConstraint(fields=("run", "first_partner"), name="one_part_per_slice_of_partners"),)

    def __str__(self) -> str:
        return f"{self.run}, partners {self.first_partner} to {self.last_partner}"
