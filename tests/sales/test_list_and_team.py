"""The list of all leads with its steps for many, and who works on leads."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from referrals.models import Lead, LeadWork, PartnerRep, Rep, Team
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from referrals.services.set_up_reps import set_partner_rep
from tests.cast import AT, all_rows, day, fay, pam, program, the_partner
from tests.leads.telling import lead_of, signed_in
from tests.sales.people import lead_with, rep

pytestmark = pytest.mark.django_db
LEADS, TEAM = "/sales/leads/", "/sales/team/"


@pytest.fixture(autouse=True)
def partners() -> Iterator[None]:
    program()
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def rose() -> Client:
    """A rep, signed in."""
    return signed_in(rep("rose", "East").user)


@pytest.fixture
def manager() -> Client:
    return signed_in(pam())


def companies(client: Client, query: str = "") -> set[str]:
    response = client.get(f"{LEADS}?{query}")
    assert response.status_code == 200
    return {line[0].text for line in response.context["listing"].lines}


def said(client: Client, url: str, told: dict[str, object]) -> str:
    """What the page says after a form was sent."""
    return client.post(url, told, follow=True).content.decode()


def owners() -> dict[str, str]:
    return {work.lead.company: str(work.owner or "") for work in LeadWork.objects.select_related("lead")}


# -- The list -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["9" * 5000, "0" * 5000, "-1", "٣", "\0", "1e9", ""], ids=lambda text: ascii(text[:5]))
def test_a_page_that_there_is_not_is_answered_in_words(rose: Client, page: str) -> None:
    lead_of("ada")
    response = rose.get(LEADS, {"page": page})
    assert response.status_code == 200
    is_past_end = page.startswith("9")
    assert ("The list ends before this page" in response.content.decode()) == is_past_end
    assert "No leads yet" not in response.content.decode()


def test_a_list_in_which_nothing_is_yet_asks_for_nothing(rose: Client) -> None:
    assert 'role="search"' not in rose.get(LEADS).content.decode()
    assert 'role="search"' in rose.get(LEADS, {"q": "Oak"}).content.decode()
    lead_of("ada")
    assert 'role="search"' in rose.get(LEADS).content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Oak", "Elm", "Ash"}),
        ("q=oak.ex", {"Oak"}),
        ("stage=qualified", {"Elm"}),
        ("stage=not_won", {"Ash"}),
        ("stage=open", {"Oak", "Elm"}),
        ("owner=mine", {"Oak"}),
        ("owner=none", {"Ash"}),
        ("owner=all&partner=ben", {"Ash"}),
        ("fit=outside", {"Elm"}),
        ("protection=runs_out", set()),
        ("protection=ran_out", set()),
    ],
)
def test_filters(rose: Client, query: str, expected: set[str]) -> None:
    lead_with(rep("rose", "East"), "Oak")
    elm = lead_with(rep("tess"), "Elm")
    Lead.objects.filter(pk=elm.pk).update(agents=2)
    move_lead(lead=elm, to=Stage.QUALIFIED, by=None, at=AT)
    ash = lead_of("ben", "Ash", "jo@ash.example")
    move_lead(lead=ash, to=Stage.LOST, by=None, at=AT)
    assert companies(rose, query) == expected


def test_those_whose_protection_ran_out_are_found(rose: Client) -> None:
    lead_of("ada", "Oak", "jo@oak.example", at=AT - timedelta(days=100))
    lead_of("ada", "Elm", "jo@elm.example", at=AT - timedelta(days=85))
    assert companies(rose, "protection=ran_out") == {"Oak"}
    assert companies(rose, "protection=runs_out") == {"Elm"}


def test_the_list_as_csv_has_what_sales_notes(rose: Client) -> None:
    lead_with(rep("rose", "East"), "Oak")
    text = rose.get(f"{LEADS}?format=csv").getvalue().decode()
    assert text.splitlines()[0].startswith("number,company,domain,contact,email,partner,stage,owner")
    assert "Oak" in text
    assert "rose@people.example" in text


def test_the_number_of_queries_does_not_follow_the_number_of_leads(rose: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            rose.get(LEADS)
        return len(seen)

    tess = rep("tess")
    lead_with(tess, "Oak")
    queries()
    one = queries()
    for number in range(8):
        lead_with(tess, chr(97 + number) * 9)
    assert queries() == one


# -- Many at once -------------------------------------------------------------------------------------------


def test_ticked_leads_are_given_to_a_rep(rose: Client) -> None:
    tess = rep("tess")
    oak, elm = lead_with(None, "Oak"), lead_with(tess, "Elm")
    lead_with(None, "Ash")
    text = said(rose, f"{LEADS}assign/?owner=none", {"chosen": [oak.pk, elm.pk], "to": tess.pk})
    assert "1 lead is given to Tess. 1 was left" in text
    assert owners() == {"Oak": "Tess", "Elm": "Tess", "Ash": ""}


def test_ticked_leads_are_given_by_the_rule(rose: Client) -> None:
    rep("tess")
    chosen = [lead_with(None, name).pk for name in ("Oak", "Elm")]
    assert "2 leads are given to reps by the rule." in said(rose, f"{LEADS}assign/", {"chosen": chosen, "to": "rule"})
    assert sorted(owners().values()) == ["Rose", "Tess"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"to": "rule"}, "Tick the leads that this is for"),
        ({"chosen": ["1x", "²"], "to": "rule"}, "Tick the leads that this is for"),
        ({"chosen": "it"}, "Choose whom the leads go to"),
        ({"chosen": "it", "to": "999"}, "Choose whom the leads go to"),
    ],
)
def test_giving_nothing_or_to_nobody_says_what_is_missing(rose: Client, told: dict[str, object], expected: str) -> None:
    lead = lead_with(None, "Oak")
    before = all_rows()["referrals_leadwork"]
    assert expected in said(
        rose, f"{LEADS}assign/", {**told, **({"chosen": lead.pk} if told.get("chosen") == "it" else {})}
    )
    assert all_rows()["referrals_leadwork"] == before


def test_ticked_leads_are_extended_and_each_refusal_is_said(rose: Client) -> None:
    oak, elm = lead_with(None, "Oak"), lead_with(None, "Elm")
    move_lead(lead=elm, to=Stage.LOST, by=None, at=AT)
    text = said(rose, f"{LEADS}extend/", {"chosen": [oak.pk, elm.pk], "until": "2027-08-01"})
    assert "1 lead is protected until 1 August 2027." in text
    assert "Elm has ended or is under review: there is no protection to extend." in text
    assert Lead.objects.get(pk=oak.pk).protected_until == day("2027-08-01")


def test_ticked_leads_are_released_where_their_protection_ran_out(rose: Client) -> None:
    oak = lead_of("ada", "Oak", "jo@oak.example", at=AT - timedelta(days=100))
    elm = lead_with(None, "Elm")
    text = said(rose, f"{LEADS}release/", {"chosen": [oak.pk, elm.pk]})
    assert "1 lead is released; the partners are told." in text
    assert "Elm is protected until 1 April 2027." in text
    assert LeadWork.objects.get(lead=oak).released_on == day("2027-01-01")
    assert companies(rose, "protection=ran_out") == set()


# -- The team -----------------------------------------------------------------------------------------------


def test_the_page_shows_reps_with_their_open_leads_and_who_could_be_one(manager: Client) -> None:
    lena = rep("lena", "East")
    lead_with(lena, "Oak")
    ended = lead_with(lena, "Elm")
    move_lead(lead=ended, to=Stage.LOST, by=None, at=AT)
    fay()
    lines = manager.get(TEAM).context["lines"]
    assert [(line.name, line.open_leads, line.is_active) for line in lines] == [("Lena", 1, True), ("Pam", 0, False)]
    assert companies(manager, lines[0].url.partition("?")[2]) == {"Oak"}


def test_a_manager_makes_a_team_and_a_rep_of_it(manager: Client) -> None:
    lena = rep("lena")
    assert "The team “East” is there" in said(manager, f"{TEAM}new/", {"name": "East"})
    team = Team.objects.get()
    told = {"user": lena.user_id, "team": team.pk, "is_active": "on"}
    assert "Lena takes new leads." in said(manager, f"{TEAM}reps/", told)
    assert Rep.objects.get().team == team
    assert "Lena takes no new leads." in said(manager, f"{TEAM}reps/", {"user": lena.user_id})
    assert "There is a team “East” already." in said(manager, f"{TEAM}new/", {"name": "East"})


def test_somebody_of_finance_does_not_become_a_rep(manager: Client) -> None:
    text = said(manager, f"{TEAM}reps/", {"user": fay().pk, "is_active": "on"})
    assert "Fay may not move leads: give the role Sales first." in text
    assert not Rep.objects.exists()


def test_a_partner_gets_a_rep_of_its_own_and_loses_it(manager: Client) -> None:
    lena = rep("lena")
    assert "New leads of Ada Partners go to Lena." in said(
        manager, f"{TEAM}partners/", {"partner": "ada partners", "rep": lena.pk}
    )
    assert PartnerRep.objects.get().rep == lena
    assert "Ada Partners" in manager.get(TEAM).content.decode()
    assert "go to the reps in turn." in said(manager, f"{TEAM}partners/", {"partner": "ADA", "rep": ""})
    assert not PartnerRep.objects.exists()


def test_an_unknown_partner_is_refused(manager: Client) -> None:
    response = manager.post(f"{TEAM}partners/", {"partner": "nobody"})
    assert response.status_code == 422
    assert "No partner has that name or key." in response.content.decode()


def test_where_nobody_takes_leads_the_page_says_what_to_do(manager: Client) -> None:
    set_partner_rep(partner=the_partner("ada"), rep=rep("lena", is_active=False), by=None, at=AT)
    lead_with(None, "Oak")
    text = manager.get(TEAM).content.decode()
    assert "Nobody takes new leads." in text
    assert "1 open lead unassigned" in text


def test_the_team_page_asks_the_same_however_many_reps(manager: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            manager.get(TEAM)
        return len(seen)

    rep("lena")
    queries()
    one = queries()
    for number in range(5):
        rep(f"rep{number}")
    assert queries() == one


def test_a_rep_cannot_open_the_team_page(rose: Client) -> None:
    assert rose.get(TEAM).status_code == 403
