"""An endpoint's address and what it is told of can be changed; its secret stays, and its people hear of it."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from notices.models import EventKind, Notice, WebhookEndpoint
from notices.services.keep_endpoint import EndpointRefused, change_endpoint, remove_endpoint
from notices.services.write_event import write_event
from tests.cast import AT, fay, owner_of, pam, program, the_partner
from tests.pages.test_people import signed_in, sure
from tests.webhooks.receiver import Receiver, endpoint_of, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("to_this_machine")]
PAGE, COMPANYS = "/settings/webhooks/", "/admin/program/webhooks/"
HOOK, OTHER = "http://127.0.0.1:9/hook", "http://127.0.0.1:9/other"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    program()
    with time_machine.travel(AT, tick=False):
        yield


def rows() -> list[tuple[object, ...]]:
    return list(WebhookEndpoint.objects.order_by("pk").values_list())


@pytest.mark.parametrize(("key", "page"), [("ada", PAGE), (None, COMPANYS)])
def test_its_page_changes_address_and_kinds_and_keeps_the_secret(key: str | None, page: str) -> None:
    endpoint, secret = endpoint_of(key, HOOK, EventKind.LEAD_MOVED)
    browser = sure(owner_of(key) if key else pam())
    place = f"{page}{endpoint.pk}/change/"
    assert place.encode() in browser.get(f"{page}{endpoint.pk}/").content
    shown = browser.get(place).content.decode()
    assert HOOK in shown
    assert shown.count("checked") == 1
    Notice.objects.all().delete()
    answer = browser.post(place, {"url": OTHER, "kinds": ["payout.paid", "payout.failed"]})
    assert answer["Location"] == f"{page}{endpoint.pk}/"
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.kinds) == (OTHER, ["payout.paid", "payout.failed"])
    assert endpoint.secrets(at=AT) == [secret]
    entry = AuditEntry.objects.get(action="webhook endpoint changed")
    assert (entry.details["before"], entry.details["url"]) == (HOOK, OTHER)
    told = {each.subject for each in Notice.objects.all()}
    assert told == ({"Ada Partners: an endpoint for webhooks was changed"} if key else set())


def test_what_stays_the_same_is_no_change() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    Notice.objects.all().delete()
    assert sure(owner_of("ada")).post(f"{PAGE}{endpoint.pk}/change/", {"url": HOOK}).status_code == 302
    assert not AuditEntry.objects.filter(action="webhook endpoint changed").exists()
    assert not Notice.objects.exists()


def test_what_waits_goes_to_the_new_address(receiver: Receiver) -> None:
    endpoint, secret = endpoint_of("ada", HOOK)
    write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject="lead 1", at=AT)
    change_endpoint(endpoint=endpoint, url=receiver.url, kinds=[], by=owner_of("ada"), at=AT)
    assert sweep() == 1
    assert receiver.read(0, secret)["type"] == "lead.moved"


@pytest.mark.parametrize("url", ["https://169.254.169.254/", "nonsense", "", "https://" + "a" * 600 + ".example/"])
def test_an_address_that_nothing_can_be_sent_to_is_refused(url: str, settings: Settings) -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    settings.WEBHOOKS_TO_LOOPBACK = False
    before = rows()
    assert sure(owner_of("ada")).post(f"{PAGE}{endpoint.pk}/change/", {"url": url}).status_code == 422
    assert rows() == before


def test_the_address_of_another_endpoint_is_refused_and_that_of_another_partner_is_not() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    endpoint_of("ada", OTHER)
    endpoint_of("ben", "http://127.0.0.1:9/bens")
    with pytest.raises(EndpointRefused, match="already"):
        change_endpoint(endpoint=endpoint, url=OTHER, kinds=[], by=owner_of("ada"), at=AT)
    change_endpoint(endpoint=endpoint, url="http://127.0.0.1:9/bens", kinds=[], by=owner_of("ada"), at=AT)


def test_no_partner_chooses_what_only_the_company_gets() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    before = rows()
    told = {"url": HOOK, "kinds": ["partner.applied"]}
    assert sure(owner_of("ada")).post(f"{PAGE}{endpoint.pk}/change/", told).status_code == 422
    assert rows() == before


def test_whose_it_is_not_finds_none_and_what_was_removed_is_not_there() -> None:
    endpoint, _ = endpoint_of("ben", HOOK)
    companys, _ = endpoint_of(None, HOOK)
    gone, _ = endpoint_of("ada", HOOK)
    remove_endpoint(endpoint=gone, by=owner_of("ada"), at=AT)
    before = rows()
    for each in (endpoint, companys, gone):
        for method in ("get", "post"):
            answer = getattr(sure(owner_of("ada")), method)(f"{PAGE}{each.pk}/change/", {"url": OTHER})
            assert answer.status_code == 404
    assert sure(pam()).post(f"{COMPANYS}{endpoint.pk}/change/", {"url": OTHER}).status_code == 404
    with pytest.raises(NotPermitted):
        change_endpoint(endpoint=companys, url=OTHER, kinds=[], by=fay(), at=AT)
    assert rows() == before


def test_who_it_is_is_asked_again_first() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    person = owner_of("ada")
    person.set_password("four words in a row")
    person.save()
    browser, place = signed_in(person), f"{PAGE}{endpoint.pk}/change/"
    assert "/reauthenticate/" in browser.get(place)["Location"]
    browser.post(place, {"url": OTHER})
    endpoint.refresh_from_db()
    assert endpoint.url == HOOK
