"""What partners are told of the Agreement: a new version, a breach and its cure, the end."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from affiliates.models import AgreementVersion, Partner, Program, TerminationNotice, Violation
from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy
from affiliates.services.tell_partner import Message, tell_partner, tell_partners
from notices.models import NoticeKind
from parts.formats import day


def tell_of_version(version: AgreementVersion) -> None:
    """This function will ask each partner that has not ended to accept a version; one statement tells them all."""
    on = Program.current().day(version.published_at)
    asked = Partner.objects.filter(Q(terminated_on__isnull=True) | Q(terminated_on__gte=on)).order_by("pk")
    messages = [
        Message(
            partner_id=pk,
            key=f"agreement:{version.pk}:{pk}",
            subject=f"Version {version.number} of the Agreement is there to accept",
            paragraphs=(
                f"We have published “{version.title}”, version {version.number}.",
                (
                    "Read it, see what changed, and have an owner accept it. Leads can be registered meanwhile; "
                    "payouts wait until it is accepted."
                ),
            ),
            path=reverse("agreement"),
        )
        for pk in asked.values_list("pk", flat=True)
    ]
    tell_partners(kind=NoticeKind.AGREEMENT, messages=messages, at=version.published_at)


def tell_of_violation(violation: Violation, *, at: datetime) -> None:
    """This function will tell a partner of a breach, and how it was decided (10)."""
    clause = f"clause {violation.clause}"
    decided = f" on {day(violation.decided_on)}" if violation.decided_on else ""
    subject, paragraphs = {
        ViolationState.OPEN: (
            f"Notice of a breach of {clause}",
            (
                f"We give you notice of a breach of {clause} of the Agreement, as of {day(violation.notice_on)}:",
                violation.evidence,
                f"You can cure it until {day(violation.cure_by)} (clause 10). Payouts wait until then.",
            ),
        ),
        ViolationState.CURED: (
            f"The breach of {clause} is cured",
            (
                f"The breach of {clause} was found cured{decided}. Payouts no longer wait for it.",
                f"What was found: {violation.finding}" if violation.finding.strip() else "",
            ),
        ),
        ViolationState.ENDED: (
            f"The breach of {clause} was not cured",
            (f"The breach of {clause} was not cured in time; it was closed{decided} with the end of the partnership.",),
        ),
    }[ViolationState(violation.state)]
    tell_partner(
        partner=violation.partner,
        kind=NoticeKind.VIOLATION,
        key=f"violation:{violation.pk}:{violation.state}",
        subject=subject,
        paragraphs=paragraphs,
        path=reverse("agreement"),
        at=at,
    )


def tell_of_end(notice: TerminationNotice, *, at: datetime) -> None:
    """This function will tell a partner that the partnership ends, whichever side gave notice (10)."""
    who = "You gave" if notice.given_by == EndedBy.PARTNER else "We give you"
    effective = day(notice.effective_on)
    tell_partner(
        partner=notice.partner,
        kind=NoticeKind.TERMINATION,
        key=f"termination:{notice.pk}",
        subject=f"The partnership ends on {effective}",
        paragraphs=(
            (
                f"{who} notice of termination on {day(notice.given_on)}, as clause 10 of the Agreement allows. It "
                f"takes effect on {effective}."
            ),
            f"The reason: {notice.reason}" if notice.reason.strip() else "",
            (
                "Until then all goes on as before. After that day leads can no longer be registered, links no longer "
                "count, and the portal is there to read. What you have earned is still paid."
            ),
        ),
        path=reverse("agreement"),
        at=at,
    )
