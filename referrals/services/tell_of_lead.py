from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from affiliates.services.tell_partner import tell_partner
from notices.models import NoticeKind
from referrals.models import Lead, LeadMessage, LeadRequest, LeadStep
from referrals.models.lead import Stage

# What a partner is told of a stage: the subject, and what the stage means for them.
WORDS = {
    Stage.QUALIFIED: ("{lead} is qualified", "Sales has looked at the lead and works on it."),
    Stage.DEMO_SCHEDULED: ("{lead}: the demo is scheduled", "Sales has a day for the demo. You may join it."),
    Stage.DEMO_DONE: ("{lead}: the demo is done", "The company has seen the product. A proposal comes next."),
    Stage.PROPOSAL: ("{lead} has a proposal", "Sales has made the company an offer and waits for its answer."),
    Stage.WON: (
        "{lead} is won",
        (
            "The company is now your referred client. It earns you commission on the subscription that it pays; the "
            "first commission is due one month after the close, as appendix B of the Agreement says."
        ),
    ),
    Stage.LOST: ("{lead} is lost", "The company did not become a client."),
    Stage.REJECTED: ("{lead} was not accepted", "Sales does not take the lead up."),
}


def tell_of_step(step: LeadStep) -> None:
    """This function will tell a lead's partner that it moved; call it in the move's own transaction."""
    lead = step.lead
    subject, meaning = WORDS[Stage(step.stage)]
    reason = f"What sales says: {step.reason}" if step.reason.strip() else ""
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.LEAD_MOVED,
        key=f"lead:{lead.pk}:{step.pk}",
        subject=subject.format(lead=lead.company),
        paragraphs=(meaning, reason),
        path=reverse("lead", args=[lead.pk]),
        at=step.at,
    )


def tell_of_message(message: LeadMessage) -> None:
    """This function will tell a lead's partner what sales wrote; call it in the writing's own transaction."""
    lead = message.lead
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.QUESTION_ANSWERED,
        key=f"lead:{lead.pk}:message:{message.pk}",
        subject=f"{lead.company}: sales wrote to you",
        paragraphs=message.text.split("\n\n"),
        path=reverse("lead", args=[lead.pk]),
        at=message.at,
    )


def tell_of_answer(request: LeadRequest, *, at: datetime) -> None:
    """This function will tell a lead's partner whether its request was granted; call it in the answer's transaction."""
    lead = request.lead
    what = f"{request.get_wish_display().lower()}: {request.get_state_display().lower()}"
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.QUESTION_ANSWERED,
        key=f"lead:{lead.pk}:request:{request.pk}",
        subject=f"{lead.company}: {what}",
        paragraphs=(f"Sales has answered your request, {what}.", request.answer),
        path=reverse("lead", args=[lead.pk]),
        at=at,
    )


def tell_of_protection(lead: Lead, *, key: str, subject: str, text: str, at: datetime) -> None:
    """This function will tell a lead's partner how its protection stands; call it in the step's own transaction."""
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.LEAD_MOVED,
        key=key,
        subject=subject,
        paragraphs=(text,),
        path=reverse("lead", args=[lead.pk]),
        at=at,
    )


def tell_of_demo(lead: Lead, *, key: str, subject: str, text: str, at: datetime) -> None:
    """This function will tell a lead's partner of its part in the demo; call it in the step's own transaction."""
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.QUESTION_ANSWERED,
        key=key,
        subject=f"{lead.company}: {subject}",
        paragraphs=(text,),
        path=reverse("lead", args=[lead.pk]),
        at=at,
    )


def tell_of_decision(lead: Lead, *, key: str, subject: str, paragraphs: Sequence[str], at: datetime) -> None:
    """This function will tell a lead's partner how a review of it ended; call it in the decision's transaction."""
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.CONFLICT_DECIDED,
        key=key,
        subject=subject,
        paragraphs=paragraphs,
        path=reverse("lead", args=[lead.pk]),
        at=at,
    )


def tell_of_correction(step: LeadStep) -> None:
    """This function will tell a lead's partner that it was not won after all; call it in the correction's step."""
    lead = step.lead
    tell_partner(
        partner=lead.partner,
        kind=NoticeKind.LEAD_MOVED,
        key=f"lead:{lead.pk}:{step.pk}",
        subject=f"{lead.company} is back at “{step.get_stage_display()}”",
        paragraphs=(
            (
                "The lead was marked as won by mistake. It is open again, and the client that was made of it is "
                "taken out; nothing was earned with it."
            ),
            f"What sales says: {step.reason}",
        ),
        path=reverse("lead", args=[lead.pk]),
        at=step.at,
    )
