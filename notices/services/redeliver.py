from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from notices.models import Event, EventKind, WebhookDelivery, WebhookEndpoint
from notices.services.keep_endpoint import check_holder
from notices.services.move_delivery import make_due, make_due_since
from notices.services.sweep_soon import sweep_soon

MOST_TESTS = 10
TESTS_WITHIN = timedelta(minutes=1)


class TooManyTests(Exception):
    """Tests are for people and programs that look at the answer; a stream of them would only be in somebody's way."""


class EndpointIsOff(Exception):
    """Nothing is sent to an endpoint that is off; switch it on first."""


def send_test(*, endpoint: WebhookEndpoint, by: User, at: datetime) -> WebhookDelivery:
    """This function will put a test event for one endpoint into the outbox; nobody else gets it.

    :raises EndpointIsOff: it is off
    :raises TooManyTests: it was sent ten within a minute
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    with transaction.atomic():
        endpoint = _lock(endpoint, by)
        subject = f"webhook endpoint {endpoint.pk}"
        tests = Event.objects.filter(kind=EventKind.TEST, subject=subject, at__gt=at - TESTS_WITHIN)
        if tests.count() >= MOST_TESTS:
            raise TooManyTests(f"The endpoint was sent {MOST_TESTS} tests within a minute; wait for the next")
        event = Event.objects.create(
            kind=EventKind.TEST,
            partner_id=endpoint.partner_id,
            subject=subject,
            at=at,
            data={"endpoint": str(endpoint.pk), "text": "This is a test. Nothing has happened."},
        )
        delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event, subject=subject, next_at=at)
        write_audit(by=by, at=at, action="webhook test sent", subject=subject)
        sweep_soon()
    return delivery


def redeliver(*, delivery: WebhookDelivery, by: User, at: datetime) -> WebhookDelivery:
    """This function will send an event to an endpoint again, under the same id; what is due already stays so.

    :raises EndpointIsOff: it is off
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    with transaction.atomic():
        endpoint = _lock(delivery.endpoint, by)
        delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        if make_due(delivery, at=at):
            subject = f"webhook endpoint {endpoint.pk}"
            write_audit(by=by, at=at, action="webhook redelivered", subject=subject, event=delivery.event_id)
            sweep_soon()
    return delivery


def redeliver_since(*, endpoint: WebhookEndpoint, since: datetime, by: User, at: datetime) -> int:
    """This function will send everything that happened since a moment to an endpoint again, and count it.

    What happened while it was off, or before it was made, is among it.

    :raises EndpointIsOff: it is off
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    with transaction.atomic():
        endpoint = _lock(endpoint, by)
        count = make_due_since(endpoint, since=since, at=at)
        subject = f"webhook endpoint {endpoint.pk}"
        write_audit(by=by, at=at, action="webhooks redelivered", subject=subject, since=since, events=count)
        sweep_soon()
    return count


def _lock(endpoint: WebhookEndpoint, by: User) -> WebhookEndpoint:
    check_holder(endpoint.partner_id, by)
    endpoint = WebhookEndpoint.objects.of(endpoint.partner_id).select_for_update(no_key=True).get(pk=endpoint.pk)
    if not endpoint.is_on:
        raise EndpointIsOff("The endpoint is off; switch it on first")
    return endpoint
