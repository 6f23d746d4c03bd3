"""Leads by program: a partner's own, a click's, a named partner's; moved by sales' keys, and never past a rule."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from referrals.models import Click, Lead, LeadStep, Link
from referrals.models.lead import Channel, Stage
from tests.api.calling import company_key, partner_key
from tests.cast import AT, fay, program, sam, the_partner

pytestmark = pytest.mark.django_db

OAK = {"company": "Oak Inc", "contact": "Jo Oak", "email": "jo@oak.example", "attested": True}


@pytest.fixture(autouse=True)
def _program() -> None:
    cache.clear()
    program()


def clicked(days_ago: int = 1) -> Click:
    link, _ = Link.objects.get_or_create(
        partner=the_partner("ben"), code="ben", name="Ben", destination="https://www.example.com/", created_at=AT
    )
    return Click.objects.create(link=link, at=AT - timedelta(days=days_ago))


def test_a_click_says_whose_lead_it_is() -> None:
    click = clicked()
    answer = company_key(sam()).post("leads/", {**OAK, "click": click.token})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["partner"], answer.json()["link"], answer.json()["channel"]) == ("ben", "ben", "link")
    assert Lead.objects.get().click == click


def test_a_click_that_is_too_old_is_credited_to_nobody() -> None:
    answer = company_key(sam()).post("leads/", {**OAK, "click": clicked(days_ago=91).token})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_click")
    assert not Lead.objects.exists()


def test_a_registered_lead_wins_over_a_click() -> None:
    partner_key("ada").post("leads/", OAK)
    answer = company_key(sam()).post("leads/", {**OAK, "click": clicked().token})
    assert answer.json()["under_review"]
    assert answer.json()["protected_until"] is None


def test_the_company_names_a_partner_or_a_click() -> None:
    key = company_key(sam())
    assert key.post("leads/", OAK).json()["errors"][0]["field"] == "partner"
    assert key.post("leads/", {**OAK, "partner": "nobody"}).status_code == 400
    assert key.post("leads/", {**OAK, "partner": "ADA"}).json()["partner"] == "ada"


def test_a_partner_cannot_register_for_another_or_by_a_click() -> None:
    answer = partner_key("ada").post("leads/", {**OAK, "partner": "ben", "click": clicked().token})
    assert (answer.json()["partner"], answer.json()["channel"]) == ("ada", Channel.FORM)


def test_who_may_not_move_leads_registers_none_for_the_company() -> None:
    assert company_key(fay()).post("leads/", {**OAK, "partner": "ada"}).status_code == 403
    assert not Lead.objects.exists()


def moved(lead: int, **said: Any) -> Any:
    return company_key(sam()).post(f"leads/{lead}/move/", said)


def test_sales_moves_a_lead() -> None:
    lead = partner_key().post("leads/", OAK).json()["id"]
    answer = moved(lead, stage="qualified", seen="submitted")
    assert (answer.status_code, answer.json()["stage"]) == (200, "qualified")
    assert LeadStep.objects.filter(lead=lead, stage=Stage.QUALIFIED, by=sam()).exists()


@pytest.mark.parametrize(
    "said",
    [{"stage": "proposal"}, {"stage": "won"}, {"stage": "rejected"}, {"stage": "qualified", "seen": "demo_done"}],
)
def test_a_move_that_a_rule_stands_against_moves_nothing(said: dict[str, str]) -> None:
    lead = partner_key().post("leads/", OAK).json()["id"]
    assert moved(lead, **said).status_code == 409
    assert Lead.objects.get().stage == Stage.SUBMITTED


def test_a_partner_moves_no_lead() -> None:
    ada = partner_key()
    lead = ada.post("leads/", OAK).json()["id"]
    assert ada.post(f"leads/{lead}/move/", {"stage": "qualified"}).status_code == 403
    assert Lead.objects.get().stage == Stage.SUBMITTED


def test_leads_are_found_by_what_is_known_of_them() -> None:
    ada = partner_key()
    ada.post("leads/", OAK)
    assert len(ada.rows("leads/?email=JO@oak.example&stage=submitted&since=2027-01-01&until=2027-01-01")) == 1
    assert ada.rows("leads/?since=2027-01-02") == []
    for wrong in ("since=01/02/2027", "stage=open", "stgae=won", "email="):
        assert ada.get(f"leads/?{wrong}").status_code == 400, wrong


def test_a_link_is_made_and_its_clicks_are_read() -> None:
    ben = partner_key("ben")
    link = {"name": "Blog", "destination": "https://www.example.com/"}
    answer = ben.post("links/", link)
    assert answer.status_code in (201, 409), answer.content
    clicked()
    assert [each["link"] for each in ben.rows("clicks/?link=ben&since=2026-12-31&until=2026-12-31")] == ["ben"]
    assert ben.rows("clicks/?until=2026-12-30") == []
    assert partner_key("ada").rows("clicks/") == []
