import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.sealed import seal, unseal
from notices.models.event import Event, EventKind

LONGEST_ADDRESS = 500
OVERLAP = timedelta(hours=24)  # How long the secret before a rotation still signs.
# After the first try, and after each further one; together a little more than three days.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
LEASE = timedelta(minutes=2)  # Longer than a try takes; what a killed worker held is tried again after it.
KEPT_OF_ANSWER = 500


class WhyOff(models.TextChoices):
    """Why an endpoint gets nothing now."""

    ON = "", "It is on"
    BY_HAND = "by_hand", "Switched off by hand"
    NO_ANSWER = "no_answer", "It took nothing for three days"
    GONE = "gone", "It answered that it is gone (410)"
    REMOVED = "removed", "Removed"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def of(self, partner_id: int | None) -> Self:
        """A partner's endpoints; with None those of the company. Those that were removed are not among them."""
        kept = self.exclude(why_off=WhyOff.REMOVED)
        return kept.filter(partner_id__isnull=True) if partner_id is None else kept.filter(partner_id=partner_id)

    def with_due(self, *, at: datetime) -> Self:
        """Those to which something is to be sent now."""
        due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.DUE, next_at__lte=at)
        return self.filter(Exists(due), is_on=True)

    def given_up(self) -> Self:
        """Those that were switched off because of how they answered, and whose people were not told yet."""
        return self.filter(why_off__in=(WhyOff.NO_ANSWER, WhyOff.GONE), told_at__isnull=True)


class WebhookEndpoint(models.Model):
    """An address that events are sent to: a partner's gets that partner's events, the company's gets all.

    Without `kinds` it gets events of every kind. Its secret signs what is sent and lies sealed; the secret before it
    signs as well until `previous_until`. One that was removed stays as a row, without its secrets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner_id = models.BigIntegerField("number of the partner", null=True, blank=True, db_index=True)
    url = models.CharField("address", max_length=LONGEST_ADDRESS)
    kinds = ArrayField(models.CharField(max_length=40, choices=EventKind.choices), default=list, blank=True)
    is_on = models.BooleanField(default=True)
    why_off = models.CharField(max_length=20, choices=WhyOff.choices, blank=True)
    off_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField("its people were told", null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    sealed_secret = models.TextField(editable=False, blank=True)
    sealed_previous = models.TextField(editable=False, blank=True)
    previous_until = models.DateTimeField("secret before it is good until", null=True, blank=True)

    seen_by_partner = "partner_id = tributary_partner()"
    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "id")
        indexes = (models.Index(fields=("-made_at", "id"), name="endpoints_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(kinds__contained_by=EventKind.values), name="kinds_of_endpoint_are_known"
            ),
            models.CheckConstraint(condition=Q(why_off__in=WhyOff.values), name="why_an_endpoint_is_off_is_known"),
            models.CheckConstraint(
                condition=Q(is_on=True, why_off="", off_at__isnull=True)
                | (Q(is_on=False, off_at__isnull=False) & ~Q(why_off="")),
                name="an_endpoint_that_is_off_says_why",
            ),
            models.CheckConstraint(
                condition=Q(sealed_previous="", previous_until__isnull=True)
                | (~Q(sealed_previous="") & Q(previous_until__isnull=False)),
                name="a_secret_before_has_its_end",
            ),
        )

    def __str__(self) -> str:
        return self.url

    def put_secret(self, secret: str, *, at: datetime) -> None:
        """This function will make a secret the one that signs; the one before it signs as well for a while."""
        if self.sealed_secret:
            self.sealed_previous = self._seal("sealed_previous", self._unseal("sealed_secret"))
            self.previous_until = at + OVERLAP
        self.sealed_secret = self._seal("sealed_secret", secret)

    def forget_secrets(self) -> None:
        self.sealed_secret = self.sealed_previous = ""
        self.previous_until = None

    def secrets(self, *, at: datetime) -> list[str]:
        """Those that sign now, the newest first.

        :raises DetailsUnreadable: a stored value is not this row's
        """
        found = [self._unseal("sealed_secret")]
        if self.previous_until is not None and self.previous_until > at:
            found.append(self._unseal("sealed_previous"))
        return found

    def _seal(self, column: str, secret: str) -> str:
        return seal(secret, table=self._meta.db_table, column=column, row=self.pk)

    def _unseal(self, column: str) -> str:
        return unseal(getattr(self, column), table=self._meta.db_table, column=column, row=self.pk)


class DeliveryState(models.TextChoices):
    """How far an event has come to an endpoint."""

    DUE = "due", "To be sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"
    PARKED = "parked", "Waits until it is on"


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint; it is tried again at `next_at` while it is due.

    Whoever tries it first puts `next_at` off, so that nobody else does meanwhile. `subject` is the event's: what came
    later to the same subject waits.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    subject = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField("next try")
    delivered_at = models.DateTimeField(null=True, blank=True)

    seen_by_partner = "EXISTS (SELECT 1 FROM notices_webhookendpoint e WHERE e.id = endpoint_id)"

    class Meta:
        ordering = ("-event_id", "id")
        verbose_name_plural = "webhook deliveries"
        indexes = (
            models.Index(fields=("endpoint", "event"), condition=Q(state="due"), name="deliveries_due"),
            models.Index(fields=("endpoint", "subject", "event"), condition=Q(state="due"), name="deliveries_in_order"),
        )
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event"), name="one_delivery_per_endpoint_and_event"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="what_was_delivered_says_when"
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"


class WebhookAttempt(models.Model):
    """One try to deliver an event: what the endpoint answered, or why there was no answer."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    answered = models.PositiveSmallIntegerField("answered with", null=True, blank=True)
    milliseconds = models.PositiveIntegerField()
    said = models.CharField("answer or error", max_length=KEPT_OF_ANSWER, blank=True)

    seen_by_partner = "EXISTS (SELECT 1 FROM notices_webhookdelivery d WHERE d.id = delivery_id)"

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.delivery}: {self.answered or 'no answer'}"
