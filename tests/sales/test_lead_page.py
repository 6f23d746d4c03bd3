"""A lead's page for sales: all that is known of it, and every step with it, through the same services."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.row_security import rows_of
from affiliates.models import Program
from clients.models import Client, WinCorrection
from notices.models import Notice
from referrals.models import Click, Conflict, Demo, Lead, LeadMessage, LeadNote
from referrals.models.lead import Channel, Stage
from referrals.services.answer_partner import answer_partner
from referrals.services.ask_for_lead import ask_for_extension, ask_to_join_demo
from referrals.services.ask_sales import ask_sales
from referrals.services.follow_link import Visit, follow_link
from referrals.services.make_link import make_link
from referrals.services.move_lead import move_lead
from referrals.services.note_lead import note_lead
from referrals.services.plan_demo import plan_demo
from tests.cast import AT, all_rows, owner_of, pam, program, sam
from tests.leads.telling import lead_of, signed_in, walk, win

pytestmark = pytest.mark.django_db
WHEN = datetime(2027, 1, 15, 10, 30, tzinfo=ZoneInfo("America/Los_Angeles"))


@pytest.fixture(autouse=True)
def now(db: None) -> Iterator[None]:
    program()
    sam(), pam()
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def rep() -> Browser:
    return signed_in(sam())


def page(rep: Browser, lead: Lead) -> str:
    answer = rep.get(reverse("staff_lead", args=[lead.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(rep: Browser, name: str, lead: Lead, **told: str) -> int:
    return int(rep.post(reverse(name, args=[lead.pk]), told).status_code)


def test_it_says_who_the_company_is_and_how_it_fits(rep: Browser) -> None:
    lead = lead_of("ada", agents=3, employees=40)
    said = page(rep, lead)
    for words in (
        "Dan Dune", "dan@dune.example", "Ada Partners", "Outside the profile", "Until 1 April 2027",
        "3 agents: fewer than the profile of 5 to 100", "40 employees: within 10 to 250",
        "1 January 2027, by Owner.Of.Ada", "interested and not known to violate TCPA",
    ):  # fmt: skip
        assert words in said, words


def test_a_lead_of_a_link_shows_the_clicks_behind_it(rep: Browser) -> None:
    Program.objects.update(company_site="https://www.example.com/")
    lead_of("ada", "Oak", "x@oak.example")
    owner = owner_of("ada")
    from tests.cast import the_partner

    link = make_link(partner=the_partner("ada"), name="Blog", destination="https://www.example.com/", by=owner, at=AT)
    for minutes in (0, 5):
        visit = Visit(visitor="v", is_probe=False, referrer="https://blog.example/a", agent="Mozilla")
        follow_link(code=link.code, visit=visit, at=AT + timedelta(minutes=minutes))
    lead = lead_of("ada", channel=Channel.LINK, link=link, click=Click.objects.latest("id"), by=None)
    said = page(rep, lead)
    for words in (f"/r/{link.code} (Blog)", "1 Jan 2027, 04:05", "https://blog.example/a", "Other clicks", "04:00"):
        assert words in said, words


def test_everything_that_happened_stands_in_one_line_of_time(rep: Browser) -> None:
    lead = lead_of("ada")
    owner = owner_of("ada")
    ask_sales(lead=lead, text="Did you reach them?", by=owner, at=AT + timedelta(minutes=1))
    ask_for_extension(lead=lead, reason="Next year", by=owner, at=AT + timedelta(minutes=2))
    note_lead(lead=lead, text="Call after ten", by=sam(), at=AT + timedelta(minutes=3))
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT + timedelta(minutes=4), reason="Good fit")
    lead_of("ben", at=AT + timedelta(minutes=5))
    said = page(rep, lead)
    said = said[said.index("What happened") :]
    order = ["Ben Partners registered it too", "Good fit", "Call after ten", "Next year", "Did you reach them?"]
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_possible_duplicates_say_how_they_match(rep: Browser) -> None:
    lead = lead_of("ada")
    other = lead_of("ben", "Dune LLC", "eve@dune.example")
    said = page(rep, lead)
    assert reverse("staff_lead", args=[other.pk]) in said
    assert "Same domain, dune.example; Same name without its legal form" in said


def test_notes_are_for_colleagues_and_answers_for_the_partner(rep: Browser) -> None:
    lead = lead_of("ada")
    assert send(rep, "staff_lead_note", lead, **{"note-text": "They owe us"}) == 302
    assert send(rep, "staff_lead_answer", lead, **{"reply-text": "We call them on Monday"}) == 302
    assert LeadNote.objects.get().text == "They owe us"
    assert LeadMessage.objects.get().is_from_sales
    partners = signed_in(owner_of("ada")).get(reverse("lead", args=[lead.pk])).content.decode()
    assert "They owe us" not in partners
    assert "We call them on Monday" in partners
    assert not Notice.objects.filter(body__contains="They owe us").exists()


@pytest.mark.parametrize("model", [LeadNote, Conflict])
def test_a_partner_cannot_read_what_sales_keeps_to_itself(model: type[LeadNote]) -> None:
    lead = lead_of("ada")
    note_lead(lead=lead, text="They owe us", by=sam(), at=AT)
    with pytest.raises(Exception, match="permission denied"), rows_of(lead.partner_id):
        list(model.objects.all())


def test_the_next_step_is_planned(rep: Browser) -> None:
    lead = lead_of("ada")
    told = {"plan-next_step": "Call Dan", "plan-next_step_on": "2027-01-05", "plan-expected_mrr": "900"}
    assert send(rep, "staff_lead_plan", lead, **told) == 302
    assert "Call Dan, 5 Jan 2027" in page(rep, lead)
    assert send(rep, "staff_lead_plan", lead, **{"plan-next_step_on": "2027-01-05"}) == 422


def test_a_partner_sees_the_demo_that_it_joins_and_no_other(rep: Browser) -> None:
    lead = walk(lead_of("ada"), Stage.DEMO_SCHEDULED)
    partners = signed_in(owner_of("ada"))
    Notice.objects.all().delete()
    assert send(rep, "staff_lead_demo", lead, **{"demo-when": "2027-01-15T10:30"}) == 302
    assert Demo.objects.get().at == WHEN
    assert "15 January 2027" not in partners.get(reverse("lead", args=[lead.pk])).content.decode()
    assert not Notice.objects.exists()
    assert send(rep, "staff_lead_demo", lead, **{"demo-when": "2027-01-15T10:30", "demo-partner_joins": "on"}) == 302
    assert "Friday, 15 January 2027, 10:30" in partners.get(reverse("lead", args=[lead.pk])).content.decode()
    assert "Friday, 15 January 2027 at 10:30 PST" in Notice.objects.get().subject
    plan_demo(lead=lead, when=WHEN, partner_joins=True, by=sam(), at=AT + timedelta(minutes=1))
    assert Notice.objects.count() == 1  # Nothing new.
    plan_demo(lead=lead, when=WHEN, partner_joins=False, by=sam(), at=AT + timedelta(minutes=2))
    assert "goes on without you" in Notice.objects.latest("id").subject


def test_what_the_partner_asks_for_is_granted_or_declined_once(rep: Browser) -> None:
    lead = lead_of("ada")
    owner = owner_of("ada")
    plan_demo(lead=lead, when=WHEN, partner_joins=False, by=sam(), at=AT)
    asked = ask_for_extension(lead=lead, reason="Next year", by=owner, at=AT)
    to_come = ask_to_join_demo(lead=lead, text="Any day", by=owner, at=AT)
    url, name = reverse("staff_request_answer", args=[asked.pk]), f"request-{asked.pk}"
    before = all_rows()
    assert rep.post(url, {f"{name}-decision": "granted"}).status_code == 422  # Until which day?
    assert rep.post(url, {f"{name}-decision": "declined"}).status_code == 422  # Why?
    assert all_rows() == before
    assert rep.post(url, {f"{name}-decision": "granted", f"{name}-until": "2027-06-01"}).status_code == 302
    assert "Until 1 June 2027" in page(rep, lead)
    assert rep.post(url, {f"{name}-decision": "declined", f"{name}-answer": "No"}).status_code == 422
    name = f"request-{to_come.pk}"
    answer = {f"{name}-decision": "granted", f"{name}-answer": "Welcome"}
    assert rep.post(reverse("staff_request_answer", args=[to_come.pk]), answer).status_code == 302
    assert Demo.objects.get().partner_joins


def test_it_moves_as_on_the_board_and_the_second_of_two_is_told(rep: Browser) -> None:
    lead = lead_of("ada")
    assert send(rep, "staff_lead_step", lead, to="qualified", seen="submitted") == 302
    assert send(rep, "staff_lead_step", lead, to="qualified", seen="submitted") == 302  # Sent twice: once.
    assert lead.steps.count() == 2
    answer = signed_in(pam()).post(
        reverse("staff_lead_step", args=[lead.pk]), {"to": "lost", "seen": "submitted"}, follow=True
    )
    assert "Sam moved Dune Inc. to “Qualified”" in answer.content.decode()
    assert send(rep, "staff_lead_step", lead, to="rejected", seen="qualified") == 422  # Why?
    assert send(rep, "staff_lead_step", lead, to="rejected", seen="qualified", reason="Too small") == 302
    assert Lead.objects.get(pk=lead.pk).stage == Stage.REJECTED


def test_its_protection_is_extended_and_let_go(rep: Browser) -> None:
    lead = lead_of("ada")
    assert send(rep, "staff_lead_protect", lead, **{"protect-until": "2027-02-01"}) == 422  # Not later.
    assert send(rep, "staff_lead_protect", lead, **{"protect-until": "2027-06-01"}) == 302
    assert "Until 1 June 2027" in page(rep, lead)
    assert "Let it go" not in page(rep, lead)
    with time_machine.travel(datetime(2027, 6, 3, 20, tzinfo=ZoneInfo("UTC")), tick=False):
        rep = signed_in(sam())
        assert "Let it go" in page(rep, lead)
        assert send(rep, "staff_lead_release", lead) == 302
        assert "Released" in page(rep, lead)


def test_it_is_given_to_a_rep_or_by_the_rule(rep: Browser) -> None:
    from referrals.models import Rep

    owner = Rep.objects.create(user=sam())
    lead = lead_of("ada")
    assert send(rep, "staff_lead_give", lead, **{"give-to": str(owner.pk)}) == 302
    assert "Owner: Sam" in page(rep, lead)
    assert send(rep, "staff_lead_give", lead, **{"give-to": "rule"}) == 302


def test_a_win_asks_for_what_billing_needs(rep: Browser) -> None:
    lead = walk(lead_of("ada"), Stage.DEMO_DONE)
    url = reverse("staff_lead_win", args=[lead.pk])
    assert "Before it can be won it goes through “Proposal”." in rep.get(url).content.decode()
    walk(lead, Stage.PROPOSAL)
    good = {"closed_on": "2027-01-01", "reference": "dune", "term": "3"}
    wrongs: list[dict[str, str]] = [{"term": ""}, {"term": "months"}, {"reference": "a b"}, {"closed_on": "2027-01-02"}]
    for wrong in wrongs:
        assert rep.post(url, good | wrong).status_code == 422, wrong
    assert not Client.objects.exists()
    assert rep.post(url, good).status_code == 302
    made = Client.objects.get()
    assert (made.reference, made.contract_months, made.lead_id) == ("dune", 3, lead.pk)
    assert rep.post(url, good).status_code == 302  # Sent twice: it is won already.
    assert "closed on 1 January 2027, with a contract of 3 months" in page(rep, lead)
    assert "Take back the win" not in page(rep, lead)


def test_who_wins_a_lead_second_hears_who_did_and_that_nothing_was_taken(rep: Browser) -> None:
    lead = lead_of("ada")
    win(lead)
    url = reverse("staff_lead_win", args=[lead.pk])
    answer = signed_in(pam()).post(url, {"closed_on": "2027-01-01", "reference": "other", "term": "3"}, follow=True)
    said = answer.content.decode()
    assert "Sam moved Dune Inc. to “Won” on" in said
    assert "What you entered was not taken" in said
    assert Client.objects.get().reference == "dune"


def test_a_manager_takes_back_a_win(rep: Browser) -> None:
    lead = lead_of("ada")
    win(lead)
    manager, url = signed_in(pam()), reverse("staff_lead_unwin", args=[lead.pk])
    assert "Take back the win" in page(manager, lead)
    assert rep.get(url).status_code == 403
    assert manager.post(url, {"reason": ""}).status_code == 422
    assert manager.post(url, {"reason": "A trial only"}).status_code == 302
    assert WinCorrection.objects.get().reason == "A trial only"
    assert "A trial only" in page(rep, lead)
    assert manager.get(url).status_code == 302  # There is none any more.
    assert "A trial only" in signed_in(owner_of("ada")).get(reverse("lead", args=[lead.pk])).content.decode()


def test_it_costs_as_many_queries_with_much_to_say_as_with_little(rep: Browser) -> None:
    lead = lead_of("ada")
    note_lead(lead=lead, text="One", by=sam(), at=AT)
    ask_sales(lead=lead, text="One", by=owner_of("ada"), at=AT)
    lead_of("ben")
    page(rep, lead)
    with CaptureQueriesContext(connection) as few:
        page(rep, lead)
    for number in range(10):
        note_lead(lead=lead, text=f"{number}", by=sam(), at=AT)
        answer_partner(lead=lead, text=f"{number}", by=sam(), at=AT)
    with CaptureQueriesContext(connection) as many:
        page(rep, lead)
    assert len(many) == len(few)
