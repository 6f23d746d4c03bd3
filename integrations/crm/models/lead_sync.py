from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from integrations.crm.models.connection import Connection
from referrals.models import Lead
from referrals.models.lead import Stage

# After the first try, and after each further one.
DELAYS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
GIVEN_UP_AFTER = timedelta(days=3)
LEASE = timedelta(minutes=10)  # Longer than a try takes; what a killed worker held is tried again after it.
ID_LENGTH = 100
KEY = "lead-"  # Before the number of a lead, as deals carry it.


class SyncState(models.TextChoices):
    DUE = "due", "Waiting"
    SYNCED = "synced", "In step"
    PARKED = "parked", "Failed"


class LeadSyncQuerySet(models.QuerySet["LeadSync"]):
    def due(self, *, at: datetime) -> Self:
        return self.filter(state=SyncState.DUE, next_at__lte=at)

    def parked(self) -> Self:
        """Those that are not tried any more until they change or somebody asks for it."""
        return self.filter(state=SyncState.PARKED)

    def for_people(self) -> Self:
        """Those in which a person has something to do."""
        return self.filter(Q(state=SyncState.PARKED) | ~Q(task=""))

    def of_kept(self) -> Self:
        """Those of connections that were not removed."""
        return self.filter(connection__removed_at__isnull=True)


class LeadSync(models.Model):
    """How a lead stands against its deal in a CRM.

    `fingerprint` is of what the lead said when it was last taken up: where it says something else now, it is due.
    `stage` and `values` are what both sides had when they were last in step, `their_stage` and `their_updated_at`
    what was last seen there: by them a change is told from an echo. `asked` counts how often somebody wanted the deal
    read; a try that was asked for again meanwhile is repeated. `task` is for a person to do, `differs` says which
    fields differ, `note` what was done otherwise than the CRM has it. `put_back` counts how often in a row the
    card was put back.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="syncs")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="crm_syncs")
    state = models.CharField(max_length=10, choices=SyncState.choices, default=SyncState.DUE)
    their_id = models.CharField("number of the deal", max_length=ID_LENGTH, blank=True)
    fingerprint = models.CharField(max_length=32, blank=True)
    asked = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField("next try")
    waiting_since = models.DateTimeField()
    settled_at = models.DateTimeField("last in step", null=True, blank=True)
    stage = models.CharField("stage when in step", max_length=20, choices=Stage.choices, blank=True)
    values = models.JSONField(default=dict)
    their_stage = models.CharField(max_length=200, blank=True)
    their_updated_at = models.DateTimeField(null=True, blank=True)
    is_gone = models.BooleanField("the deal was deleted there", default=False)
    task = models.TextField(blank=True)
    differs = models.TextField(blank=True)
    note = models.TextField(blank=True)
    put_back = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = LeadSyncQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "lead in a CRM"
        verbose_name_plural = "leads in CRMs"
        indexes = (
            models.Index(fields=("connection", "next_at"), condition=Q(state="due"), name="crm_syncs_due"),
            models.Index(fields=("-settled_at", "-id"), name="crm_syncs_by_time"),
        )
        constraints = (
            models.UniqueConstraint(fields=("connection", "lead"), name="one_sync_per_connection_and_lead"),
            models.UniqueConstraint(
                fields=("connection", "their_id"), condition=~Q(their_id=""), name="one_lead_per_deal_of_a_crm"
            ),
            models.CheckConstraint(condition=Q(state__in=SyncState.values), name="state_in_a_crm_is_known"),
            models.CheckConstraint(condition=Q(stage__in=["", *Stage.values]), name="stage_when_in_step_is_known"),
            models.CheckConstraint(
                condition=~Q(state="synced") | Q(settled_at__isnull=False), name="what_is_in_step_says_since_when"
            ),
            models.CheckConstraint(condition=~Q(state="parked") | ~Q(error=""), name="what_failed_in_a_crm_says_why"),
        )

    def __str__(self) -> str:
        return f"{self.lead} in {self.connection}"

    @property
    def key(self) -> str:
        """Under which the deal is found there, whoever made it."""
        return f"{KEY}{self.lead_id}"

    @property
    def url(self) -> str:
        """The deal's address in the CRM; "" where there is none yet."""
        return self.connection.deal_url(self.their_id) if self.their_id else ""
