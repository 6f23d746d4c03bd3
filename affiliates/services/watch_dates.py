"""What falls due by its date alone: a breach not cured in time, the end of a partnership, that of not soliciting.

What follows from these dates, the portal's pages and services read from the dates themselves; here people are told.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse

from accounts.rights import Right
from affiliates.models import Program, TerminationNotice, Violation
from affiliates.models.agreement import NO_SOLICITING_MONTHS, no_soliciting_until
from affiliates.months import add_months
from affiliates.services.tell_holders import tell_holders
from affiliates.services.tell_partner import tell_partner
from notices.models import NoticeKind
from parts.formats import day

BEHIND = timedelta(days=30)  # However long the scheduler stood still, no older end is told of.


def watch_dates(*, at: datetime) -> None:
    """This function will tell of what fell due, each thing once: its row and what happened to it are the key."""
    on = Program.current().day(at)
    for violation in Violation.objects.open().filter(cure_by__lt=on).select_related("partner"):
        _tell_of_overdue(violation, at)
    for notice in ended(on):
        _tell_of_effect(notice, at)
    for notice in free_to_solicit(on):
        _tell_of_freedom(notice, at)


def ended(on: date) -> list[TerminationNotice]:
    """Partnerships whose last day has passed, lately, by a notice that was given in the portal."""
    rows = TerminationNotice.objects.filter(effective_on__lt=on, effective_on__gte=on - BEHIND)
    return list(rows.select_related("partner").order_by("effective_on", "pk"))


def free_to_solicit(on: date) -> list[TerminationNotice]:
    """Ended partnerships whose year without soliciting (15) has passed, lately."""
    a_year_ago = add_months(on, -NO_SOLICITING_MONTHS)
    rows = TerminationNotice.objects.filter(
        effective_on__lte=a_year_ago + BEHIND, effective_on__gte=a_year_ago - 2 * BEHIND
    )
    return [
        notice
        for notice in rows.select_related("partner").order_by("effective_on", "pk")
        if on - BEHIND <= no_soliciting_until(notice.effective_on) < on
    ]


def _tell_of_overdue(violation: Violation, at: datetime) -> None:
    tell_holders(
        right=Right.JUDGE_VIOLATIONS,
        kind=NoticeKind.VIOLATION,
        key=f"violation:{violation.pk}:overdue",
        subject=f"{violation.partner}: the breach of clause {violation.clause} was not cured by its day",
        paragraphs=(
            f"{violation.partner} could cure it until {day(violation.cure_by)} (10).",
            "Payouts go on waiting until you find it cured, or end the partnership. Nothing ends by itself.",
        ),
        path=reverse("staff_violation", args=[violation.pk]),
        about=violation.partner.name,
        at=at,
    )


def _tell_of_effect(notice: TerminationNotice, at: datetime) -> None:
    partner, key, last = notice.partner, f"termination:{notice.pk}:effective", day(notice.effective_on)
    subject = f"The partnership with {partner} has ended"
    soliciting = f"Until {day(no_soliciting_until(notice.effective_on))} neither side recruits the other's people (15)."
    with transaction.atomic():
        tell_partner(
            partner=partner,
            kind=NoticeKind.TERMINATION,
            key=key,
            subject="The partnership has ended",
            paragraphs=(
                f"Its last day was {last}. Links no longer count, and leads can no longer be registered.",
                "You can still read everything in the portal, and what you have earned is still paid.",
                soliciting,
            ),
            path=reverse("agreement"),
            at=at,
        )
        tell_holders(
            right=Right.END_PARTNERSHIPS,
            kind=NoticeKind.TERMINATION,
            key=f"{key}:staff",
            subject=subject,
            paragraphs=(
                f"Its last day was {last}. Links have stopped, no lead can be registered, its people can only read.",
                "What it has earned is still paid.",
                soliciting,
            ),
            path=reverse("staff_due"),
            about=partner.name,
            at=at,
        )


def _tell_of_freedom(notice: TerminationNotice, at: datetime) -> None:
    tell_holders(
        right=Right.END_PARTNERSHIPS,
        kind=NoticeKind.TERMINATION,
        key=f"termination:{notice.pk}:no-soliciting-over",
        subject=f"{notice.partner}: the year without soliciting is over",
        paragraphs=(
            f"The partnership ended on {day(notice.effective_on)}.",
            f"Clause 15 held until {day(no_soliciting_until(notice.effective_on))}. It binds neither side any more.",
        ),
        path=reverse("staff_due"),
        about=notice.partner.name,
        at=at,
    )
