"""What sales does with a lead is told to its partner's people, once, and to nobody else."""

from functools import partial

import pytest

from clients.services.win_lead import BillingReferenceIsTaken, win_lead
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.answer_partner import answer_partner
from referrals.services.answer_request import RequestIsAnswered, decline_request, grant_request
from referrals.services.ask_for_lead import ask_for_extension
from referrals.services.extend_protection import CannotBeExtended
from referrals.services.move_lead import LeadCannotMove, move_lead
from referrals.services.register_lead import register_lead
from tests.cast import AT, client, owner_of, program, record, sam, the_partner
from tests.notices.readers import both, heard, people, refused, told

pytestmark = pytest.mark.django_db


def a_lead() -> Lead:
    program()
    people()
    return register_lead(
        partner=the_partner("ada"), company="Oak Ltd", contact="Jo", email="jo@oak.example", is_attested=True,
        by=owner_of("ada"), at=AT,
    )  # fmt: skip


STAGES = [
    (Stage.QUALIFIED, "Oak Ltd is qualified"),
    (Stage.DEMO_SCHEDULED, "Oak Ltd: the demo is scheduled"),
    (Stage.DEMO_DONE, "Oak Ltd: the demo is done"),
    (Stage.PROPOSAL, "Oak Ltd has a proposal"),
]


def test_each_stage_of_a_lead_is_told() -> None:
    lead, by = a_lead(), sam()
    assert told() == []
    for stage, subject in STAGES:
        assert heard(partial(move_lead, lead=lead, to=stage, by=by, at=AT), NoticeKind.LEAD_MOVED) == both(subject)
    won = heard(lambda: win_lead(lead=lead, closed_on=AT.date(), reference="oak", by=by, at=AT), NoticeKind.LEAD_MOVED)
    assert won == both("Oak Ltd is won")
    assert {notice.path for notice in Notice.objects.all()} == {f"/leads/{lead.pk}/"}


@pytest.mark.parametrize(
    ("stage", "subject"), [(Stage.REJECTED, "Oak Ltd was not accepted"), (Stage.LOST, "Oak Ltd is lost")]
)
def test_the_end_of_a_lead_is_told_with_the_reason(stage: Stage, subject: str) -> None:
    lead = a_lead()
    step = lambda: move_lead(lead=lead, to=stage, by=sam(), at=AT, reason="Two people, one phone")  # noqa: E731
    assert heard(step, NoticeKind.LEAD_MOVED) == both(subject)
    assert "What sales says: Two people, one phone" in Notice.objects.all()[0].body
    refused(step, LeadCannotMove)


def test_a_move_that_is_refused_tells_nobody() -> None:
    lead = a_lead()
    refused(lambda: move_lead(lead=lead, to=Stage.WON, by=sam(), at=AT), LeadCannotMove)
    refused(lambda: move_lead(lead=lead, to=Stage.REJECTED, by=sam(), at=AT), LeadCannotMove)


def test_a_win_that_is_rolled_back_tells_nobody() -> None:
    lead = a_lead()
    record(client("taken"))
    for stage, _ in STAGES:
        move_lead(lead=lead, to=stage, by=sam(), at=AT)
    refused(
        lambda: win_lead(lead=lead, closed_on=AT.date(), reference="TAKEN", by=sam(), at=AT), BillingReferenceIsTaken
    )


# -- Answers ----------------------------------------------------------------------------------------------


def test_an_answer_of_sales_is_told() -> None:
    lead = a_lead()
    step = partial(answer_partner, lead=lead, text="Yes, on Monday.\n\nBring a guest.", by=sam(), at=AT)
    assert heard(step, NoticeKind.QUESTION_ANSWERED) == both("Oak Ltd: sales wrote to you")
    assert Notice.objects.all()[0].paragraphs == ["Yes, on Monday.", "Bring a guest."]


def test_a_request_that_is_answered_is_told_and_one_that_cannot_be_is_not() -> None:
    lead = a_lead()
    request = ask_for_extension(lead=lead, reason="They are on leave", by=owner_of("ada"), at=AT)
    refused(partial(grant_request, request=request, until=None, answer="", by=sam(), at=AT), CannotBeExtended)
    step = partial(decline_request, request=request, answer="There is time enough", by=sam(), at=AT)
    assert heard(step, NoticeKind.QUESTION_ANSWERED) == both("Oak Ltd: longer protection: declined")
    assert "There is time enough" in Notice.objects.all()[0].body
    refused(step, RequestIsAnswered)
