"""A key is shown once, kept as a digest, good until it is revoked, replaced or over, and its people hear of it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, AuditEntry, Scope, User
from accounts.models.api_key import OVERLAP, digest, is_key
from accounts.rights import NotPermitted
from accounts.services.issue_api_key import KeyRefused, find_api_key, issue_api_key, replace_api_key, revoke_api_key
from affiliates.services.keep_partner_keys import issue_partner_key
from notices.models import Notice
from tests.cast import AT, fay, owner_of, pam, program, the_partner
from tests.pages.test_people import member, signed_in, sure

pytestmark = pytest.mark.django_db

PAGE = "/settings/keys/"
FORM = {"name": "Website", "scopes": ["read", "leads"], "last_day": ""}


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def made(name: str = "Website", **given: Any) -> tuple[ApiKey, str]:
    owner, ada = owner_of("ada"), the_partner("ada")
    given = {"scopes": [Scope.READ], "expires_at": None, **given}
    return issue_partner_key(partner=ada, name=name, by=owner, at=AT, **given)


def company_key(by: User) -> tuple[ApiKey, str]:
    scopes = [Scope.READ, Scope.FACTS]
    return issue_api_key(partner_id=None, name="Billing", scopes=scopes, expires_at=None, by=by, at=AT)


def test_a_key_is_shown_once_and_kept_as_a_digest() -> None:
    browser = sure(owner_of("ada"))
    shown = browser.post(f"{PAGE}new/", FORM)
    key = ApiKey.objects.get()
    secret = shown.context["secret"]
    assert secret.encode() in shown.content
    assert "no-store" in shown["Cache-Control"]
    assert (key.digest, key.scopes, key.partner_id) == (digest(secret), ["read", "leads"], the_partner("ada").pk)
    listed = browser.get(PAGE)
    assert key.hint.encode() in listed.content
    assert secret.encode() not in listed.content
    kept = [str(each) for each in (*AuditEntry.objects.values(), *Notice.objects.values(), *ApiKey.objects.values())]
    assert not [each for each in kept if secret in each]


def test_its_people_are_told_and_the_trail_knows_it() -> None:
    key, _ = made()
    told = Notice.objects.filter(key__startswith=f"key:{key.pk}:made")
    assert {each.recipient for each in told} == {owner_of("ada").email, the_partner("ada").email}
    assert all("an API key was made" in each.subject for each in told)
    entry = AuditEntry.objects.filter(action="API key made").get()
    assert (entry.subject, entry.by) == (f"key {key.pk}", owner_of("ada"))


def test_a_second_press_makes_no_second_key() -> None:
    browser = sure(owner_of("ada"))
    browser.post(f"{PAGE}new/", FORM)
    again = browser.post(f"{PAGE}new/", {**FORM, "name": "  website "})
    assert again.status_code == 422
    assert b"There is a key named website already" in again.content
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, b"name"),
        ({"scopes": []}, b"Choose at least one thing"),
        ({"scopes": ["facts"]}, b"facts"),
        ({"last_day": "2020-01-01"}, b"That day is over"),
    ],
)
def test_a_form_that_makes_no_sense_makes_no_key(wrong: dict[str, Any], said: bytes) -> None:
    answer = sure(owner_of("ada")).post(f"{PAGE}new/", FORM | wrong)
    assert answer.status_code == 422
    assert said in answer.content
    assert not ApiKey.objects.exists()


def test_only_owners_who_said_who_they_are_make_keys() -> None:
    assert signed_in(member()).get(PAGE).status_code == 403
    assert signed_in(owner_of("ada")).get(f"{PAGE}new/")["Location"].startswith("/accounts/")
    assert sure(member(name="moe")).post(f"{PAGE}new/", FORM).status_code == 403
    assert not ApiKey.objects.exists()


def test_another_partners_key_is_not_there() -> None:
    key, secret = made()
    browser = sure(owner_of("ben"))
    assert key.hint.encode() not in browser.get(PAGE).content
    assert browser.get(f"{PAGE}{key.pk}/replace/").status_code == 404
    assert browser.post(f"{PAGE}{key.pk}/revoke/").status_code == 404
    assert find_api_key(secret, at=AT) == key


def test_a_revoked_key_opens_nothing_and_stays_in_the_list() -> None:
    key, secret = made()
    browser = signed_in(owner_of("ada"))
    assert find_api_key(secret, at=AT) == key
    browser.post(f"{PAGE}{key.pk}/revoke/")
    assert find_api_key(secret, at=AT) is None
    assert b"Revoked" in browser.get(PAGE).content


def test_a_replaced_key_is_good_for_a_day_more() -> None:
    key, old = made(scopes=[Scope.READ, Scope.LINKS], expires_at=AT + timedelta(days=90))
    shown = sure(owner_of("ada")).post(f"{PAGE}{key.pk}/replace/")
    new = find_api_key(shown.context["secret"], at=AT)
    assert new is not None
    assert (new.replaces, new.scopes, new.expires_at) == (key, key.scopes, AT + timedelta(days=90))
    assert find_api_key(old, at=AT + OVERLAP - timedelta(seconds=1)) == key
    assert find_api_key(old, at=AT + OVERLAP) is None
    with pytest.raises(KeyRefused, match="replaced already"):
        replace_api_key(key=key, by=owner_of("ada"), at=AT)


def test_a_key_ends_with_its_day_and_with_its_maker() -> None:
    _, secret = made(expires_at=AT + timedelta(hours=1))
    assert find_api_key(secret, at=AT + timedelta(minutes=59)) is not None
    assert find_api_key(secret, at=AT + timedelta(hours=1)) is None
    _, other = made("Other")
    User.objects.filter(pk=owner_of("ada").pk).update(is_active=False)
    assert find_api_key(other, at=AT) is None


def test_its_use_is_noted_to_the_minute() -> None:
    key, secret = made()
    for seconds in (0, 30, 59):
        find_api_key(secret, at=AT + timedelta(seconds=seconds))
    key.refresh_from_db()
    assert key.used_at == AT
    find_api_key(secret, at=AT + timedelta(seconds=61))
    key.refresh_from_db()
    assert key.used_at == AT + timedelta(seconds=61)


@pytest.mark.parametrize("change", [lambda s: s[:-1] + ("a" if s[-1] != "a" else "b"), lambda s: s[:-1], str.upper])
def test_a_text_with_a_slip_is_no_key(change: Any) -> None:
    _, secret = made()
    assert is_key(secret)
    assert not is_key(change(secret))
    assert find_api_key(change(secret), at=AT) is None


def test_the_companys_keys_are_made_by_who_may() -> None:
    with pytest.raises(NotPermitted):
        company_key(fay())
    key, _ = company_key(pam())
    with pytest.raises(NotPermitted):
        replace_api_key(key=key, by=fay(), at=AT)
    with pytest.raises(NotPermitted):
        revoke_api_key(key=key, by=fay(), at=AT)
    key.refresh_from_db()
    assert (key.partner_id, key.revoked_at) == (None, None)


def test_a_manager_makes_replaces_and_revokes_the_companys_keys() -> None:
    browser: Client = sure(pam())
    shown = browser.post("/admin/program/keys/new/", {"name": "Billing", "scopes": ["facts"], "last_day": ""})
    key = ApiKey.objects.get()
    assert find_api_key(shown.context["secret"], at=AT) == key
    assert browser.post(f"/admin/program/keys/{key.pk}/replace/").context["secret"]
    browser.post(f"/admin/program/keys/{key.pk}/revoke/")
    assert find_api_key(shown.context["secret"], at=AT) is None
    assert b"Revoked" in browser.get("/admin/program/keys/").content


def test_the_list_asks_a_constant_number_of_queries(django_assert_num_queries: Any) -> None:
    made()
    browser = signed_in(owner_of("ada"))
    with CaptureQueriesContext(connection) as one:
        browser.get(PAGE)
    for number in range(8):
        made(f"Key {number}")
    with django_assert_num_queries(len(one)):
        browser.get(PAGE)
