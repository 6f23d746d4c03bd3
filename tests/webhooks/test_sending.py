"""Events reach endpoints signed, in their subject's order, tried again for three days, and never twice by mistake."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import WebhookVerificationError

from accounts.models import AuditEntry
from affiliates.services.tell_of_webhooks import tell_of_webhooks
from notices.models import DeliveryState, Event, EventKind, Notice, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.models.webhook import DELAYS, LEASE, OVERLAP
from notices.outgoing import Answer
from notices.services import send_webhooks as sending
from notices.services.keep_endpoint import remove_endpoint, rotate_secret
from notices.services.redeliver import (
    MOST_TESTS,
    TESTS_WITHIN,
    EndpointIsOff,
    TooManyTests,
    redeliver,
    redeliver_since,
    send_test,
)
from notices.services.switch_endpoint import switch_endpoint
from notices.services.write_event import write_event
from tests.cast import AT, owner_of, pam, program, the_partner
from tests.leads.telling import lead_of
from tests.webhooks.receiver import Receiver, endpoint_of, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def happen(
    subject: str = "lead 1", *, of: str = "ada", at: datetime = AT, kind: EventKind = EventKind.LEAD_MOVED
) -> Event:
    write_event(kind=kind, partner_id=the_partner(of).pk, subject=subject, at=at, stage="won")
    return Event.objects.latest("id")


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("event_id").values_list("state", flat=True))


# -- What is sent -----------------------------------------------------------------------------------------


def test_a_reader_verifies_what_comes_with_its_own_library(receiver: Receiver) -> None:
    _, secret = endpoint_of("ada", receiver.url)
    lead = lead_of("ada")
    assert sweep() == 1
    said = receiver.read(0, secret)
    assert said["type"] == "lead.registered"
    assert datetime.fromisoformat(said["timestamp"]) == AT
    assert said["data"]["lead"] == lead.pk
    assert said["data"]["partner"] == "ada"
    assert said["data"]["protected_until"] == "2027-04-01"
    assert receiver.ids == [Event.objects.get().message_id]
    assert states() == ["delivered"]
    assert sweep() == 0


def test_a_message_that_was_changed_or_signed_with_another_secret_is_refused(receiver: Receiver) -> None:
    _, secret = endpoint_of("ada", receiver.url)
    happen()
    sweep()
    with pytest.raises(WebhookVerificationError):
        receiver.read(0, "whsec_" + "YW5vdGhlciBzZWNyZXQ=")
    with pytest.raises(WebhookVerificationError):
        receiver.read(0, secret, at=AT + timedelta(hours=1))
    receiver.got[0] = (receiver.got[0][0], receiver.got[0][1].replace(b"won", b"lost"))
    with pytest.raises(WebhookVerificationError):
        receiver.read(0, secret)


def test_both_secrets_sign_for_a_day_after_a_rotation(receiver: Receiver) -> None:
    endpoint, old = endpoint_of("ada", receiver.url)
    _, new = rotate_secret(endpoint=endpoint, by=owner_of("ada"), at=AT)
    assert old != new
    happen()
    sweep()
    assert receiver.read(0, old) == receiver.read(0, new)
    later = AT + OVERLAP
    happen(at=later)
    sweep(later)
    assert receiver.read(1, new, at=later)
    with pytest.raises(WebhookVerificationError):
        receiver.read(1, old, at=later)


def test_secrets_lie_sealed(receiver: Receiver) -> None:
    endpoint, secret = endpoint_of("ada", receiver.url)
    rotate_secret(endpoint=endpoint, by=owner_of("ada"), at=AT)
    row = WebhookEndpoint.objects.values().get()
    kept = json.dumps([str(each) for each in (row, *AuditEntry.objects.values(), *Event.objects.values())])
    assert secret.removeprefix("whsec_") not in kept
    other, _ = endpoint_of("ben", receiver.url)
    other.sealed_secret = WebhookEndpoint.objects.get(pk=endpoint.pk).sealed_secret
    other.save()
    happen(of="ben")
    assert sweep() == 1
    assert receiver.got == []
    assert "cannot be read" in WebhookAttempt.objects.get().said


def test_an_endpoint_gets_the_kinds_that_it_chose(receiver: Receiver) -> None:
    endpoint_of("ada", receiver.url, EventKind.PAYOUT_PAID)
    happen(kind=EventKind.LEAD_MOVED)
    paid = happen("payout 1", kind=EventKind.PAYOUT_PAID)
    sweep()
    assert receiver.ids == [paid.message_id]


def test_a_partner_gets_its_own_and_the_company_gets_all(receiver: Receiver) -> None:
    adas, _ = endpoint_of("ada", f"{receiver.url}/ada")
    company, _ = endpoint_of(None, f"{receiver.url}/company")
    hers, bens = happen("lead 1"), happen("lead 2", of="ben")
    write_event(kind=EventKind.PERIOD_CLOSED, partner_id=None, subject="period 2026-01", at=AT)
    everybodys = Event.objects.latest("id")
    got = {endpoint: {each.event for each in endpoint.deliveries.all()} for endpoint in (adas, company)}
    assert got == {adas: {hers}, company: {hers, bens, everybodys}}
    sweep()
    assert sorted(receiver.ids) == sorted(each.message_id for each in (hers, hers, bens, everybodys))


# -- What is tried again ----------------------------------------------------------------------------------


def test_a_failure_is_tried_again_after_growing_delays(receiver: Receiver) -> None:
    endpoint_of("ada", receiver.url)
    happen()
    receiver.status, at = 500, AT
    for number, delay in enumerate(DELAYS, 1):
        assert sweep(at) == 1
        assert sweep(at + delay - timedelta(seconds=1)) == 0
        at += delay
        assert len(receiver.got) == WebhookAttempt.objects.count() == number
    receiver.status = 204
    assert sweep(at) == 1
    assert states() == ["delivered"]
    assert [attempt.answered for attempt in WebhookAttempt.objects.order_by("id")] == [500] * len(DELAYS) + [204]
    assert len(set(receiver.ids)) == 1
    assert list(DELAYS) == sorted(DELAYS)


def test_after_three_days_the_endpoint_is_off_and_its_people_hear_of_it_once(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    happen("lead 1")
    happen("lead 2")
    receiver.status, at = 503, AT
    while sweep(at):
        at = (
            WebhookDelivery.objects.filter(state="due").order_by("next_at").values_list("next_at", flat=True).first()
            or at
        )
    assert timedelta(days=3) < at - AT < timedelta(days=4)
    assert WebhookAttempt.objects.filter(delivery__event__subject="lead 1").count() == len(DELAYS) + 1
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.why_off) == (False, "no_answer")
    assert states() == ["failed", "parked"]
    assert (tell_of_webhooks(at=at), tell_of_webhooks(at=at)) == (1, 0)
    told = Notice.objects.filter(key__startswith=f"webhook:{endpoint.pk}:off")
    assert {each.recipient for each in told} == {owner_of("ada").email, the_partner("ada").email}
    happen("lead 3", at=at)
    assert len(states()) == 2


def test_the_companys_managers_hear_of_theirs(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of(None, receiver.url)
    happen()
    receiver.status = 410
    sweep()
    tell_of_webhooks(at=AT)
    told = Notice.objects.get(key__startswith=f"webhook:{endpoint.pk}:off")
    assert (told.recipient, told.path) == (pam().email, f"/admin/program/webhooks/{endpoint.pk}/")


def test_gone_switches_off_at_once(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    happen("lead 1")
    happen("lead 2")
    receiver.status = 410
    assert sweep() == 1
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.why_off) == (False, "gone")
    assert states() == ["failed", "parked"]


def test_what_waited_and_what_was_given_up_is_sent_once_it_is_on_again(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    first, second = happen(), happen()
    receiver.status = 410
    sweep()
    receiver.status = 200
    receiver.got.clear()
    switch_endpoint(endpoint=endpoint, on=True, by=owner_of("ada"), at=AT)
    assert sweep() == 2
    assert receiver.ids == [first.message_id, second.message_id]


def test_the_order_of_a_subject_is_kept_and_others_go_on(receiver: Receiver) -> None:
    endpoint_of("ada", receiver.url)
    first, second, other = happen("lead 1"), happen("lead 1"), happen("lead 2")
    receiver.status = 500
    assert sweep() == 2
    assert receiver.ids == [first.message_id, other.message_id]
    receiver.status = 200
    receiver.got.clear()
    assert sweep(AT + DELAYS[0]) == 3
    assert receiver.ids == [first.message_id, second.message_id, other.message_id]


def test_a_try_that_was_killed_is_repeated_after_its_lease(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint_of("ada", receiver.url)
    happen()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(sending, "_send", die)
        with pytest.raises(KeyboardInterrupt):
            sweep()
    assert sweep(AT + LEASE - timedelta(seconds=1)) == 0
    assert sweep(AT + LEASE) == 1
    assert states() == ["delivered"]


def test_a_late_answer_of_a_try_that_was_taken_over_undoes_nothing(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    happen()
    slow = sending._claim(endpoint.pk, AT)
    assert slow is not None
    assert sweep(AT + LEASE) == 1
    sending._note(slow, Answer(500, "", 1), AT + LEASE)
    assert states() == ["delivered"]
    assert WebhookAttempt.objects.count() == 2


# -- By hand ----------------------------------------------------------------------------------------------


def test_a_test_event_goes_to_its_endpoint_alone_and_is_tried_once(receiver: Receiver) -> None:
    endpoint, secret = endpoint_of("ada", receiver.url, EventKind.PAYOUT_PAID)
    endpoint_of(None, f"{receiver.url}/company")
    delivery = send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    assert WebhookDelivery.objects.count() == 1
    receiver.status = 500
    assert sweep() == 1
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, endpoint.is_on) == (DeliveryState.FAILED, True)
    receiver.status = 200
    send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    assert sweep() == 1
    assert receiver.read(1, secret)["type"] == "webhook.test"


def test_a_stream_of_tests_is_refused_and_writes_nothing(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    other, _ = endpoint_of("ada", f"{receiver.url}/other")
    for _ in range(MOST_TESTS):
        send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    with pytest.raises(TooManyTests):
        send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    assert Event.objects.count() == WebhookDelivery.objects.count() == MOST_TESTS
    send_test(endpoint=other, by=owner_of("ada"), at=AT)
    send_test(endpoint=endpoint, by=owner_of("ada"), at=AT + TESTS_WITHIN)
    assert Event.objects.count() == MOST_TESTS + 2


def test_one_event_is_sent_again_under_the_same_id(receiver: Receiver) -> None:
    endpoint_of("ada", receiver.url)
    event = happen()
    sweep()
    redeliver(delivery=WebhookDelivery.objects.get(), by=owner_of("ada"), at=AT)
    assert sweep() == 1
    assert receiver.ids == [event.message_id] * 2
    assert receiver.got[0][1] == receiver.got[1][1]


def test_everything_since_a_moment_is_sent_again_what_was_missed_as_well(receiver: Receiver) -> None:
    missed, long_ago = happen(), happen(at=AT - timedelta(days=9))
    happen(of="ben")
    endpoint, _ = endpoint_of("ada", receiver.url)
    told = happen()
    sweep()
    receiver.got.clear()
    assert redeliver_since(endpoint=endpoint, since=AT - timedelta(days=1), by=owner_of("ada"), at=AT) == 2
    assert sweep() == 2
    assert receiver.ids == [missed.message_id, told.message_id]
    assert not WebhookDelivery.objects.filter(event=long_ago).exists()


def test_nothing_is_sent_to_one_that_is_off_or_removed(receiver: Receiver) -> None:
    endpoint, _ = endpoint_of("ada", receiver.url)
    owner = owner_of("ada")
    happen()
    switch_endpoint(endpoint=endpoint, on=False, by=owner, at=AT)
    happen()
    assert (sweep(), states()) == (0, ["parked"])
    delivery = WebhookDelivery.objects.get()
    for step in (
        lambda: send_test(endpoint=endpoint, by=owner, at=AT),
        lambda: redeliver(delivery=delivery, by=owner, at=AT),
        lambda: redeliver_since(endpoint=endpoint, since=AT, by=owner, at=AT),
    ):
        with pytest.raises(EndpointIsOff):
            step()
    assert (sweep(), states(), Event.objects.count()) == (0, ["parked"], 2)
    remove_endpoint(endpoint=endpoint, by=owner, at=AT)
    happen()
    assert (sweep(), states()) == (0, ["parked"])
    assert list(WebhookEndpoint.objects.values_list("sealed_secret", "sealed_previous")) == [("", "")]


def test_signatures_are_of_the_moment_whatever_its_time_zone(receiver: Receiver) -> None:
    _, secret = endpoint_of("ada", receiver.url)
    happen()
    assert AT.tzinfo == UTC
    sweep(AT.astimezone())
    assert receiver.read(0, secret)
