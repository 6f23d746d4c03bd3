"""How far an event has come to an endpoint changes here alone; the caller has locked the endpoint."""

from datetime import datetime

from django.db import connection

from notices.models import DeliveryState, EventKind, WebhookDelivery, WebhookEndpoint
from notices.models.webhook import DELAYS

S = DeliveryState
SINCE = """
    INSERT INTO notices_webhookdelivery AS known (endpoint_id, event_id, subject, state, tries, next_at)
    SELECT endpoint.id, event.id, event.subject, 'due', 0, %(at)s
    FROM notices_webhookendpoint AS endpoint JOIN notices_event AS event
      ON event.at >= %(since)s AND event.kind <> 'webhook.test'
         AND (endpoint.partner_id IS NULL OR endpoint.partner_id = event.partner_id)
         AND (endpoint.kinds = '{}' OR event.kind = ANY (endpoint.kinds))
    WHERE endpoint.id = %(endpoint)s
    ORDER BY event.id
    ON CONFLICT (endpoint_id, event_id) DO UPDATE SET state = 'due', tries = 0, next_at = excluded.next_at
"""


def park_deliveries(endpoint: WebhookEndpoint) -> None:
    """This function will let wait what is under way to an endpoint that is switched off."""
    WebhookDelivery.objects.filter(endpoint=endpoint, state=S.DUE).update(state=S.PARKED)


def free_deliveries(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    """This function will have tried anew what waited for an endpoint, and what was given up; tests are not repeated."""
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state__in=(S.PARKED, S.FAILED))
    waiting.exclude(event__kind=EventKind.TEST).update(state=S.DUE, tries=0, next_at=at)


def make_due(delivery: WebhookDelivery, *, at: datetime) -> bool:
    """This function will have a delivery that the caller has locked tried anew, and say whether it was not due."""
    if delivery.state == S.DUE:
        return False
    delivery.state, delivery.tries, delivery.next_at = S.DUE, 0, at
    delivery.save(update_fields=["state", "tries", "next_at"])
    return True


def make_due_since(endpoint: WebhookEndpoint, *, since: datetime, at: datetime) -> int:
    """This function will have everything that happened since a moment delivered, again or at last, and count it."""
    with connection.cursor() as cursor:
        cursor.execute(SINCE, {"endpoint": endpoint.pk, "since": since, "at": at})
        return int(cursor.rowcount)


def note_delivered(delivery: WebhookDelivery, *, at: datetime) -> None:
    delivery.state, delivery.delivered_at = S.DELIVERED, at
    delivery.save(update_fields=["state", "delivered_at"])


def note_failed(delivery: WebhookDelivery, *, at: datetime, is_final: bool) -> bool:
    """This function will say when a delivery is tried again; after the last try it is given up, which is the answer."""
    if is_final or delivery.tries > len(DELAYS):
        delivery.state = S.FAILED
    else:
        delivery.next_at = at + DELAYS[delivery.tries - 1]
    delivery.save(update_fields=["state", "next_at"])
    return delivery.state == S.FAILED
