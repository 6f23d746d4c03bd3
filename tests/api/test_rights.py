"""What a key may: each operation against each scope, and what stands against it beside them."""

import re
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from accounts.models import ApiKey, Scope
from accounts.models.api_key import COMPANY_SCOPES, OVERLAP, PARTNER_SCOPES
from accounts.services.issue_api_key import replace_api_key, revoke_api_key
from clients.models import Client
from commissions.models import Dispute, Period
from notices.models import WebhookEndpoint
from referrals.models import Lead, Link
from tests.api.calling import Caller, company_key, partner_key
from tests.cast import AT, client, close, fay, monthly, owner_of, pam, partner, program, record, run, sam

pytestmark = pytest.mark.django_db
CHANGING = {
    "disputes": Scope.PAYOUTS,
    "facts": Scope.FACTS,
    "leads": Scope.LEADS,
    "links": Scope.LINKS,
    "payouts": Scope.PAYOUTS,
    "periods": Scope.MONTHS,
    "runs": Scope.MONTHS,
    "webhook-deliveries": Scope.WEBHOOKS,
    "webhooks": Scope.WEBHOOKS,
}
PARTS = {"webhooks": "5f0c9c0e-5f0d-4c3e-9d41-0f6f6a1a7a11", "periods": "2026-01"}


@pytest.fixture(autouse=True)
def _counts() -> None:
    cache.clear()


def operations() -> list[tuple[str, str, Scope]]:
    """Each operation of the document with an address that leads to nothing, and the scope that it takes."""
    found = []
    for path, methods in Browser().get("/api/v1/schema/?format=json").json()["paths"].items():
        prefix = path.split("/")[3]
        address = re.sub(r"\{\w+\}", PARTS.get(prefix, "999"), path.removeprefix("/api/v1/"))
        found += [(each.upper(), address, Scope.READ if each == "get" else CHANGING[prefix]) for each in methods]
    return found


@pytest.mark.parametrize("is_partners", [True, False])
def test_each_operation_opens_with_its_own_scope_alone(is_partners: bool) -> None:
    program()
    scopes = PARTNER_SCOPES if is_partners else COMPANY_SCOPES
    keys = {scope: partner_key("ada", scope) if is_partners else company_key(None, scope) for scope in scopes}
    tried = 0
    for method, address, needed in operations():
        for scope, caller in keys.items():
            answer = caller.ask(method, address, None if method == "GET" else {})
            if scope != needed:
                assert answer.status_code == 403, (method, address, scope)
            else:
                assert "“" not in answer.json().get("detail", ""), (method, address, scope)
            tried += 1
    assert tried >= 60 * len(scopes)


def test_who_closes_no_months_is_not_told_what_one_comes_to() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    answer = company_key(sam()).post("periods/2026-01/close/", {"posted": "0.00"})
    assert answer.status_code == 403
    assert "200.00" not in answer.content.decode()
    assert not Period.objects.closed().exists()


def test_who_sees_no_money_sends_no_facts_and_is_told_none() -> None:
    """A refusal names what is known already: of a payment its amount."""
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    paid = {"payment": "acme-2026-01-paid", "invoice": "acme-2026-01", "amount": "1.00", "received_on": "2026-01-01"}
    answer = company_key(sam()).post("facts/", {"payments": [paid]})
    assert answer.status_code == 403
    assert "1000" not in answer.content.decode()
    oak = {"client": "oak", "partner": "ada", "name": "Oak", "closed_on": "2026-01-01"}
    assert company_key(sam()).post("facts/", {"clients": [oak]}).status_code == 403
    assert not Client.objects.filter(reference="oak").exists()
    assert company_key(pam()).post("facts/", {"clients": [oak]}).status_code == 200


def ended(settings: Settings) -> Caller:
    """The key of a partner whose partnership was over yesterday, with an amount of January and an endpoint."""
    settings.WEBHOOKS_TO_LOOPBACK = True
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01", by=fay())
    ada = partner_key("ada")
    assert ada.post("webhooks/", {"url": "http://127.0.0.1:9/"}).status_code == 201
    record(partner("ada", ended="2026-12-31", ended_by="company"))
    return ada


def test_after_the_end_what_was_earned_is_read_and_nothing_is_begun(settings: Settings) -> None:
    ada = ended(settings)
    (commission,) = ada.rows("commissions/")
    (endpoint,) = ada.rows("webhooks/")
    lead = {"company": "Oak", "contact": "Jo", "email": "jo@oak.example", "attested": True}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("leads/", lead),
        ("links/", {"name": "Blog", "destination": "https://www.example.com/"}),
        ("disputes/", {"commission": commission["id"], "comment": "Too little"}),
        ("webhooks/", {"url": "http://127.0.0.1:9/other"}),
        (f"webhooks/{endpoint['id']}/rotate/", {}),
        (f"webhooks/{endpoint['id']}/test/", {}),
        (f"webhooks/{endpoint['id']}/redeliver/", {"since": "2026-01-01T00:00:00Z"}),
    ]
    for path, body in calls:
        answer = ada.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "partnership_ended"), path
    assert [model.objects.count() for model in (Lead, Link, Dispute)] == [0, 0, 0]
    assert WebhookEndpoint.objects.count() == 1


def test_after_the_end_a_payout_is_presented_and_an_endpoint_removed(settings: Settings) -> None:
    ada = ended(settings)
    (payout,) = ada.rows("payouts/")
    assert ada.post(f"payouts/{payout['id']}/present/", {"note": "The last one"}).status_code == 200
    (endpoint,) = ada.rows("webhooks/")
    assert ada.post(f"webhooks/{endpoint['id']}/switch/", {"is_on": False}).status_code == 200
    assert ada.ask("DELETE", f"webhooks/{endpoint['id']}/").status_code == 204


def test_on_its_last_day_a_partnership_goes_on() -> None:
    program()
    record(partner("ada", ended="2027-01-01", ended_by="partner"))
    lead = {"company": "Oak", "contact": "Jo", "email": "jo@oak.example", "attested": True}
    answer = partner_key("ada").post("leads/", lead)
    assert answer.json().get("code") != "partnership_ended"


def test_a_key_that_was_replaced_is_good_for_a_day_and_a_revoked_one_for_nothing() -> None:
    program()
    ada = partner_key("ada")
    key = ApiKey.objects.get()
    _, secret = replace_api_key(key=key, by=owner_of("ada"), at=AT)
    successor = Caller(secret)
    assert (ada.get("leads/").status_code, successor.get("leads/").status_code) == (200, 200)
    with time_machine.travel(AT + OVERLAP, tick=False):
        found = Browser().get("/api/v1/leads/", headers={"Authorization": f"Bearer {ada.secret}"})
        assert (found.status_code, found.json()["code"]) == (401, "no_good_key")
    revoke_api_key(key=ApiKey.objects.get(replaces=key), by=owner_of("ada"), at=AT)
    assert successor.get("leads/").status_code == 401
    assert successor.post("leads/", {}).status_code == 401
