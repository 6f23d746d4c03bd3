"""The sender hears once what became of a message, as an answer to it, and never more than a day's number."""

from datetime import timedelta
from email import message_from_string

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from affiliates.tasks import sweep_notices
from integrations.introductions.models import Reading, State, Why
from integrations.introductions.services import tell_sender
from integrations.introductions.services.read_message import read_message
from notices.models import Notice, NoticeKind
from tests.cast import AT, owner_of
from tests.integrations.introductions.writing import ADA, FAIL, PASS, arrive, became, letter, told, written
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db


def confirmations() -> list[Notice]:
    return list(Notice.objects.filter(kind=NoticeKind.INTRODUCTION).order_by("pk"))


def test_one_confirmation_answers_the_message() -> None:
    told()
    reading = arrive(letter("gmail"))
    (notice,) = confirmations()
    assert (notice.recipient, notice.answers) == (ADA, "<CAHk1xYz+gmail-1@mail.gmail.com>")
    assert "Acme Logistics Inc. is registered as of" in notice.body
    assert "confirm on the lead’s page" in notice.body
    assert notice.path == f"/leads/{reading.lead_id}/"
    mail.outbox.clear()
    sweep_notices()
    sent = message_from_string(mail.outbox[-1].message().as_string())
    assert sent["In-Reply-To"] == sent["References"] == "<CAHk1xYz+gmail-1@mail.gmail.com>"
    assert sent["Auto-Submitted"] == "auto-replied"


def test_working_it_again_says_nothing_again() -> None:
    told()
    reading = arrive(written())
    for _ in range(3):
        read_message(message_id=reading.pk, clock=timezone.now)
    assert len(confirmations()) == 1


def test_its_subject_is_the_messages_own() -> None:
    told()
    arrive(written(subject="Dana"))
    arrive(written(subject="Re: Bob", to="bob@birchwood.io"))
    assert [notice.subject for notice in confirmations()] == ["Re: Dana", "Re: Bob"]


def test_what_waits_for_a_person_says_so() -> None:
    told()
    arrive(written(to="dana@acme.com, bob@birchwood.io"))
    (notice,) = confirmations()
    assert "people of several companies" in notice.body


@pytest.mark.parametrize("to", ["owner.of.ben@people.example", "Owner.Of.Ben@people.example"])
def test_nobody_learns_from_an_answer_who_else_is_a_partner(to: str) -> None:
    told()
    owner_of("ben")
    User.objects.filter(email="owner.of.ben@people.example").update(email="Owner.of.Ben@people.example")
    User.objects.filter(email=ADA).update(email="olga@ada.example")
    proof = PASS.replace("people.example", "ada.example")
    reading = arrive(written(sender="olga@ada.example", to=to, proof=proof))
    assert became(reading) == (State.WAITS, Why.PARTNERS_PERSON)
    (notice,) = confirmations()
    assert "A person looks at it, because whom you introduce is not clear" in notice.body
    assert "partner" not in notice.body


def test_nobody_learns_from_an_answer_who_has_the_company_already() -> None:
    told()
    lead_of("ben", "Acme Logistics", "jo@acme-logistics.com")
    arrive(written())
    (notice,) = confirmations()
    assert "under review" in notice.body
    assert not {"ben", "conflict", "another"} & set(notice.body.lower().replace(".", " ").split())


@pytest.mark.parametrize(
    "subject", ["=?utf-8?q?Hi=0D=0ABcc:_eve@evil.example?=", "Hi\n\tBcc: eve@evil.example", "=?utf-8?b?SGkAQmNjOg==?="]
)
def test_a_subject_puts_no_header_into_the_answer(subject: str) -> None:
    told()
    arrive(written(subject=subject, name="<a\r\x0bb@people.example>"))
    mail.outbox.clear()
    sweep_notices()
    (sent,) = [each for each in mail.outbox if "Auto-Submitted" in each.extra_headers]
    read = message_from_string(sent.message().as_string())
    assert (read["Bcc"], sent.recipients()) == (None, [ADA])
    assert len(read.get_all("Subject", [])) == 1


def test_answers_in_a_thread_are_not_confirmed() -> None:
    told()
    arrive(written(name="<a@people.example>"))
    arrive(written(more="In-Reply-To: <a@people.example>\n", to="eve@acme-logistics.com"))
    assert len(confirmations()) == 1


def test_nobody_else_gets_an_answer_to_what_was_forged() -> None:
    told()
    arrive(written(proof=FAIL))
    arrive(written(sender="eve@stranger.example"))
    assert confirmations() == []


def test_a_program_that_answers_a_program_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one that marks its answers in no way: after the day's number there is silence."""
    told()
    monkeypatch.setattr(tell_sender, "MOST_A_DAY", 3)
    for number in range(6):
        arrive(written(to="", subject=f"Re: {number}"))
    assert len(confirmations()) == 3
    arrive(written(to="", subject="Next day"), at=AT + timedelta(days=2))
    assert len(confirmations()) == 4


def test_an_answer_to_our_confirmation_that_is_automatic_is_left_alone() -> None:
    told()
    arrive(written())
    reading = arrive(written(more="Auto-Submitted: auto-replied\nIn-Reply-To: <notice@hello.example>\n", to=""))
    assert reading.state == State.LEFT
    assert len(confirmations()) == 1


@pytest.mark.parametrize("name", ["<a b@c>", "no brackets", "<>", "<" + "x" * 300 + "@y>"])
def test_an_id_that_no_header_can_hold_is_left_out(name: str) -> None:
    told()
    arrive(written(name=name))
    (notice,) = confirmations()
    assert notice.answers == ""
    assert Reading.objects.get().state == State.LEAD
