from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.append_only import append_only

ID_LENGTH = 255  # What Stripe advises for its ids.
TRIES = 5


class Source(models.TextChoices):
    """How we came to hear of something."""

    WEBHOOK = "webhook", "Webhook"
    BACKFILL = "backfill", "Backfill"


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def ours(self) -> Self:
        """Those that facts follow from: of the account itself, and real, unless this portal is for trying things."""
        own = self.filter(account="")
        return own if settings.STRIPE_TAKES_TEST_EVENTS else own.filter(is_live=True)

    def aside(self) -> Self:
        """Those that are kept and that nothing follows from here: of test mode, and of connected accounts."""
        return self.exclude(pk__in=StripeEvent.objects.ours().values("pk"))


class StripeEvent(models.Model):
    """What Stripe told us, word for word, once: an event, or an object as the backfill read it.

    `key` is the event's id; for an object that was read it is its id with a fingerprint of what it said. `created`
    is when the event happened, or when the object was read: what is told later of an object is truer. `account` is
    the connected account that an event is about, nothing where it is our own.
    """

    key = models.CharField(max_length=ID_LENGTH + 40, unique=True, db_collation="C")
    source = models.CharField(max_length=10, choices=Source.choices)
    type = models.CharField(max_length=100, db_collation="C", db_index=True)
    api_version = models.CharField(max_length=60, blank=True)
    is_live = models.BooleanField()
    account = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C")
    object_id = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C", db_index=True)
    created = models.DateTimeField(db_index=True)
    received_at = models.DateTimeField(db_index=True)
    body = models.TextField()

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(source__in=Source.values), name="source_of_an_event_is_known"),
            models.CheckConstraint(condition=~Q(key=""), name="event_of_stripe_has_a_key"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"

    @property
    def is_ours(self) -> bool:
        """Whether facts follow from it; see `StripeEventQuerySet.ours`."""
        return is_ours(is_live=self.is_live, account=self.account)


def is_ours(*, is_live: bool, account: str) -> bool:
    """Whether facts follow from an event: it is of the account itself, and real or tried where that is meant."""
    return not account and (is_live or settings.STRIPE_TAKES_TEST_EVENTS)


class EventToWorkQuerySet(models.QuerySet["EventToWork"]):
    def due(self, *, at: datetime) -> Self:
        """Those to work now: not parked, and not waiting for their next try."""
        return self.filter(tries__lt=TRIES, due_at__lte=at)

    def parked(self) -> Self:
        """Those that could not be worked and are tried no more until somebody asks for it."""
        return self.filter(tries__gte=TRIES)


class EventToWork(models.Model):
    """An event that is not worked yet; the row goes once it is. `error` says why the last try failed."""

    event = models.OneToOneField(StripeEvent, primary_key=True, on_delete=models.PROTECT, related_name="to_work")
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = EventToWorkQuerySet.as_manager()

    class Meta:
        ordering = ("event_id",)
        verbose_name_plural = "events to work"

    def __str__(self) -> str:
        return f"Event {self.event_id} after {self.tries} tries"

    @property
    def is_parked(self) -> bool:
        return self.tries >= TRIES
