"""What was delivered, or given up, is forgotten after a while; what waits and what happened stays."""

from datetime import timedelta

import pytest

from notices.models import Event, EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.services import forget_deliveries as forgetting
from notices.services.forget_deliveries import KEPT, forget_deliveries
from notices.services.keep_endpoint import remove_endpoint
from notices.services.redeliver import redeliver_since
from notices.services.write_event import write_event
from tests.cast import AT, owner_of, program, the_partner
from tests.webhooks.receiver import Receiver, endpoint_of, sweep

pytestmark = pytest.mark.django_db
LONG = AT + KEPT


@pytest.fixture
def sent(receiver: Receiver) -> WebhookEndpoint:
    """An endpoint to which three events were delivered."""
    program()
    endpoint, _ = endpoint_of("ada", receiver.url)
    for number in range(3):
        write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject=f"lead {number}", at=AT)
    assert sweep() == 3
    return endpoint


def test_what_was_delivered_is_forgotten_after_its_time_and_events_stay(sent: WebhookEndpoint) -> None:
    events = Event.objects.count()
    assert forget_deliveries(at=LONG - timedelta(seconds=1)) == 0
    assert (WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (3, 3)
    assert forget_deliveries(at=LONG) == 3
    assert (WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (0, 0)
    assert Event.objects.count() == events


def test_it_goes_in_small_pieces_and_the_next_night_goes_on(
    sent: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 1)
    monkeypatch.setattr(forgetting, "MOST_BATCHES", 2)
    assert [forget_deliveries(at=LONG) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(("state", "is_kept"), [("due", True), ("parked", True), ("failed", False)])
def test_what_waits_is_kept_and_what_was_given_up_is_not(sent: WebhookEndpoint, state: str, is_kept: bool) -> None:
    WebhookDelivery.objects.update(state=state, delivered_at=None, next_at=AT)
    forget_deliveries(at=LONG)
    assert WebhookDelivery.objects.count() == (3 if is_kept else 0)


def test_what_waited_for_an_endpoint_that_was_removed_goes_too(sent: WebhookEndpoint) -> None:
    WebhookDelivery.objects.update(state="due", delivered_at=None, next_at=AT)
    remove_endpoint(endpoint=sent, by=owner_of("ada"), at=AT)
    assert forget_deliveries(at=LONG) == 3


def test_what_was_forgotten_can_be_sent_again(sent: WebhookEndpoint, receiver: Receiver) -> None:
    forget_deliveries(at=LONG)
    assert redeliver_since(endpoint=sent, since=AT, by=owner_of("ada"), at=LONG) == 3
    assert sweep(LONG) == 3
    assert len(set(receiver.ids)) == 3
