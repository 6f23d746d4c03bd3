"""Billing facts in bulk: all or nothing, as often as one likes, exact, and every problem with its place."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import Scope
from affiliates.models import FactBatch
from clients.models import Client, Invoice, InvoiceLine, Payment, Reversal
from tests.api.calling import company_key, partner_key
from tests.cast import fay, pam, program, run

pytestmark = pytest.mark.django_db

OAK = {"client": "oak", "partner": "ada", "name": "Oak Inc.", "domain": "oak.example", "closed_on": "2025-06-01"}
LINES = [
    {"line": 1, "category": "subscription", "amount": "1000.00", "service_from": "2026-01", "service_months": 1},
    {"line": 2, "category": "one_time", "amount": "50.00"},
]
INVOICE = {"invoice": "oak-1", "client": "oak", "issued_on": "2026-01-01", "lines": LINES}
PAID = {"payment": "oak-1-paid", "invoice": "oak-1", "amount": "1050.00", "received_on": "2026-01-10"}
FACTS = {"clients": [OAK], "invoices": [INVOICE], "payments": [PAID]}


@pytest.fixture(autouse=True)
def _program() -> None:
    cache.clear()
    program()


def send(facts: Any, **headers: str) -> Any:
    return company_key(fay()).post("facts/", facts, **headers)


def test_facts_are_recorded_and_earn() -> None:
    answer = send(FACTS)
    assert answer.status_code == 200, answer.content
    assert answer.json()["written"] == {"clients": 1, "invoices": 1, "lines": 2, "payments": 1, "slices": 1}
    assert answer.json()["batch"] == FactBatch.objects.latest("id").pk
    assert (Invoice.objects.get().total, InvoiceLine.objects.count()) == (Decimal("1050.00"), 2)
    assert run("2026-01").posted == Decimal("200.00")


def test_the_same_facts_again_change_nothing() -> None:
    send(FACTS)
    batches = FactBatch.objects.count()
    answer = send(FACTS)
    assert (answer.status_code, answer.json()["batch"], answer.json()["written"]) == (200, None, {})
    assert FactBatch.objects.count() == batches


def test_numbers_are_exact_however_they_are_written() -> None:
    body = json.dumps(FACTS).replace('"1050.00"', "1050.00").replace('"1000.00"', "1000.0").replace('"50.00"', "50")
    assert company_key(fay()).ask("POST", "facts/", body).status_code == 200
    assert Payment.objects.get().amount == Decimal("1050.00")


@pytest.mark.parametrize("amount", ["1050.001", "1e3", "-1", "NaN", "1,050.00", "", True, None, {}, [1]])
def test_an_amount_that_is_none_is_refused_with_its_place(amount: Any) -> None:
    answer = send({**FACTS, "payments": [{**PAID, "amount": amount}]})
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "payments[0].amount"
    assert not Client.objects.filter(reference="oak").exists()


def test_every_problem_is_told_and_nothing_is_saved() -> None:
    facts = {
        "clients": [{**OAK, "closed_on": "2025-02-30"}],
        "invoices": [{**INVOICE, "client": "nobody"}, {"invoice": "empty", "client": "oak", "issued_on": "2026-01-01"}],
        "payments": [PAID, {**PAID, "payment": "x y"}, "text"],
        "coupons": [],
    }
    answer = send(facts)
    said = {each["field"] for each in answer.json()["errors"]}
    assert answer.status_code == 409
    assert {"clients[0].closed_on", "invoices[1].lines", "payments[1].payment", "payments[2]", "facts.coupons"} <= said
    assert answer.json()["count"] >= 5
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("facts", [[], "text", 1, {"clients": {}}, {"clients": "x"}, {"clients": [None]}])
def test_what_is_no_facts_is_refused(facts: Any) -> None:
    assert company_key(fay()).ask("POST", "facts/", json.dumps(facts)).status_code == 409
    assert not Client.objects.filter(reference="oak").exists()


def test_an_unknown_column_is_refused_by_name() -> None:
    answer = send({"clients": [{**OAK, "currency": "EUR"}]})
    assert answer.json()["errors"][0]["field"] == "clients[0].currency"


def test_silence_does_not_take_a_cancellation_back() -> None:
    send({"clients": [{**OAK, "canceled_on": "2026-02-01"}]})
    send({"clients": [{**OAK, "name": "Oak Ltd."}]})
    oak = Client.objects.get(reference="oak")
    assert (oak.name, str(oak.canceled_on)) == ("Oak Ltd.", "2026-02-01")
    elm = {**OAK, "client": "elm", "canceled_on": None}
    assert send({"clients": [OAK, elm]}).status_code == 409


def test_money_that_changes_is_refused() -> None:
    send(FACTS)
    answer = send({"payments": [{**PAID, "amount": "1049.00"}]})
    assert answer.status_code == 409
    assert Payment.objects.get().amount == Decimal("1050.00")


def test_money_that_went_back_comes_in_too() -> None:
    back = {
        "reversal": "r1",
        "payment": "oak-1-paid",
        "kind": "chargeback",
        "amount": "1050.00",
        "occurred_on": "2026-02-01",
    }
    assert send({**FACTS, "reversals": [back]}).json()["written"]["reversals"] == 1
    assert Reversal.objects.get().amount == Decimal("1050.00")


def test_more_than_ten_thousand_rows_are_refused() -> None:
    rows = [{**PAID, "payment": f"p{number}"} for number in range(10_001)]
    answer = send({"payments": rows})
    assert (answer.status_code, "10,001" in answer.json()["detail"]) == (413, True)
    assert not Payment.objects.exists()


def test_a_call_that_is_sent_again_is_answered_the_same() -> None:
    key = company_key(fay())
    first = key.post("facts/", FACTS, Idempotency_Key="month")
    again = key.post("facts/", FACTS, Idempotency_Key="month")
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"


def test_only_the_companys_keys_with_the_scope_send_facts() -> None:
    assert partner_key().post("facts/", FACTS).status_code == 403
    assert company_key(pam(), Scope.READ).post("facts/", FACTS).status_code == 403
    assert not Client.objects.filter(reference="oak").exists()
