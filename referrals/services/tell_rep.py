from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from notices.models import Notice, NoticeKind
from notices.services.tell_person import tell_person
from referrals.models import Lead


@dataclass(frozen=True, slots=True)
class Reminder:
    """What the rep who owns a lead is told of it; the key makes it said once."""

    lead: Lead
    key: str
    subject: str
    text: str


def tell_reps(reminders: Iterable[Reminder], *, at: datetime) -> int:
    """This function will put reminders to the reps of their leads into the outbox, and count those that are new."""
    by_key = {reminder.key: reminder for reminder in reminders}
    with transaction.atomic():
        said = set(Notice.objects.filter(key__in=by_key).values_list("key", flat=True))
        new = [reminder for key, reminder in by_key.items() if key not in said]
        for reminder in new:
            _tell(reminder, at)
    return len(new)


def _tell(reminder: Reminder, at: datetime) -> None:
    lead = reminder.lead
    owner = lead.work.owner
    if owner is None:
        return
    tell_person(
        recipient=owner.user.email,
        person=owner.user,
        kind=NoticeKind.LEAD_DUE,
        key=reminder.key,
        subject=reminder.subject,
        paragraphs=(reminder.text,),
        path=reverse("staff_lead", args=[lead.pk]),
        about=lead.partner.name,
        at=at,
    )
