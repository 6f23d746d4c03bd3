"""Owners keep their endpoints, managers the company's; nobody sees or moves another's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from accounts.row_security import rows_of
from notices.models import Event, EventKind, Notice, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.services.redeliver import send_test
from notices.services.switch_endpoint import switch_endpoint
from notices.services.write_event import write_event
from tests.cast import AT, all_rows, fay, owner_of, pam, program, the_partner
from tests.pages.test_people import member, signed_in, sure
from tests.webhooks.receiver import Receiver, endpoint_of, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("to_this_machine")]

PAGE, COMPANYS = "/settings/webhooks/", "/admin/program/webhooks/"
HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def happen(of: str = "ada", subject: str = "lead 1") -> None:
    write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner(of).pk, subject=subject, at=AT)


def browser_of(key: str | None) -> Client:
    return sure(owner_of(key) if key else pam())


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_an_endpoint_is_made_and_its_secret_is_shown_once(key: str | None, page: str) -> None:
    browser = browser_of(key)
    shown = browser.post(f"{page}new/", {"url": f" {HOOK} ", "kinds": ["lead.moved", "payout.paid"]})
    endpoint = WebhookEndpoint.objects.get()
    secret = shown.context["secret"]
    assert secret.encode() in shown.content
    assert "no-store" in shown["Cache-Control"]
    assert endpoint.secrets(at=AT) == [secret]
    assert (endpoint.url, endpoint.kinds) == (HOOK, ["lead.moved", "payout.paid"])
    assert endpoint.partner_id == (the_partner(key).pk if key else None)
    for url in (page, f"{page}{endpoint.pk}/"):
        answer = browser.get(url)
        assert HOOK.encode() in answer.content
        assert secret.encode() not in answer.content
    kept = [str(each) for each in (*AuditEntry.objects.values(), *Notice.objects.values())]
    assert not [each for each in kept if secret in each]
    assert AuditEntry.objects.filter(action="webhook endpoint made", subject=f"webhook endpoint {endpoint.pk}").exists()


def test_a_partners_people_hear_of_a_new_endpoint_and_of_a_rotated_secret() -> None:
    browser = browser_of("ada")
    browser.post(f"{PAGE}new/", {"url": HOOK})
    endpoint = WebhookEndpoint.objects.get()
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        asked = browser.get(f"{PAGE}{endpoint.pk}/rotate/")
        assert b"Rotate the secret?" in asked.content
        shown = browser.post(f"{PAGE}{endpoint.pk}/rotate/")
    assert b"until" in shown.content
    subjects = set(Notice.objects.filter(key__startswith="webhook:").values_list("subject", flat=True))
    assert len(subjects) == 2
    endpoint.refresh_from_db()
    assert endpoint.secrets(at=AT + timedelta(hours=1))[0] == shown.context["secret"]
    assert len(endpoint.secrets(at=AT + timedelta(hours=1))) == 2


@pytest.mark.parametrize("url", ["", "nonsense", "https://169.254.169.254/", "http://10.0.0.1/", "https://[::1]/x"])
def test_an_address_that_nothing_can_be_sent_to_is_refused_in_words(url: str, settings: Any) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    answer = browser_of("ada").post(f"{PAGE}new/", {"url": url})
    assert answer.status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_the_same_address_twice_and_too_many_are_refused() -> None:
    browser = browser_of("ada")
    for number in range(10):
        assert browser.post(f"{PAGE}new/", {"url": f"{HOOK}/{number}"}).status_code == 200
    assert b"already" in browser.post(f"{PAGE}new/", {"url": f"{HOOK}/1"}).content
    assert b"remove one of them first" in browser.post(f"{PAGE}new/", {"url": f"{HOOK}/11"}).content
    assert WebhookEndpoint.objects.count() == 10
    endpoint_of("ben", f"{HOOK}/1")


def test_no_partner_chooses_what_only_the_company_gets() -> None:
    answer = browser_of("ada").post(f"{PAGE}new/", {"url": HOOK, "kinds": ["period.closed"]})
    assert answer.status_code == 422
    assert browser_of(None).post(f"{COMPANYS}new/", {"url": HOOK, "kinds": ["period.closed"]}).status_code == 200


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_a_test_event_is_sent_and_its_page_shows_the_answer(key: str | None, page: str, receiver: Receiver) -> None:
    browser = browser_of(key)
    endpoint, _ = endpoint_of(key, receiver.url)
    assert b"Nothing was sent yet" in browser.get(f"{page}{endpoint.pk}/").content
    answer = browser.post(f"{page}{endpoint.pk}/test/")
    where = answer["Location"]
    assert b"not tried yet" in browser.get(where).content
    receiver.status, receiver.text = 500, b"<b>broken</b>"
    assert sweep() == 1
    shown = browser.get(where).content
    for words in (b"Answered with 500", b"&lt;b&gt;broken", b"webhook.test", b"Given up"):
        assert words in shown
    receiver.status = 200
    browser.post(f"{where}again/")
    assert sweep() == 1
    assert b"Answered with 200" in browser.get(where).content
    assert b"Delivered" in browser.get(f"{page}{endpoint.pk}/?state=delivered").content


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_everything_since_a_day_is_sent_again(key: str | None, page: str, receiver: Receiver) -> None:
    happen()
    browser, (endpoint, _) = browser_of(key), endpoint_of(key, receiver.url)
    for day, status in (("", 422), ("2027-01-02", 422), ("nonsense", 422), ("2027-01-01", 302)):
        assert browser.post(f"{page}{endpoint.pk}/since/", {"since": day}).status_code == status
    assert sweep() == 1


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_an_endpoint_is_switched_off_and_on_and_removed(key: str | None, page: str) -> None:
    browser, (endpoint, _) = browser_of(key), endpoint_of(key, HOOK)
    here = f"{page}{endpoint.pk}/"
    browser.post(f"{here}switch/", {"on": "0"})
    assert list(WebhookEndpoint.objects.values_list("is_on", flat=True)) == [False]
    assert b"Switched off by hand" in browser.get(here).content
    refused = browser.post(f"{here}test/", follow=True)
    assert b"switch it on first" in refused.content
    assert not Event.objects.exists()
    browser.post(f"{here}switch/", {"on": "1"})
    assert list(WebhookEndpoint.objects.values_list("is_on", flat=True)) == [True]
    assert b"Remove the endpoint?" in browser.get(f"{here}remove/").content
    assert browser.post(f"{here}remove/")["Location"] == page
    assert browser.get(here).status_code == 404
    assert browser.post(f"{here}switch/", {"on": "1"}).status_code == 404
    assert HOOK.encode() not in browser.get(page).content


def test_the_settings_say_how_webhooks_stand() -> None:
    browser = browser_of("ada")
    assert b"Let your programs hear what happens" in browser.get("/settings/").content
    endpoint, _ = endpoint_of("ada", HOOK)
    assert b"1 address is told what happens" in browser.get("/settings/").content
    switch_endpoint(endpoint=endpoint, on=False, by=owner_of("ada"), at=AT)
    assert b"One is off" in browser.get("/settings/").content


def test_the_list_of_what_was_sent_takes_as_many_queries_however_long_it_is() -> None:
    browser, (endpoint, _) = browser_of("ada"), endpoint_of("ada", HOOK)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(f"{PAGE}{endpoint.pk}/").status_code == 200
        return len(found)

    happen()
    few = queries()
    for number in range(30):
        happen(subject=f"lead {number}")
    assert queries() == few


# -- Whose they are ---------------------------------------------------------------------------------------

POSTS = ("test/", "since/", "rotate/", "switch/", "remove/")


def addresses(page: str, endpoint: UUID, delivery: int) -> list[str]:
    here = f"{page}{endpoint}/"
    return [
        here,
        *(here + each for each in POSTS),
        f"{here}deliveries/{delivery}/",
        f"{here}deliveries/{delivery}/again/",
    ]


@pytest.mark.parametrize("of", ["ben", None])
def test_another_partners_and_the_companys_are_not_there(of: str | None) -> None:
    endpoint, _ = endpoint_of(of, HOOK)
    delivery = send_test(endpoint=endpoint, by=owner_of(of) if of else pam(), at=AT)
    mine, _ = endpoint_of("ada", HOOK)
    browser, before = browser_of("ada"), None
    for url in (*addresses(PAGE, endpoint.pk, delivery.pk), *addresses(PAGE, mine.pk, delivery.pk)[-2:]):
        before = before or all_rows()
        assert browser.get(url).status_code == 404, url
        assert browser.post(url, {"since": "2027-01-01", "on": "0"}).status_code in (404, 405), url
    after = all_rows()
    for table in ("notices_event", "notices_webhookdelivery", "notices_webhookendpoint"):
        assert before is not None
        assert after[table] == before[table]


def test_managers_do_not_keep_partners_endpoints() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    delivery = send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    browser = browser_of(None)
    for url in addresses(COMPANYS, endpoint.pk, delivery.pk):
        assert browser.get(url).status_code == 404, url
    assert HOOK.encode() not in browser.get(COMPANYS).content


def test_the_database_itself_shows_a_partner_its_own_alone() -> None:
    for key in ("ada", "ben", None):
        endpoint_of(key, HOOK)
    happen("ada")
    happen("ben")
    write_event(kind=EventKind.PERIOD_CLOSED, partner_id=None, subject="period 2026-01", at=AT)
    for delivery in WebhookDelivery.objects.all():
        WebhookAttempt.objects.create(delivery=delivery, at=AT, answered=200, milliseconds=1)
    ada = the_partner("ada").pk
    with rows_of(ada):
        assert {row.partner_id for row in WebhookEndpoint.objects.all()} == {ada}
        assert {row.partner_id for row in Event.objects.all()} == {ada}
        assert WebhookDelivery.objects.count() == WebhookAttempt.objects.count() == 1
    assert WebhookDelivery.objects.count() == 5


def test_members_and_other_staff_are_refused() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    people: list[tuple[User, str]] = [(member(), PAGE), (fay(), COMPANYS)]
    for person, page in people:
        browser = signed_in(person)
        for url in (page, f"{page}{endpoint.pk}/"):
            assert browser.get(url).status_code == 403
        assert browser.post(f"{page}{endpoint.pk}/switch/", {"on": "0"}).status_code == 403
    endpoint.refresh_from_db()
    assert endpoint.is_on


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_who_it_is_is_asked_again_before_a_secret_is_made(key: str | None, page: str) -> None:
    endpoint, _ = endpoint_of(key, HOOK)
    person = owner_of(key) if key else pam()
    person.set_password("four words in a row")
    person.save()
    browser = signed_in(person)
    for url in (f"{page}new/", f"{page}{endpoint.pk}/rotate/"):
        assert "/reauthenticate/" in browser.get(url)["Location"]
        browser.post(url, {"url": f"{HOOK}/other"})
    assert WebhookEndpoint.objects.count() == 1
    endpoint.refresh_from_db()
    assert endpoint.previous_until is None
