from datetime import date, datetime, timedelta

from django.urls import reverse

from affiliates.models import Program
from affiliates.services.tell_partner import Message, tell_partners
from notices.models import NoticeKind
from referrals.models import Lead
from referrals.services.tell_rep import Reminder, tell_reps

AHEAD = timedelta(days=7)  # So long before a protection runs out the lead's rep hears of it.
BEHIND = timedelta(days=30)  # However long the scheduler stood still, no older end is told of.


def watch_protection(*, at: datetime) -> int:
    """This function will tell reps of protections that run out soon and partners of those that did, and count both.

    Each end of a protection is told of once to either: the day is part of the key.
    """
    on = Program.current().day(at)
    soon = Lead.objects.protected(on=on).filter(protected_until__lte=on + AHEAD, work__owner__user__is_active=True)
    told = tell_reps(map(_reminder, soon.select_related("partner", "work__owner__user")), at=at)
    over = Lead.objects.ran_out(on=on).filter(protected_until__gte=on - BEHIND)
    return told + tell_partners(kind=NoticeKind.LEAD_MOVED, messages=map(_message, over), at=at)


def _reminder(lead: Lead) -> Reminder:
    until = _end(lead)
    return Reminder(
        lead=lead,
        key=f"lead:{lead.pk}:runs-out:{until}",
        subject=f"{lead.company}: the protection ends on {until:%-d %B %Y}",
        text="Each step that you take with the lead prolongs it. You can also extend it by hand, or let it run out.",
    )


def _message(lead: Lead) -> Message:
    until = _end(lead)
    return Message(
        partner_id=lead.partner_id,
        key=f"lead:{lead.pk}:ran-out:{until}",
        subject=f"{lead.company}: the protection has run out",
        paragraphs=(
            f"The lead was protected until {until:%-d %B %Y}. It is still your lead.",
            "Another partner may now register the company, and is protected then.",
            "Ask sales to extend the protection if you know that the company is still deciding.",
        ),
        path=reverse("lead", args=[lead.pk]),
    )


def _end(lead: Lead) -> date:
    """The day until which a lead is or was protected; the leads here all have one."""
    if lead.protected_until is None:
        raise ValueError(f"lead {lead.pk} is under review")
    return lead.protected_until
