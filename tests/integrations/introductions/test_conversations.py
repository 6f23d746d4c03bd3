"""Answers join the thread's lead; one message that came by two ways counts once; partners are told apart."""

from datetime import timedelta

import pytest

from affiliates.models import Membership
from integrations.introductions.models import Reading, Source, State, Why
from referrals.lead_story import events, evidence
from referrals.models import Lead
from referrals.models.lead import Channel
from tests.cast import AT, owner_of, partner, record, the_partner
from tests.integrations.introductions.writing import ADA, PASS, US, arrive, became, told, written
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db
FIRST = "<first@people.example>"
ACME = PASS.replace("people.example", "acme-logistics.com")
HELLO = PASS.replace("people.example", "hello.example")


def introduced() -> Lead:
    told()
    lead = arrive(written(name=FIRST)).lead
    assert lead is not None
    return lead


def test_the_prospects_answer_joins_the_lead() -> None:
    lead = introduced()
    answer = written(sender="Dana <dana@acme-logistics.com>", to="Olga <owner.of.ada@people.example>", proof=ACME,
                     subject="Re: Intro", more=f"In-Reply-To: {FIRST}\n")  # fmt: skip
    reading = arrive(answer)
    assert (became(reading), reading.lead) == ((State.JOINED, Why.REPLY), lead)
    assert Lead.objects.count() == 1
    titles = [event.title for event in events(lead)]
    assert ("E-mail" in titles, "Introduced by e-mail" in titles) == (True, True)
    assert dict(evidence(lead))["Attested"].startswith("Not yet")


def test_an_answer_to_the_answer_and_one_of_sales_join_it_too() -> None:
    lead = introduced()
    second = "<second@acme-logistics.com>"
    arrive(written(sender="dana@acme-logistics.com", to="x@people.example", proof=ACME, name=second,
                   more=f"In-Reply-To: {FIRST}\n"))  # fmt: skip
    third = arrive(written(sender="Sam <sam@hello.example>", to="dana@acme-logistics.com", proof=HELLO,
                           more=f"References: {second}\n"))  # fmt: skip
    assert (became(third), third.lead) == ((State.JOINED, Why.REPLY), lead)
    fourth = arrive(written(more=f"References: {FIRST}\n {second}\n", to="eve@acme-logistics.com"))
    assert (became(fourth), fourth.lead) == ((State.JOINED, Why.REPLY), lead)


def test_the_prospect_may_write_anew() -> None:
    lead = introduced()
    reading = arrive(written(sender="dana@acme-logistics.com", to=US, cc="", proof=ACME))
    assert (became(reading), reading.lead) == ((State.JOINED, Why.PROSPECT), lead)


def test_an_answer_that_brings_another_company_is_an_introduction() -> None:
    introduced()
    reading = arrive(written(to="Bob <bob@birchwood.io>", more=f"In-Reply-To: {FIRST}\n"))
    assert became(reading) == (State.LEAD, Why.INTRODUCED)
    assert Lead.objects.count() == 2


def test_a_forward_in_the_thread_that_brings_another_company_is_an_introduction_too() -> None:
    lead = introduced()
    answers = f"In-Reply-To: {FIRST}\n"
    forwarded = "From: {}\nSent: Thursday\nTo: Olga\nSubject: Phones\n\nHi"
    raw = written(to=US, cc="", subject="Fwd: Phones", more=answers, text=forwarded.format("Bob <bob@birchwood.io>"))
    second = arrive(raw)
    assert (second.state, second.email, second.lead != lead) == (State.LEAD, "bob@birchwood.io", True)
    raw = written(to=US, cc="", subject="Fwd: Phones", more=answers, text=forwarded.format("<dana@acme-logistics.com>"))
    assert (arrive(raw).lead, Lead.objects.count()) == (lead, 2)


@pytest.mark.parametrize(("sender", "proof"), [("dana@acme-logistics.com", ""), ("dana@acme-logistics.com", PASS)])
def test_an_unproven_answer_waits_for_a_person(sender: str, proof: str) -> None:
    introduced()
    reading = arrive(written(sender=sender, to="x@people.example", proof=proof, more=f"In-Reply-To: {FIRST}\n"))
    assert became(reading) == (State.WAITS, Why.UNPROVEN)


def test_a_stranger_in_the_thread_waits_for_a_person() -> None:
    introduced()
    stranger = PASS.replace("people.example", "stranger.example")
    reading = arrive(written(sender="eve@stranger.example", proof=stranger, more=f"In-Reply-To: {FIRST}\n"))
    assert became(reading) == (State.WAITS, Why.STRANGER)
    other = arrive(written(sender="owner.of.ben@people.example", to="dana@acme-logistics.com",
                           more=f"In-Reply-To: {FIRST}\n"))  # fmt: skip
    assert became(other) == (State.WAITS, Why.STRANGER)
    assert Lead.objects.count() == 1


def test_the_same_message_by_two_ways_counts_once() -> None:
    told()
    one = written(name=FIRST)
    first = arrive(one)
    again = arrive(b"Received: from elsewhere\n" + one, source=Source.MAILBOX)
    assert became(first) == (State.LEAD, Why.INTRODUCED)
    assert became(again) == (State.LEFT, Why.CAME_ALREADY)
    assert arrive(one).pk == first.pk
    assert (Lead.objects.count(), Reading.objects.count()) == (1, 2)


def test_whoever_takes_the_id_of_anothers_message_does_not_stop_it() -> None:
    told()
    forged = arrive(written(name=FIRST, proof=""))
    true = arrive(written(name=FIRST))
    others = arrive(written(name=FIRST, sender="owner.of.ben@people.example", to="bob@birchwood.io"))
    assert [each.state for each in (forged, true, others)] == [State.WAITS, State.LEAD, State.LEAD]


def test_whoever_takes_the_id_of_anothers_thread_takes_none_of_its_answers() -> None:
    """Ben gives a message of his own the id of Ada's: what is said in her thread stays with her lead."""
    lead = introduced()
    bens = arrive(written(name=FIRST, sender="owner.of.ben@people.example", to="bob@birchwood.io")).lead
    answer = f"In-Reply-To: {FIRST}\n"
    of_prospect = arrive(written(sender="dana@acme-logistics.com", to=ADA, proof=ACME, more=answer))
    of_sales = arrive(written(sender="sam@hello.example", to="dana@acme-logistics.com", proof=HELLO, more=answer))
    of_partner = arrive(written(more=answer))
    assert [each.lead for each in (of_prospect, of_sales, of_partner)] == [lead, lead, lead]
    assert {each.state for each in (of_prospect, of_sales, of_partner)} == {State.JOINED}
    of_bens = arrive(written(sender="bob@birchwood.io", to=US, proof=PASS.replace("people.example", "birchwood.io"),
                             more=answer))  # fmt: skip
    assert (became(of_bens), of_bens.lead) == ((State.JOINED, Why.REPLY), bens)


def test_the_company_that_is_the_partners_lead_already_gets_the_message() -> None:
    told()
    lead = lead_of("ada", "Acme Logistics", "jo@acme-logistics.com")
    reading = arrive(written())
    assert (became(reading), reading.lead) == ((State.JOINED, Why.ALREADY_YOURS), lead)
    assert Lead.objects.get().channel == Channel.FORM


def test_a_company_of_another_partner_is_kept_and_comes_under_review() -> None:
    told()
    first = lead_of("ben", "Acme Logistics", "jo@acme-logistics.com")
    lead = arrive(written()).lead
    assert lead is not None
    assert (lead.is_under_review, lead.conflicts.get().first) == (True, first)


def test_who_comes_first_by_e_mail_is_protected_before_sales_has_looked() -> None:
    lead = introduced()
    later = lead_of("ben", "Acme Logistics", "jo@acme-logistics.com", at=AT + timedelta(days=1))
    assert (lead.is_under_review, later.is_under_review) == (False, True)


def both() -> None:
    told()
    Membership.objects.create(partner=the_partner("ben"), user=owner_of("ada"))


def test_who_acts_for_several_partners_is_asked_for_which() -> None:
    both()
    reading = arrive(written())
    assert became(reading) == (State.WAITS, Why.SEVERAL_PARTNERS)
    assert (reading.company, reading.may_become_lead) == ("Acme Logistics Inc.", True)


@pytest.mark.parametrize(
    ("cc", "recipient"), [("introductions+BEN@hello.example", ""), ("", "introductions+ben@hello.example")]
)
def test_the_address_may_say_for_which(cc: str, recipient: str) -> None:
    both()
    reading = arrive(written(cc=cc), recipient=recipient)
    assert (reading.state, reading.partner) == (State.LEAD, the_partner("ben"))


def test_a_tag_of_a_partner_that_the_sender_does_not_act_for_says_nothing() -> None:
    told()
    assert arrive(written(cc="introductions+ben@hello.example")).partner == the_partner("ada")


def test_a_partnership_that_has_ended_makes_no_lead() -> None:
    told()
    record(partner("ada", ended="2026-12-01", ended_by="company"))
    reading = arrive(written())
    assert became(reading) == (State.WAITS, Why.NOT_ACTIVE)
    assert not Lead.objects.exists()


def test_who_is_switched_off_is_unknown() -> None:
    told()
    user = owner_of("ada")
    user.is_active = False
    user.save()
    assert became(arrive(written())) == (State.LEFT, Why.UNKNOWN)


def test_more_than_a_day_takes_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    monkeypatch.setattr("referrals.services.register_lead.MOST_A_DAY", {Channel.INTRODUCTION: 1})
    arrive(written())
    reading = arrive(written(to="bob@birchwood.io"))
    assert became(reading) == (State.WAITS, Why.TOO_MANY)
    assert Lead.objects.count() == 1
