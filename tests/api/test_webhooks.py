"""Programs keep webhooks and read events by themselves."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, KeptAnswer, Scope
from affiliates.api.webhooks import SHOWN_TRIES
from notices.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.api.calling import company_key, partner_key
from tests.cast import AT, fay, partner, program
from tests.leads.telling import lead_of
from tests.webhooks.receiver import Receiver, listening, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    with listening() as found:
        yield found


def test_an_endpoint_from_its_making_to_its_end(receiver: Receiver) -> None:
    program(partner("ada"))
    caller = partner_key("ada")
    answer = caller.post("webhooks/", {"url": receiver.url, "kinds": ["lead.registered", "lead.registered"]})
    assert answer.status_code == 201
    made = answer.json()
    assert made["endpoint"]["kinds"] == ["lead.registered"]
    address = f"webhooks/{made['endpoint']['id']}/"
    assert answer["Location"].endswith(f"/api/v1/{address}")
    assert "secret" not in caller.get(address).json()

    test = caller.post(f"{address}test/")
    assert (test.status_code, test.json()["kind"], test.json()["state"]) == (202, "webhook.test", "due")
    assert sweep() == 1
    assert receiver.read(0, made["secret"])["type"] == "webhook.test"
    sent = caller.get(f"webhook-deliveries/{test.json()['id']}/").json()
    assert (sent["state"], [tried["answered"] for tried in sent["attempts"]]) == ("delivered", [200])

    rotated = caller.post(f"{address}rotate/").json()
    assert rotated["endpoint"]["previous_until"] is not None
    lead_of("ada")
    assert sweep() == 1
    for secret in (made["secret"], rotated["secret"]):
        assert receiver.read(1, secret)["type"] == "lead.registered"

    assert caller.post(f"{address}switch/", {"is_on": False}).json()["why_off"] == "by_hand"
    assert caller.post(f"{address}test/").status_code == 409
    assert caller.post(f"{address}switch/", {"is_on": True}).json()["is_on"] is True

    assert caller.ask("DELETE", address).status_code == 204
    for method in ("GET", "DELETE"):
        assert caller.ask(method, address).status_code == 404
    assert AuditEntry.objects.filter(action="webhook endpoint removed").count() == 1


def test_an_endpoint_is_changed_and_keeps_its_secret(receiver: Receiver) -> None:
    program(partner("ada"), partner("ben"))
    for caller, kind in ((partner_key("ada"), "lead.registered"), (company_key(), "partner.applied")):
        made = caller.post("webhooks/", {"url": f"{receiver.url}/old"}).json()
        address = f"webhooks/{made['endpoint']['id']}/"
        changed = caller.post(f"{address}change/", {"url": receiver.url, "kinds": [kind]})
        assert (changed.status_code, changed.json()["url"], changed.json()["kinds"]) == (200, receiver.url, [kind])
        assert "secret" not in changed.json()
        caller.post(f"{address}test/")
        sweep()
        assert receiver.read(-1, made["secret"])["type"] == "webhook.test"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"url": "https://10.0.0.1/"}, 409),
        ({}, 400),
        ({"url": "http://127.0.0.1:9/", "kinds": ["partner.applied"]}, 409),
    ],
)
def test_an_endpoint_is_not_changed_into_what_none_can_be(
    said: dict[str, object], status: int, receiver: Receiver
) -> None:
    program(partner("ada"), partner("ben"))
    ada = partner_key("ada")
    made = ada.post("webhooks/", {"url": receiver.url}).json()["endpoint"]
    assert ada.post(f"webhooks/{made['id']}/change/", said).status_code == status
    assert partner_key("ben").post(f"webhooks/{made['id']}/change/", {"url": receiver.url}).status_code == 404
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.kinds) == (receiver.url, [])


def test_events_are_sent_again_one_by_one_and_since_a_moment(receiver: Receiver) -> None:
    program(partner("ada"))
    caller = partner_key("ada")
    address = f"webhooks/{caller.post('webhooks/', {'url': receiver.url}).json()['endpoint']['id']}/"
    lead_of("ada")
    sweep()
    (delivery,) = caller.rows(f"webhook-deliveries/?endpoint={address.split('/')[1]}&state=delivered")
    assert caller.post(f"webhook-deliveries/{delivery['id']}/again/").status_code == 202
    assert sweep() == 1
    again = caller.post(f"{address}redeliver/", {"since": "2026-01-01T00:00:00Z"})
    assert (again.status_code, again.json()) == (202, {"events": 1})
    assert sweep() == 1
    assert receiver.ids == [f"evt_{delivery['event']}"] * 3


def test_an_event_that_was_sent_very_often_shows_its_last_tries(receiver: Receiver) -> None:
    program(partner("ada"))
    caller = partner_key("ada")
    caller.post("webhooks/", {"url": receiver.url})
    lead_of("ada")
    delivery = WebhookDelivery.objects.get()
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(delivery=delivery, at=AT, milliseconds=number, answered=500)
        for number in range(SHOWN_TRIES + 10)
    )
    (shown,) = caller.rows("webhook-deliveries/")
    again = caller.post(f"webhook-deliveries/{delivery.pk}/again/").json()
    for each in (shown, again):
        tried = [attempt["milliseconds"] for attempt in each["attempts"]]
        assert tried == list(range(SHOWN_TRIES + 9, 9, -1))


def test_a_secret_is_not_kept_for_the_answer_that_is_given_again(receiver: Receiver) -> None:
    program(partner("ada"))
    caller = partner_key("ada")
    first, second = (caller.post("webhooks/", {"url": receiver.url}, Idempotency_Key="once").json() for _ in range(2))
    assert first["secret"].startswith("whsec_")
    assert second == first | {"secret": None}
    assert first["secret"] not in str(KeptAnswer.objects.get().body)
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"url": "https://10.0.0.1/hook"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://93.184.216.34/", "kinds": ["period.closed"]}, "kinds"),
        ({"url": "https://93.184.216.34/", "kinds": ["lead.eaten"]}, "kinds"),
        ({}, "url"),
    ],
)
def test_what_no_endpoint_can_be(said: dict[str, object], field: str) -> None:
    program(partner("ada"))
    answer = partner_key("ada").post("webhooks/", said)
    assert answer.status_code in (400, 409)
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not WebhookEndpoint.objects.exists()


def test_a_partner_reads_its_own_events_and_the_company_all(receiver: Receiver) -> None:
    program(partner("ada"), partner("ben"))
    mine, others = lead_of("ada"), lead_of("ben", "Elm Ltd", "eve@elm.example")
    subjects = {each["subject"] for each in partner_key("ada").rows("events/")}
    assert f"lead {mine.pk}" in subjects
    assert f"lead {others.pk}" not in subjects
    found = company_key().rows("events/?kind=lead.registered&fields=subject")
    assert [each["subject"] for each in found] == [f"lead {others.pk}", f"lead {mine.pk}"]
    assert company_key().get(f"events/?subject=lead {mine.pk}").json()["results"][0]["data"]["lead"] == mine.pk


def test_endpoints_take_their_scope_and_right(receiver: Receiver) -> None:
    program(partner("ada"))
    without = partner_key("ada", Scope.READ, Scope.LEADS)
    assert without.post("webhooks/", {"url": receiver.url}).status_code == 403
    assert company_key(fay()).get("webhooks/").status_code == 403
    assert company_key(fay()).post("webhooks/", {"url": receiver.url}).status_code == 403
    assert not WebhookEndpoint.objects.exists()


def test_what_is_anothers_is_not_there(receiver: Receiver) -> None:
    program(partner("ada"), partner("ben"))
    made = company_key().post("webhooks/", {"url": receiver.url}).json()["endpoint"]
    company_key().post(f"webhooks/{made['id']}/test/")
    caller = partner_key("ada")
    before = Event.objects.count()
    for step in ("test", "rotate", "switch", "redeliver"):
        said = {"is_on": False, "since": "2026-01-01T00:00:00Z"}
        assert caller.post(f"webhooks/{made['id']}/{step}/", said).status_code == 404
    assert caller.ask("DELETE", f"webhooks/{made['id']}/").status_code == 404
    assert caller.rows("webhooks/") == caller.rows("webhook-deliveries/") == []
    assert WebhookEndpoint.objects.get().is_on
    assert Event.objects.count() == before
