"""A partner's leads, a lead's page, and what one can ask of sales there."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from affiliates.models import Membership
from referrals.models import Lead, LeadMessage, LeadRequest
from referrals.models.conversation import RequestState, Wish
from referrals.models.lead import Stage
from referrals.services.answer_partner import answer_partner
from referrals.services.answer_request import RequestIsAnswered, decline_request, grant_request
from referrals.services.ask_for_lead import AskedAlready, NothingToAsk, ask_for_extension, ask_to_join_demo
from referrals.services.ask_sales import MOST_WAITING
from referrals.services.extend_protection import CannotBeExtended
from referrals.services.move_lead import move_lead
from tests.cast import AT, all_rows, day, owner_of, partner, program, record, sam, the_partner
from tests.leads.telling import FORM, lead_of, signed_in

pytestmark = pytest.mark.django_db
STEPS = ("lead_ask", "lead_extend", "lead_join_demo")


@pytest.fixture(autouse=True)
def partners() -> None:
    program()


@pytest.fixture
def ada() -> Client:
    return signed_in(owner_of("ada"))


def shown(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def page_of(lead: Lead) -> str:
    return reverse("lead", args=[lead.pk])


# -- The list -----------------------------------------------------------------------------------------------


def test_without_leads_the_list_leads_to_the_first(ada: Client) -> None:
    text = shown(ada, "/leads/")
    assert "No leads yet" in text
    assert 'href="/leads/new/"' in text


def test_the_list_shows_ones_own_leads_with_stage_profile_and_protection(ada: Client) -> None:
    lead_of("ben", "Sand", "eve@sand.example")
    lead_of("ada", "Sand LLC", "kim@another.example")
    lead_of("ada", agents=400)
    text = shown(ada, "/leads/")
    assert "Dune Inc." in text
    assert "1 Apr 2027" in text
    assert "Outside the profile" in text
    assert "Under review" in text
    assert "eve@sand.example" not in text


def test_searching_filtering_and_the_file(ada: Client) -> None:
    lead_of("ada", note="=1+1")
    move_lead(lead=lead_of("ada", "Oak", "jo@oak.example"), to=Stage.QUALIFIED, by=sam(), at=AT)
    for query, found in (("q=dUNe+inc", {"Dune"}), ("q=oak.example", {"Oak"}), ("stage=qualified", {"Oak"})):
        text = shown(ada, f"/leads/?{query}")
        assert {name for name in ("Dune", "Oak") if f">{name}" in text} == found, query
    assert "Nothing fits" in shown(ada, "/leads/?channel=introduction")
    file = ada.get("/leads/?format=csv")
    lines = b"".join(file).decode().splitlines()
    assert lines[0].startswith("company,domain,contact,email")
    assert len(lines) == 3
    assert "'=1+1" in lines[2] or "'=1+1" in lines[1]


def test_a_list_of_thirty_costs_what_a_list_of_one_costs(ada: Client) -> None:
    lead_of("ada")
    ada.get("/leads/")
    with CaptureQueriesContext(connection) as few:
        ada.get("/leads/")
    for n in range(30):
        lead_of("ada", f"Company {n}", f"a@c{n}.example")
    with CaptureQueriesContext(connection) as many:
        ada.get("/leads/")
    assert len(many) == len(few)


# -- Registering --------------------------------------------------------------------------------------------


def test_a_lead_is_registered_and_shown(ada: Client) -> None:
    response = ada.post(
        "/leads/new/", FORM | {"site": "www.dune.example/x", "agents": "20", "crm": "zoho"}, follow=True
    )
    lead = Lead.objects.get()
    assert response.redirect_chain == [(page_of(lead), 302)]
    assert (lead.domain, lead.agents, lead.crm, lead.partner) == ("dune.example", 20, "zoho", the_partner("ada"))
    assert "is registered, and protected until" in response.content.decode()


def test_sent_twice_it_is_one_lead(ada: Client) -> None:
    first = ada.post("/leads/new/", FORM)
    second = ada.post("/leads/new/", FORM)
    assert (first.status_code, second.headers["Location"]) == (302, first.headers["Location"])
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"company": ""}, "Write the company’s name."),
        ({"email": "dan"}, "Write it like jo@acme.com."),
        ({"site": "no site"}, "Write the company’s address like acme.com"),
        ({"agents": "0"}, "It is at least 1"),
        ({"crm": "paper"}, "Choose one that is offered"),
        ({"is_attested": ""}, "only with this confirmation"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_moves(ada: Client, change: dict[str, str], words: str) -> None:
    ada.get("/leads/new/")
    before = all_rows()
    response = ada.post("/leads/new/", FORM | change)
    assert words in response.content.decode()
    assert all_rows() == before


def test_ones_own_company_is_refused_with_the_way_to_it(ada: Client) -> None:
    lead = lead_of("ada")
    text = ada.post("/leads/new/", FORM | {"company": "Dune LLC"}).content.decode()
    assert "is your lead already, registered on 1 January 2027" in text
    assert f'href="{page_of(lead)}"' in text
    assert Lead.objects.count() == 1


def test_the_later_partner_learns_that_it_is_under_review_and_nothing_else(ada: Client) -> None:
    lead_of("ben", "Sandstone Partners Hotel", "eve@dune.example")
    text = ada.post("/leads/new/", FORM, follow=True).content.decode()
    assert "under review" in text
    for word in ("Sandstone", "eve@", "Ben Partners", "onflict", "another partner"):
        assert word not in text
    assert "Submitted" in text


def test_hints_come_while_typing(ada: Client) -> None:
    lead = lead_of("ada", "Oak", "jo@oak.example")
    text = ada.post("/leads/hints/", {"company": "Dune", "agents": "3"}).content.decode()
    assert "Outside the profile of 5 to 100 agents" in text
    assert "it is protected until" in text
    mine = ada.post("/leads/hints/", {"company": "Another name", "email": "kim@oak.example"}).content.decode()
    assert "Oak is your lead already" in mine
    assert page_of(lead) in mine
    assert ada.get("/leads/hints/").status_code == 405


def test_a_hint_is_the_same_whether_another_partner_was_first_or_not(ada: Client) -> None:
    typed = {"company": "Dune", "email": "dan@dune.example", "site": "dune.example"}
    ada.post("/leads/hints/", typed)
    with CaptureQueriesContext(connection) as free:
        before = ada.post("/leads/hints/", typed).content
    lead_of("ben")
    with CaptureQueriesContext(connection) as taken:
        after = ada.post("/leads/hints/", typed).content
    assert after == before
    assert len(taken) == len(free)


def test_after_the_end_there_is_nothing_to_register() -> None:
    record(partner("ada", ended="2026-01-31", ended_by="partner"))
    client = signed_in(owner_of("ada"))
    assert "/leads/new/" not in shown(client, "/leads/")
    assert client.get("/leads/new/").headers["Location"] == "/leads/"
    assert client.get("/leads/import/").headers["Location"] == "/leads/"
    before = all_rows()
    assert client.post("/leads/new/", FORM).status_code == 302
    assert all_rows()["referrals_lead"] == before["referrals_lead"]


# -- A lead -------------------------------------------------------------------------------------------------


def test_the_page_says_what_happened_and_what_is_next(ada: Client) -> None:
    lead = lead_of("ada", note="Call on Monday", crm="hubspot")
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=AT, reason="They need 20 seats")
    text = shown(ada, page_of(lead))
    for words in ("Sales arranges a demo with Dan Dune", "They need 20 seats", "HubSpot", "Call on Monday", "Sam"):
        assert words in text
    assert "sam@people.example" not in text


def test_a_rejection_shows_its_reason_and_the_way_on(ada: Client) -> None:
    lead = lead_of("ada")
    move_lead(lead=lead, to=Stage.REJECTED, by=sam(), at=AT, reason="Two people who share a phone")
    text = shown(ada, page_of(lead))
    assert "Two people who share a phone" in text
    assert "you can register the company again" in text
    assert "Ask for longer" not in text


def test_a_question_and_its_answer(ada: Client) -> None:
    lead = lead_of("ada")
    response = ada.post(reverse("lead_ask", args=[lead.pk]), {"ask-text": "Did you reach them?"})
    assert response.status_code == 302
    answer_partner(lead=lead, text="Yes, on Tuesday.", by=sam(), at=AT)
    text = shown(ada, page_of(lead))
    assert text.index("Did you reach them?") < text.index("Yes, on Tuesday.")
    assert AuditEntry.objects.filter(subject=f"lead {lead.pk}", action="question asked").exists()


def test_so_many_questions_may_wait(ada: Client) -> None:
    lead = lead_of("ada")
    url = reverse("lead_ask", args=[lead.pk])
    for n in range(MOST_WAITING):
        ada.post(url, {"ask-text": f"Question {n}"})
    response = ada.post(url, {"ask-text": "One more"})
    assert f"Sales has {MOST_WAITING} of your questions to answer first" in response.content.decode()
    assert LeadMessage.objects.count() == MOST_WAITING


def test_an_extension_is_asked_for_and_granted(ada: Client) -> None:
    lead = lead_of("ada")
    url = reverse("lead_extend", args=[lead.pk])
    assert "Say why it takes longer." in ada.post(url, {}).content.decode()
    assert ada.post(url, {"extend-reason": "The board meets in May"}).status_code == 302
    assert "sales has not answered yet" in shown(ada, page_of(lead))
    request = LeadRequest.objects.get()
    grant_request(request=request, until=day("2027-06-01"), answer="Until the board has met", by=sam(), at=AT)
    lead.refresh_from_db()
    assert lead.protected_until == day("2027-06-01")
    text = shown(ada, page_of(lead))
    assert "Until 1 Jun 2027" in text
    assert "Until the board has met" in text
    entry = AuditEntry.objects.get(action="extension granted")
    assert entry.details == {"request": request.pk, "until": "2027-06-01", "before": "2027-04-01"}
    with pytest.raises(RequestIsAnswered):
        decline_request(request=request, answer="", by=sam(), at=AT)


def test_an_extension_that_cannot_be() -> None:
    lead, later, by = lead_of("ada"), AT + timedelta(days=91), sam()
    request = ask_for_extension(lead=lead, reason="…", by=owner_of("ada"), at=AT)
    lead_of("ben", at=later)
    before = all_rows()
    for until, at in ((None, AT), (day("2027-02-01"), AT), (day("2026-12-01"), AT), (day("2027-09-01"), later)):
        with pytest.raises(CannotBeExtended):
            grant_request(request=request, until=until, answer="", by=by, at=at)
    assert all_rows() == before


def test_the_demo_is_joined_on_request(ada: Client) -> None:
    lead = lead_of("ada")
    assert ada.post(reverse("lead_join_demo", args=[lead.pk]), {"demo-text": "Not on Friday"}).status_code == 302
    assert "sales invites you when the day is set" in shown(ada, page_of(lead))
    grant_request(request=LeadRequest.objects.get(), until=None, answer="Tuesday at ten", by=sam(), at=AT)
    assert "Tuesday at ten" in shown(ada, page_of(lead))


def test_what_cannot_be_asked_is_refused() -> None:
    by = owner_of("ada")
    lead = lead_of("ada")
    lead_of("ben", "Oak", "jo@oak.example")
    reviewed = lead_of("ada", "Oak", "jo@oak.example")
    ask_to_join_demo(lead=lead, text="", by=by, at=AT)
    before = all_rows()
    with pytest.raises(AskedAlready):
        ask_to_join_demo(lead=lead, text="", by=by, at=AT)
    with pytest.raises(NothingToAsk, match="under review"):
        ask_for_extension(lead=reviewed, reason="…", by=by, at=AT)
    assert all_rows() == before
    move_lead(lead=lead, to=Stage.LOST, by=sam(), at=AT)
    with pytest.raises(NothingToAsk, match="ends its protection"):
        ask_for_extension(lead=lead, reason="…", by=by, at=AT)
    with pytest.raises(NothingToAsk, match="no demo to come"):
        ask_to_join_demo(lead=reviewed if reviewed.has_ended else lead, text="", by=by, at=AT)


def test_another_partners_lead_is_not_there(ada: Client) -> None:
    lead = lead_of("ben")
    before = all_rows()
    for name in ("lead", *STEPS):
        url = reverse(name, args=[lead.pk])
        for method in (ada.get, ada.post, ada.put, ada.delete):
            assert method(url).status_code in (404, 405), (name, method)
        assert ada.post(url, {"ask-text": "x", "extend-reason": "x"}).status_code in (404, 405)
    assert all_rows()["referrals_leadmessage"] == before["referrals_leadmessage"]
    assert all_rows()["referrals_leadrequest"] == before["referrals_leadrequest"]


def test_the_page_costs_the_same_however_much_was_said(ada: Client) -> None:
    lead = lead_of("ada")
    ada.get(page_of(lead))
    with CaptureQueriesContext(connection) as few:
        ada.get(page_of(lead))
    for n in range(20):
        answer_partner(lead=lead, text=f"Answer {n}", by=sam(), at=AT)
    with CaptureQueriesContext(connection) as many:
        ada.get(page_of(lead))
    assert len(many) == len(few)


# -- Sales, in the admin ------------------------------------------------------------------------------------


def test_sales_answers_and_grants_in_the_admin(ada: Client) -> None:
    lead = lead_of("ada")
    request = ask_for_extension(lead=lead, reason="…", by=owner_of("ada"), at=AT)
    client = signed_in(sam())
    assert client.post("/admin/referrals/leadmessage/add/", {"lead": lead.pk, "text": "Hello"}).status_code == 302
    message = LeadMessage.objects.get()
    assert (message.is_from_sales, message.text, message.by) == (True, "Hello", sam())
    url = reverse("admin:referrals_leadrequest_change", args=[request.pk])
    form = {"decision": RequestState.GRANTED, "until": "2020-01-01", "answer": "Fine"}
    refused = client.post(url, form, follow=True).content.decode()
    assert "today or later" in refused
    request.refresh_from_db()
    assert request.state == RequestState.OPEN
    assert client.post(url, form | {"until": "2099-06-01"}).status_code == 302
    lead.refresh_from_db()
    assert lead.protected_until == day("2099-06-01")
    assert client.post(url, form).status_code == 403


def test_members_of_two_partners_see_the_leads_of_the_one_they_act_for() -> None:
    lead_of("ada")
    other = lead_of("ben", "Oak", "jo@oak.example")
    person: User = owner_of("ada")
    Membership.objects.create(partner=the_partner("ben"), user=person)
    client = signed_in(person)
    assert client.get(page_of(other)).status_code == 404
    client.post(reverse("partner_choose", args=[the_partner("ben").pk]))
    assert client.get(page_of(other)).status_code == 200
    assert LeadRequest.objects.filter(wish=Wish.DEMO).count() == 0
