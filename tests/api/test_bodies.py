"""A body is JSON that every reader reads alike, of a size that a call can need; anything else is a problem document."""

import bz2
import zlib
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.test import RequestFactory

from affiliates.api.problems import fault
from clients.models import Client
from notices.models import WebhookEndpoint
from referrals.models import Lead
from tests.api.calling import Caller, company_key, partner_key
from tests.cast import AT, fay, program

pytestmark = pytest.mark.django_db
DEEP = 100_000
HALF = "\\ud800"  # A surrogate without its other half, as JSON writes it.
OAK = '{"company":"Oak","contact":"Jo","email":"jo@oak.example","attested":true%s}'
CLIENT = '{"client":"oak","partner":"ada","name":"%s","closed_on":"2026-01-01"}'


@pytest.fixture(autouse=True)
def _program() -> None:
    cache.clear()
    program()


def send(caller: Caller, path: str, body: bytes | str, kind: str = "application/json", **headers: str) -> Any:
    """The answer to a body exactly as it is, a fault's own answer too."""
    given = {name.replace("_", "-"): each for name, each in headers.items()}
    given["Authorization"] = f"Bearer {caller.secret}"
    client = Browser(raise_request_exception=False)
    with time_machine.travel(AT, tick=False):
        return client.generic("POST", f"/api/v1/{path}", body, content_type=kind, headers=given)


def refused(answer: Any, status: int) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    assert not Lead.objects.exists()
    assert not Client.objects.exists()
    return str(answer.json()["detail"])


@pytest.mark.parametrize("keyed", [{}, {"Idempotency_Key": "one"}])
@pytest.mark.parametrize(
    "body",
    ["[" * DEEP, '{"a":' * DEEP, OAK % f',"note":{"[" * 900 + "]" * 900}', OAK % f',"x":{"[" * 20 + "]" * 20}'],
)
def test_what_is_nested_without_end_is_refused(body: str, keyed: dict[str, str]) -> None:
    assert "inside each other" in refused(send(partner_key(), "leads/", body, **keyed), 400)
    assert "inside each other" in refused(send(company_key(fay()), "facts/", body, **keyed), 400)


@pytest.mark.parametrize("body", [OAK % f',"crm":"{HALF}"', OAK % f',"note":"{HALF}"', OAK % f',"{HALF}":1'])
def test_half_of_a_sign_is_refused_wherever_it_stands(body: str) -> None:
    assert "half of a sign" in refused(send(partner_key(), "leads/", body), 400)


@pytest.mark.parametrize(
    "body",
    [f'{{"clients":[{CLIENT % HALF}]}}', f'{{"clients":[{{"{HALF}":1}}]}}', f'{{"{HALF}":[]}}'],
)
def test_half_of_a_sign_is_refused_in_facts(body: str) -> None:
    assert "half of a sign" in refused(send(company_key(fay()), "facts/", body), 400)


def test_a_whole_sign_is_taken_however_it_is_written() -> None:
    assert send(partner_key(), "leads/", OAK % ',"note":"\\ud83d\\ude00 😀"').json()["note"] == "😀 😀"


def test_half_of_a_sign_makes_no_endpoint() -> None:
    refused(send(partner_key(), "webhooks/", f'{{"url":"https://93.184.216.34/","kinds":["{HALF}"]}}'), 400)
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_stands_twice_is_refused() -> None:
    """One reader takes the first value and another the last: nobody can say what was meant."""
    twice = OAK % ',"company":"Elm"'
    assert '"company" stands twice' in refused(send(partner_key(), "leads/", twice), 400)
    row = CLIENT % "Oak" + "," + (CLIENT % "Oak").replace('"partner":"ada"', '"partner":"ada","partner":"ben"')
    assert '"partner" stands twice' in refused(send(company_key(fay()), "facts/", f'{{"clients":[{row}]}}'), 400)


@pytest.mark.parametrize("charset", ["zlib", "bz2", "rot13", "utf-16", "unicode_escape", "nothing"])
def test_json_is_utf_8_whatever_the_call_says(charset: str) -> None:
    """A codec that unpacks would make gigabytes of a small body."""
    plain = b'{"clients":[]}' + b" " * 100_000
    packed = {"zlib": zlib.compress(plain), "bz2": bz2.compress(plain)}.get(charset, b"\xff\xfe{}")
    kind = f"application/json; charset={charset}"
    assert "no JSON" in refused(send(company_key(fay()), "facts/", packed, kind), 400)
    assert "no JSON" in refused(send(partner_key(), "leads/", packed, kind), 400)
    assert send(company_key(fay()), "facts/", b'{"clients":[]}', kind).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    refused(send(partner_key(), "leads/", OAK % "", kind), 415)


def test_a_body_that_no_call_needs_is_refused_and_says_so() -> None:
    assert "1 MiB" in refused(send(partner_key(), "leads/", OAK % f',"note":"{"x" * 2**20}"'), 413)
    refused(send(partner_key(), "leads/", OAK % f',"note":"{"x" * 16 * 2**20}"'), 413)


def test_a_body_in_chunks_is_not_taken_for_none() -> None:
    answer = send(company_key(fay()), "facts/", b"", Transfer_Encoding="chunked")
    assert "Content-Length" in refused(answer, 411)


@pytest.mark.parametrize("amount", ["1e999999999", "1e-999999999", "0e999999999", "-1e99"])
def test_a_number_of_a_billion_digits_is_not_written_out(amount: str) -> None:
    body = f'{{"payments":[{{"payment":"p","invoice":"i","amount":{amount},"received_on":"2026-01-01"}}]}}'
    answer = send(company_key(fay()), "facts/", body)
    refused(answer, 409)
    assert len(answer.content) < 2000


@pytest.mark.parametrize("since", ["2026-03-01", "2026-03-01T00:00:00", "9999-12-31T23:59:59-12:00", 5, None, ""])
def test_a_moment_has_its_offset_and_can_be(since: Any, settings: Any) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = True
    ada = partner_key()
    made = ada.post("webhooks/", {"url": "http://127.0.0.1:9/"}).json()["endpoint"]
    answer = ada.post(f"webhooks/{made['id']}/redeliver/", {"since": since})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "since")


def test_a_fault_of_ours_is_a_problem_document_for_programs_and_a_page_for_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("an inner matter")

    monkeypatch.setattr("referrals.api.register_lead", broken)
    answer = send(partner_key(), "leads/", OAK % "")
    assert "inner matter" not in refused(answer, 500)
    assert answer.json()["code"] == "fault"
    page = fault(RequestFactory().get("/leads/"))
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
