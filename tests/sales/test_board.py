"""The board: leads by stage, narrowed and counted, and moved by whoever may."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from referrals.board import CARDS
from referrals.models import Lead, LeadStep, LeadWork
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from referrals.services.plan_lead import plan_lead
from tests.cast import AT, all_rows, day, owner_of, pam, program, sam
from tests.leads.telling import lead_of, signed_in
from tests.sales.people import lead_with, rep

pytestmark = pytest.mark.django_db
BOARD = "/sales/board/"


@pytest.fixture(autouse=True)
def partners() -> Iterator[None]:
    program()
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def rose() -> Client:
    """A rep, signed in."""
    return signed_in(rep("rose", "East").user)


def board(client: Client, query: str = "") -> dict[str, list[str]]:
    """The companies on the board, by column."""
    response = client.get(f"{BOARD}?{query}")
    assert response.status_code == 200
    return {column.key: [card.company for card in column.cards] for column, _ in response.context["columns"]}


def companies(client: Client, query: str = "") -> set[str]:
    return {company for cards in board(client, query).values() for company in cards}


def move(client: Client, lead: Lead, to: str, *, seen: str, query: str = "", htmx: bool = True, **more: str) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    told = {"to": to, "seen": seen, **more}
    return client.post(f"/sales/leads/{lead.pk}/move/?{query}", told, headers=headers)


def stage(lead: Lead) -> str:
    return Lead.objects.get(pk=lead.pk).stage


# -- What it shows ------------------------------------------------------------------------------------------


def test_each_stage_has_its_leads_the_newest_first(rose: Client) -> None:
    for name in ("Oak", "Elm"):
        lead_of("ada", name, f"jo@{name.lower()}.example")
    won = lead_of("ben", "Ash", "jo@ash.example")
    move_lead(lead=won, to=Stage.QUALIFIED, by=None, at=AT)
    shown = board(rose, "owner=all")
    assert list(shown) == ["submitted", "qualified", "demo_scheduled", "demo_done", "proposal", "won", "lost"]
    assert (shown["submitted"], shown["qualified"]) == (["Elm", "Oak"], ["Ash"])
    assert board(rose, "owner=all&order=oldest")["submitted"] == ["Oak", "Elm"]


def test_rejected_leads_are_among_the_lost_and_marked(rose: Client) -> None:
    lead = lead_of("ada", "Oak", "jo@oak.example")
    move_lead(lead=lead, to=Stage.REJECTED, by=None, at=AT, reason="Too small")
    assert board(rose, "owner=all")["lost"] == ["Oak"]
    assert "Rejected" in rose.get(f"{BOARD}?owner=all").content.decode()


def test_what_ended_leaves_the_board_after_thirty_days(rose: Client) -> None:
    lead = lead_of("ada", "Oak", "jo@oak.example")
    move_lead(lead=lead, to=Stage.LOST, by=None, at=AT - timedelta(days=31))
    assert board(rose, "owner=all")["lost"] == []


def test_each_column_counts_its_leads_and_sums_what_they_may_bring(rose: Client) -> None:
    for name, mrr in (("Oak", "1200.00"), ("Elm", "300.50"), ("Ash", None)):
        lead = lead_of("ada", name, f"jo@{name.lower()}.example")
        expected = Decimal(mrr) if mrr else None
        plan_lead(lead=lead, expected_mrr=expected, next_step="", next_step_on=None, by=None, at=AT)
    column = rose.get(f"{BOARD}?owner=all").context["columns"][0][0]
    assert (column.count, column.mrr, column.more) == (3, "1,500.50", 0)


def test_a_column_has_so_many_cards_and_leads_to_the_others(rose: Client) -> None:
    for number in range(CARDS + 2):
        name = f"{chr(97 + number) * 9}"
        lead_of("ada", name, f"jo@{name}.example")
    response = rose.get(f"{BOARD}?owner=all")
    column, url = response.context["columns"][0]
    assert (len(column.cards), column.count, column.more) == (CARDS, CARDS + 2, 2)
    assert url == "/sales/leads/?owner=all&stage=submitted"
    assert rose.get(url).status_code == 200


def test_a_card_says_what_comes_next_and_since_when_it_is_due(rose: Client) -> None:
    lead = lead_of("ada", "Oak", "jo@oak.example", agents=400)
    plan_lead(lead=lead, expected_mrr=None, next_step="Call Jo", next_step_on=day("2026-12-30"), by=None, at=AT)
    text = rose.get(f"{BOARD}?owner=all").content.decode()
    for said in ("Call Jo", "was due", "30\N{NO-BREAK SPACE}Dec", "Outside profile", "Ada Partners", "Unassigned"):
        assert said in text


# -- Whose, and which ---------------------------------------------------------------------------------------


def test_a_rep_sees_its_own_leads_first_and_can_look_at_others(rose: Client) -> None:
    lead_with(rep("rose", "East"), "Oak")
    lead_with(rep("tess", "East"), "Elm")
    lead_with(rep("will", "West"), "Ash")
    lead_with(None, "Fir")
    assert companies(rose) == companies(rose, "owner=mine") == {"Oak"}
    assert companies(rose, "owner=team") == {"Oak", "Elm"}
    assert companies(rose, "owner=none") == {"Fir"}
    assert companies(rose, "owner=all") == {"Oak", "Elm", "Ash", "Fir"}


def test_who_is_no_rep_sees_everybodys_leads_first() -> None:
    lead_with(rep("tess"), "Elm")
    lead_with(None, "Fir")
    assert companies(signed_in(pam())) == {"Elm", "Fir"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("partner=ada", {"Oak", "Elm"}),
        ("partner=BEN", {"Ash"}),
        ("channel=introduction", {"Elm"}),
        ("fit=outside", {"Elm"}),
        ("fit=within", {"Oak", "Ash"}),
        ("age=week", {"Oak", "Elm"}),
        ("age=month", {"Ash"}),
        ("age=older", set()),
        ("channel=nonsense", {"Oak", "Elm", "Ash"}),
    ],
)
def test_filters(rose: Client, query: str, expected: set[str]) -> None:
    lead_of("ada", "Oak", "jo@oak.example")
    lead_of("ada", "Elm", "jo@elm.example", agents=2, channel="introduction", by=None)
    lead_of("ben", "Ash", "jo@ash.example", at=AT - timedelta(days=20))
    assert companies(rose, f"owner=all&{query}") == expected


def test_the_number_of_queries_does_not_follow_the_number_of_leads(rose: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            rose.get(f"{BOARD}?owner=all")
        return len(seen)

    tess = rep("tess")
    queries()
    one = queries()
    for number in range(8):
        lead_with(tess, chr(97 + number) * 9)
    assert queries() == one


# -- Moving -------------------------------------------------------------------------------------------------


def test_a_move_brings_the_two_columns_as_they_are_now(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    response = move(rose, lead, "qualified", seen="submitted")
    assert response.status_code == 200
    assert [column.key for column, _ in response.context["columns"]] == ["submitted", "qualified"]
    text = response.content.decode()
    assert "Oak is at “Qualified” now." in text
    assert text.count('hx-swap-oob="true"') == 2
    assert stage(lead) == "qualified"
    step = LeadStep.objects.latest("pk")
    assert (step.stage, str(step.by)) == ("qualified", "rose@people.example")


def test_a_refused_move_says_why_and_brings_the_card_back(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    before = all_rows()
    response = move(rose, lead, "proposal", seen="submitted")
    assert response.status_code == 422
    assert "Oak is at “Submitted” and cannot become “Proposal” from there." in response.content.decode()
    assert [card.company for card in response.context["columns"][0][0].cards] == ["Oak"]
    assert all_rows() == before


def test_who_comes_second_hears_who_moved_it_where_and_when(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    move(signed_in(rep("tess", "East").user), lead, "qualified", seen="submitted")
    before = all_rows()
    response = move(rose, lead, "lost", seen="submitted", reason="Gone")
    assert response.status_code == 409
    assert "Tess moved Oak to “Qualified” on 1 January at 04:00, before you did." in response.content.decode()
    shown = {column.key: [card.company for card in column.cards] for column, _ in response.context["columns"]}
    assert shown == {"submitted": [], "qualified": ["Oak"]}
    assert all_rows() == before


def test_a_double_click_moves_once_and_is_no_error(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    move(rose, lead, "qualified", seen="submitted")
    assert move(rose, lead, "qualified", seen="submitted").status_code == 200
    assert LeadStep.objects.filter(lead=lead).count() == 2


def test_without_script_a_move_goes_back_to_the_board_as_it_was_narrowed(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    response = move(rose, lead, "qualified", seen="submitted", htmx=False, query="owner=team&fit=within")
    assert (response.status_code, response.url) == (302, f"{BOARD}?owner=team&fit=within")
    refused = move(rose, lead, "won", seen="qualified", htmx=False)
    assert refused.status_code == 422
    assert "cannot become “Won” from there" in refused.content.decode()


def test_ending_a_lead_asks_for_the_reason_first(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    asked = move(rose, lead, "rejected", seen="submitted", htmx=False)
    assert asked.status_code == 200
    assert "The partner reads it" in asked.content.decode()
    assert stage(lead) == "submitted"
    assert move(rose, lead, "rejected", seen="submitted", reason=" ").status_code == 422
    assert move(rose, lead, "rejected", seen="submitted", reason="Two people").status_code == 200
    assert LeadStep.objects.latest("pk").reason == "Two people"


def test_a_proposal_that_is_won_is_asked_for_what_makes_the_client(rose: Client) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    for to in (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL):
        move_lead(lead=lead, to=to, by=None, at=AT)
    url = f"/sales/leads/{lead.pk}/win/"
    assert move(rose, lead, "won", seen="proposal").headers["HX-Redirect"] == url
    assert move(rose, lead, "won", seen="proposal", htmx=False).url == url
    assert stage(lead) == "proposal"


@pytest.mark.parametrize("told", [{}, {"to": "qualified"}, {"to": "nowhere", "seen": "submitted"}])
def test_a_move_to_nowhere_changes_nothing(rose: Client, told: dict[str, str]) -> None:
    lead = lead_with(rep("rose", "East"), "Oak")
    before = all_rows()
    assert rose.post(f"/sales/leads/{lead.pk}/move/", told).status_code == 422
    assert all_rows()["referrals_lead"] == before["referrals_lead"]


def test_a_partner_sees_neither_board_nor_what_sales_notes() -> None:
    lead = lead_with(rep("rose"), "Oak")
    plan_lead(lead=lead, expected_mrr=Decimal("777.00"), next_step="Zebrawood", next_step_on=None, by=sam(), at=AT)
    owner = signed_in(owner_of("ada"))
    assert owner.get(BOARD).status_code == 403
    text = owner.get(f"/leads/{lead.pk}/").content.decode()
    assert not [word for word in ("Zebrawood", "777", "Rose") if word in text]


def test_a_lead_that_sales_has_no_notes_of_is_shown_and_worked_on_like_any_other(rose: Client) -> None:
    lead = lead_of("ada")
    LeadWork.objects.all().delete()
    assert companies(rose, "owner=all") == {"Dune Inc."}
    assert rose.get(f"/sales/leads/{lead.pk}/").status_code == 200
    assert rose.get("/sales/leads/").status_code == 200
    assert b"Dune Inc." in rose.get("/sales/leads/?format=csv").getvalue()
    plan_lead(lead=lead, expected_mrr=None, next_step="Call", next_step_on=None, by=None, at=AT)
    assert LeadWork.objects.get().next_step == "Call"
