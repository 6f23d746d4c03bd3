from datetime import datetime, timedelta

from django.urls import reverse

from integrations.introductions.models import Reading, State, Why
from notices.models import Notice, NoticeKind
from notices.services.tell_person import tell_person
from parts.formats import day
from referrals.models import Lead

MOST_A_DAY = 20  # Confirmations to one person; more come of a program that answers a program.
DAY = timedelta(days=1)
# Why a message waits for a person, as its sender reads it. What is not proven is answered to nobody.
WAITS = {
    Why.SEVERAL_PARTNERS: "you act for several partners and it does not say for which",
    Why.SEVERAL_COMPANIES: "it brings people of several companies",
    Why.NOBODY: "we found nobody in it whom you introduce; put them in To or Cc",
    Why.UNCLEAR: "whom you introduce is not clear from what you forward; put them in To or Cc",
    Why.PARTNERS_PERSON: "whom you introduce is not clear",  # Who else is a partner is nobody's to know.
    Why.NOT_ACTIVE: "the partnership is not active, so no lead can be registered",
    Why.TOO_MANY: "as many leads were registered today as a day takes",
}


def tell_sender(reading: Reading, *, at: datetime) -> None:
    """This function will confirm a message to the partner's person who sent it, once and as an answer to it.

    Call it in the transaction that says what became of the message. Only who is proven is answered, so that nobody
    gets an answer to what others wrote in their name.
    """
    member, key = reading.member, f"introduction:{reading.pk}"
    told = _said(reading)
    if member is None or told is None:
        return
    lately = Notice.objects.filter(kind=NoticeKind.INTRODUCTION, person=member, created_at__gt=at - DAY)
    if lately.count() >= MOST_A_DAY:
        return
    subject = reading.subject or "Your introduction"
    tell_person(
        recipient=member.email,
        person=member,
        partner_id=reading.partner_id,
        about=str(reading.partner or ""),
        kind=NoticeKind.INTRODUCTION,
        key=key,
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        paragraphs=told[0],
        path=told[1],
        answers=reading.named,
        at=at,
    )


def _said(reading: Reading) -> tuple[tuple[str, ...], str] | None:
    if reading.state == State.LEAD and reading.lead is not None:
        return _registered(reading.lead), reverse("lead", args=[reading.lead.pk])
    if reading.why == Why.ALREADY_YOURS and reading.lead is not None:
        lead = reading.lead
        since = f"{lead.company} is your lead already, registered on {day(lead.registered_on)}."
        return (since, "We have added your message to it."), reverse("lead", args=[lead.pk])
    if reading.state == State.WAITS and reading.why in WAITS:
        return (
            f"Your message has reached us. A person looks at it, because {WAITS[Why(reading.why)]}.",
            "You need not do anything. Or register the company in the portal, which takes a minute.",
        ), reverse("lead_new")
    return None


def _registered(lead: Lead) -> tuple[str, ...]:
    where = (
        f"protected until {day(lead.protected_until)}"
        if lead.protected_until
        else "under review: sales decides first whether it can be your lead"
    )
    return (
        f"Thank you for the introduction. {lead.company} is registered as of {day(lead.registered_on)}, and {where}.",
        f"The contact is {lead.contact}, {lead.email}. Sales corrects what we read wrongly.",
        (
            "One thing is left to you: confirm on the lead’s page that the company has a genuine interest and is not "
            "known to violate TCPA, FTC, FCC or DNC rules (14, A). Sales goes on with the lead then."
        ),
    )
