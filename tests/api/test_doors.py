"""What every address of the API promises: keys, scopes, rights, rows, problems, tags, pages, limits, replays."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, AuditEntry, KeptAnswer, Scope
from accounts.models.kept_answer import KEPT_FOR
from accounts.services.forget_answers import forget_answers
from affiliates.models import Membership
from affiliates.models.partner import MemberRole
from affiliates.services.change_membership import remove_member
from referrals.models import Lead
from tests.api.calling import Caller, company_key, partner_key
from tests.cast import AT, client, close, fay, monthly, owner_of, pam, program, sam, the_partner

pytestmark = pytest.mark.django_db

LEAD = {"company": "Oak Inc", "contact": "Jo Oak", "email": "jo@oak.example", "attested": True}
LISTS = (
    "partners", "agreements", "acceptances", "leads", "links", "clicks", "clients", "invoices", "payments", "reversals",
    "plans", "periods", "commissions", "ledger", "disputes", "payouts", "reports", "partner-invoices", "statements",
)  # fmt: skip
COMPANYS = ("conflicts", "runs")


@pytest.fixture(autouse=True)
def _counts() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _program(_counts: None) -> None:
    facts = [
        client("acme"),
        client("bolt", "ben"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("bolt", "2026-01", "50.00"),
    ]
    program(*facts)
    close("2026-01", by=fay())


@pytest.mark.parametrize("secret", ["", "nonsense", "trb_" + "a" * 46])
def test_without_a_good_key_nothing_opens(secret: str) -> None:
    for path in (*LISTS, *COMPANYS):
        answer = Caller(secret).get(f"{path}/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"
    assert Caller(secret).post("facts/", {}).status_code == 401


def test_a_partner_sees_its_own_in_every_list() -> None:
    partner_key("ben").post("leads/", LEAD)
    ada = partner_key("ada")
    for path in LISTS:
        said = str(ada.rows(f"{path}/"))
        assert "'ben'" not in said
        assert "bolt" not in said
        assert "Oak" not in said
    assert [each["partner"] for each in ada.rows("partners/")] == ["ada"]
    assert [each["client"] for each in ada.rows("clients/")] == ["acme"]
    assert [(each["client"], each["amount"]) for each in ada.rows("commissions/")] == [("acme", "200.00")]


def test_anothers_single_things_are_not_there() -> None:
    lead = partner_key("ben").post("leads/", LEAD).json()["id"]
    ada = partner_key("ada")
    bens = company_key(fay()).rows("commissions/?partner=ben")[0]["id"]
    for path in (
        f"leads/{lead}/",
        "clients/bolt/",
        "invoices/bolt-2026-01/",
        f"commissions/{bens}/explain/",
        "partners/ben/",
    ):
        answer = ada.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    payout = company_key(fay()).rows("payouts/?partner=ben")[0]["id"]
    assert ada.get(f"payouts/{payout}/gates/").status_code == 404
    assert ada.post(f"payouts/{payout}/present/").status_code == 404


@pytest.mark.parametrize("path", COMPANYS)
def test_what_is_the_companys_is_not_for_partners(path: str) -> None:
    assert partner_key().get(f"{path}/").status_code == 403
    assert company_key(pam()).get(f"{path}/").status_code == 200


def test_the_companys_key_may_what_its_maker_may() -> None:
    assert company_key(sam()).get("commissions/").status_code == 403
    assert company_key(sam()).get("leads/").status_code == 200
    answer = company_key(sam()).post("runs/", {"period": "2026-02"})
    assert answer.status_code == 403
    assert company_key(fay()).post("runs/", {"period": "2026-02"}).status_code == 202


def test_a_scope_that_is_missing_is_named() -> None:
    answer = partner_key("ada", Scope.READ).post("leads/", LEAD)
    assert answer.status_code == 403
    assert "“leads”" in answer.json()["detail"]
    assert partner_key("ada", Scope.LEADS).get("leads/").status_code == 403
    assert not Lead.objects.exists()


def test_a_key_ends_when_its_maker_leaves() -> None:
    ada = partner_key("ada")
    Membership.objects.create(partner=the_partner("ada"), user=pam(), role=MemberRole.OWNER)
    assert ada.get("leads/").status_code == 200
    mine = Membership.objects.get(user=owner_of("ada"))
    remove_member(membership=mine, by=pam(), at=AT)
    assert ada.get("leads/").status_code == 401


def test_a_wrong_body_is_a_problem_that_names_each_field() -> None:
    answer = partner_key().post("leads/", {"company": "", "email": "nobody", "agents": -1, "attested": True})
    said = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert {each["field"] for each in said["errors"]} == {"company", "contact", "email", "agents"}
    assert said["status"] == 400
    assert not Lead.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "nul\\u0000", "1e400", "[[[[[[", '{"company": "\\u0000"}'])
def test_nonsense_is_refused_and_saves_nothing(body: str) -> None:
    assert partner_key().ask("POST", "leads/", body).status_code == 400
    assert company_key().ask("POST", "facts/", body).status_code in (400, 409)
    assert not Lead.objects.exists()


def test_a_rule_that_stands_against_it_is_told() -> None:
    ada = partner_key()
    assert ada.post("leads/", LEAD).status_code == 201
    again = ada.post("leads/", LEAD)
    assert (again.status_code, again.json()["code"]) == (409, "already_yours")
    refused = ada.post("leads/", {**LEAD, "email": "a@elm.example", "company": "Elm", "attested": False})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "attested")
    assert Lead.objects.count() == 1


def test_a_single_thing_has_a_tag() -> None:
    ada = partner_key()
    first = ada.get("clients/acme/")
    assert ada.get("clients/acme/", If_None_Match=first["ETag"]).status_code == 304
    other = ada.get("clients/acme/?fields=name,client", If_None_Match=first["ETag"])
    assert other.json() == {"client": "acme", "name": "Acme Inc."}


def test_a_field_that_is_not_there_is_said() -> None:
    answer = partner_key().get("clients/?fields=name,secret")
    assert answer.status_code == 400
    assert "secret is no field" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("limit", ["0", "251", "-1", "x", "9" * 30, "١"])
def test_a_limit_that_makes_no_sense_is_said(limit: str) -> None:
    assert partner_key().get(f"clients/?limit={limit}").status_code == 400


def test_pages_follow_each_other_and_rows_that_come_meanwhile_move_nothing() -> None:
    ada = partner_key()
    for number in range(5):
        ada.post(
            "leads/",
            {**LEAD, "company": f"Company {number} {'abcdefgh'[number] * 9}", "email": f"jo@oak{number}.example"},
        )
    first = ada.get("leads/?limit=2").json()
    ada.post("leads/", {**LEAD, "company": "Zebra", "email": "z@zebra.example"})
    second = ada.get(first["next"].partition("/api/v1/")[2]).json()
    assert len(first["results"]) == len(second["results"]) == 2
    assert not {each["id"] for each in first["results"]} & {each["id"] for each in second["results"]}
    assert len(ada.rows("leads/?limit=2")) == 6


def test_a_call_with_a_key_is_answered_once() -> None:
    ada = partner_key()
    first = ada.post("leads/", LEAD, Idempotency_Key="one")
    again = ada.post("leads/", LEAD, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert Lead.objects.count() == 1
    assert AuditEntry.objects.filter(action="lead registered").count() <= 1


def test_its_key_with_another_call_is_refused() -> None:
    ada = partner_key()
    ada.post("leads/", LEAD, Idempotency_Key="one")
    other = ada.post("leads/", {**LEAD, "note": "Call after ten"}, Idempotency_Key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_taken")
    assert partner_key("ben").post("leads/", LEAD, Idempotency_Key="one").status_code == 201


def test_a_call_that_failed_keeps_no_answer() -> None:
    ada = partner_key()
    assert ada.post("leads/", {**LEAD, "email": "x"}, Idempotency_Key="one").status_code == 400
    assert not KeptAnswer.objects.exists()
    assert ada.post("leads/", LEAD, Idempotency_Key="one").status_code == 201


def test_answers_are_kept_for_a_day() -> None:
    partner_key().post("leads/", LEAD, Idempotency_Key="one")
    kept = KeptAnswer.objects.get()
    assert forget_answers(at=kept.at) == 0
    assert forget_answers(at=kept.at + KEPT_FOR) == 1


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_is_none_is_said(key: str) -> None:
    assert partner_key().post("leads/", LEAD, Idempotency_Key=key).status_code == 400


def test_limits_are_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affiliates.api.door.MOST_A_MINUTE", 2)
    ada = partner_key()
    assert [ada.get("leads/")["RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    answer = ada.get("leads/")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert partner_key("ben").get("leads/").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_number_of_queries_however_long(path: str) -> None:
    key = company_key(pam())
    if path in ("clients", "invoices", "payments", "reversals", "commissions", "ledger", "payouts", "statements"):
        key = company_key(fay())
    if key.get(f"{path}/").status_code == 403:
        key = company_key(sam())
    with CaptureQueriesContext(connection) as captured:
        assert key.get(f"{path}/?limit=1").status_code == 200
    with CaptureQueriesContext(connection) as more:
        assert key.get(f"{path}/?limit=200").status_code == 200
    assert len(more) <= len(captured)


def test_no_key_and_nothing_secret_is_in_an_answer() -> None:
    ada = partner_key()
    for path in LISTS:
        said = ada.get(f"{path}/").content.decode()
        assert ada.secret not in said
        assert ApiKey.objects.get().digest not in said


def test_every_answer_says_that_it_is_private() -> None:
    ada = partner_key()
    for path in LISTS:
        assert ada.get(f"{path}/")["Cache-Control"] in ("no-store", "private, no-cache")


def test_what_is_only_read_is_not_written() -> None:
    ada = partner_key()
    for path in ("clients/", "commissions/", "ledger/"):
        answer = ada.post(path, {})
        assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json"), path
    assert ada.ask("DELETE", "clients/acme/").status_code == 405
    assert ada.post("nowhere/", {}).status_code == 404
