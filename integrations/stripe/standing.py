"""How the door to Stripe stands: what the program's page says of it, and what waits there for a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from affiliates.doors import Standing
from clients.models import InvoiceLine
from integrations.stripe.models import EventToWork, FindingKind, StripeCustomer, StripeEvent, StripeFinding
from parts.formats import ago

PATIENCE = timedelta(hours=1)  # What is waited for mostly comes by itself within moments.
WORDS = "stripe:"


@dataclass(frozen=True, slots=True)
class ToDo:
    """How many of each kind wait for a person."""

    customers: int
    words: int
    findings: int
    parked: int

    @property
    def all(self) -> int:
        return self.customers + self.words + self.findings + self.parked


def to_do(*, at: datetime) -> ToDo:
    """What waits for a person."""
    return ToDo(
        customers=StripeCustomer.objects.suggested().count(),
        words=unmapped_words().count(),
        findings=to_look_at(at=at).count(),
        parked=EventToWork.objects.parked().count(),
    )


def unmapped_words() -> "QuerySet[InvoiceLine, Any]":
    """The words of products and prices that nobody mapped."""
    lines = InvoiceLine.objects.unmapped().filter(category__startswith=WORDS)
    return lines.order_by().values("category").distinct()


def to_look_at(*, at: datetime) -> "QuerySet[StripeFinding]":
    """What is kept and not recorded, without what a person has settled and what only waits for its next event."""
    return StripeFinding.objects.filter(~Q(kind=FindingKind.WAITING) | Q(at__lte=at - PATIENCE), settled_at=None)


def standing(*, at: datetime) -> Standing:
    """Whether Stripe is connected, when it last spoke, and how many things wait."""
    is_on = bool(settings.STRIPE_WEBHOOK_SECRETS)
    last = StripeEvent.objects.order_by("-pk").values_list("received_at", flat=True).first()
    waiting = to_do(at=at).all
    if not is_on:
        return Standing(is_on, "Nothing comes in: STRIPE_WEBHOOK_SECRETS is not set", waiting)
    heard = f"Last event {ago(last, at)}" if last else "Connected; no event yet"
    return Standing(is_on, f"{heard}; {waiting} to look at" if waiting else heard, waiting)
