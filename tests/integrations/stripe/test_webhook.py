"""The address that Stripe calls: signed events are kept once and answered at once, everything else is refused."""

import json
import time
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from integrations.stripe.models import EventToWork, StripeEvent
from integrations.stripe.views.webhook import MOST_BYTES
from tests.integrations.stripe.published import SECRET, customer, event, signed

pytestmark = pytest.mark.django_db
URL = "/integrations/stripe/"


@pytest.fixture(autouse=True)
def connected(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_the_next_one", SECRET]


def post(body: str | bytes, signature: str | None = None) -> tuple[int, str]:
    signature = signed(body if isinstance(body, str) else "") if signature is None else signature
    answer = Browser(enforce_csrf_checks=True).post(
        URL, body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    assert not answer.cookies
    return answer.status_code, answer.content.decode()


def an_event(**said: Any) -> str:
    return json.dumps(event("customer.created", customer("cus_a"), "2026-01-01", key="evt_1") | said)


def test_a_signed_event_is_kept_word_for_word_and_once() -> None:
    body = an_event()
    assert post(body) == (200, "Kept")
    assert post(body) == (200, "Known already")
    kept = StripeEvent.objects.get()
    assert (kept.body, kept.key, kept.type, kept.object_id) == (body, "evt_1", "customer.created", "cus_a")
    assert EventToWork.objects.count() == 1


def test_an_event_that_was_worked_is_not_worked_again_when_it_is_repeated() -> None:
    post(an_event())
    EventToWork.objects.all().delete()
    assert post(an_event()) == (200, "Known already")
    assert not EventToWork.objects.exists()


def test_any_of_the_secrets_proves_an_event_while_one_is_rolled() -> None:
    body = an_event()
    assert post(body, signed(body, "whsec_the_next_one"))[0] == 200
    assert post(body, signed(body, "whsec_foreign")) == (
        400,
        "The signature is by none of the secrets in STRIPE_WEBHOOK_SECRETS",
    )


def test_accepting_takes_few_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        post(an_event())


def test_without_a_secret_nothing_is_taken(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert post(an_event())[0] == 503


@pytest.mark.parametrize(
    "signature", ["", "t=1", "v1=abc", "t=x,v1=y", "t=1,v1=é", "t=99999999999999999999,v1=00", ","]
)
def test_a_bad_signature_is_refused(signature: str) -> None:
    status, said = post(an_event(), signature)
    assert (status, "signature" in said) == (400, True)


def test_an_old_signature_is_refused() -> None:
    body = an_event()
    status, said = post(body, signed(body, timestamp=int(time.time()) - 301))
    assert (status, said) == (400, "The signature is too old: check the clock of this machine")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "no event"),
        ("null", "no event"),
        ('{"object": "charge"}', "no event"),
        ('{"object": "v2.core.event", "id": "evt_1"}', "no event"),
        (an_event(id=None), "no id"),
        (an_event(id=["evt_1"]), "no id"),
        (an_event(id="evt 1"), "no id"),
        (an_event(id="e" * 256), "no id"),
        (an_event(type=7), "no type"),
        (an_event(type="a" * 101), "no type"),
        (an_event(created="2026"), "when"),
        (an_event(created=-1), "when"),
        (an_event(created=True), "when"),
        (an_event(created=10**30), "when"),
        ('{"object": "event", "id": NaN}', "no JSON"),
        ('{"a":' * 100_000, "no JSON"),
        ("[" * 100_000 + "]" * 100_000, "no JSON"),
        ('{"object": "event", "id": ' + "9" * 5000 + "}", "no JSON"),
    ],
)
def test_what_is_no_event_is_refused_though_it_is_signed(body: str, says: str) -> None:
    status, said = post(body)
    assert (status, says in said) == (400, True), said
    assert not StripeEvent.objects.exists()


def test_what_is_no_text_and_what_is_enormous_is_refused() -> None:
    assert post(b"\xff\xfe{}", "t=1,v1=00") == (400, "The body is not UTF-8")
    assert post(b" " * (MOST_BYTES + 1), "t=1,v1=00")[0] == 400
    assert post(an_event() + " " * MOST_BYTES)[0] == 400
    assert Browser().get(URL).status_code == 405


def test_odd_letters_in_an_event_are_kept_as_they_came() -> None:
    body = an_event(api_version="a\0b", data={"object": {"id": "cus\0", "object": "\ud800"}})
    assert post(body) == (200, "Kept")
    assert StripeEvent.objects.get().body == body
