"""Due deliveries are tried: claimed for a while first, sent outside of any transaction, then written down."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from standardwebhooks import Webhook

from accounts.sealed import DetailsUnreadable
from notices.models import DeliveryState, Event, EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WhyOff
from notices.models.webhook import KEPT_OF_ANSWER, LEASE
from notices.outgoing import Answer, Outgoing
from notices.services.move_delivery import note_delivered, note_failed
from notices.services.switch_endpoint import park

AT_ONCE = 500
GONE = 410
TAKEN = range(200, 300)
UNREADABLE = "the secret cannot be read; rotate it"
logger = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends one body and gives what came back."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


def send_webhooks(*, endpoint_id: UUID, clock: Callable[[], datetime]) -> int:
    """This function will try what is due to an endpoint, what happened first before the rest, and count the tries.

    What fails is tried again later. Where there is no answer at all the rest waits for the next sweep.
    """
    tried = 0
    with Outgoing() as outgoing:
        while tried < AT_ONCE and (answer := send_next(endpoint_id=endpoint_id, sender=outgoing, clock=clock)):
            tried += 1
            if answer.status is None:
                break
    return tried


def send_next(*, endpoint_id: UUID, sender: Sender, clock: Callable[[], datetime]) -> Answer | None:
    """This function will try what is due first to an endpoint, and give the answer; None where nothing is due."""
    delivery = _claim(endpoint_id, clock())
    if delivery is None:
        return None
    answer = _send(delivery, sender, clock())
    _note(delivery, answer, clock())
    return answer


def body_of(event: Event) -> str:
    """What is sent of an event, the same at each try."""
    said = {"type": event.kind, "timestamp": event.at.isoformat(), "subject": event.subject, "data": event.data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def sign(event: Event, body: str, secrets: list[str], *, at: datetime) -> dict[str, str]:
    """The headers of the Standard Webhooks specification; every secret signs."""
    signatures = (Webhook(secret).sign(event.message_id, at.astimezone(UTC), body) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": event.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _claim(endpoint_id: UUID, at: datetime) -> WebhookDelivery | None:
    """The first delivery that is due, put off for a while, so that nobody else tries it and a killed try is repeated.

    One whose subject has an earlier delivery under way, or waiting, is not due.
    """
    due = WebhookDelivery.objects.filter(endpoint=endpoint_id, state=DeliveryState.DUE)
    earlier = due.filter(subject=OuterRef("subject"), event_id__lt=OuterRef("event_id")).order_by()
    with transaction.atomic():
        rows = due.filter(~Exists(earlier), endpoint__is_on=True, next_at__lte=at)
        locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint", "event")
        delivery = locked.order_by("event_id").first()
        if delivery is not None:
            delivery.tries += 1
            delivery.next_at = at + LEASE
            delivery.save(update_fields=["tries", "next_at"])
        return delivery


def _send(delivery: WebhookDelivery, sender: Sender, at: datetime) -> Answer:
    event, endpoint = delivery.event, delivery.endpoint
    try:
        secrets = endpoint.secrets(at=at)
    except DetailsUnreadable:
        logger.exception("The secret of webhook endpoint %s cannot be read", endpoint.pk)
        return Answer(None, UNREADABLE, 0)
    body = body_of(event)
    return sender.post(endpoint.url, body.encode(), sign(event, body, secrets, at=at))


def _note(tried: WebhookDelivery, answer: Answer, at: datetime) -> None:
    """Writes down what came of a try, and what comes next."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=tried.endpoint_id)
        delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=tried.pk)
        WebhookAttempt.objects.create(
            delivery=delivery,
            at=at,
            answered=answer.status,
            milliseconds=answer.milliseconds,
            said=answer.text[:KEPT_OF_ANSWER],
        )
        if answer.status is not None and answer.status in TAKEN:
            note_delivered(delivery, at=at)
            return
        if delivery.state != DeliveryState.DUE or delivery.tries != tried.tries:
            return  # It was switched off, or somebody tries it already since this try took too long.
        is_test, is_gone = tried.event.kind == EventKind.TEST, answer.status == GONE
        # Whoever asked for a test looks at it now, and asks for another one.
        if note_failed(delivery, at=at, is_final=is_test or is_gone) and (is_gone or not is_test):
            park(endpoint, WhyOff.GONE if is_gone else WhyOff.NO_ANSWER, at=at)
