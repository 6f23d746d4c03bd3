from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from notices.models import Notice, NoticeKind


def gather_day(*, day: date, before: datetime, at: datetime) -> int:
    """This function will gather what waits for the day's one e-mail, and say for how many people it did.

    `before` is the moment up to which notices belong to the day's. A person gets one a day, whoever gathers
    and however often: its key is the person's and the day's.
    """
    waiting = Notice.objects.for_the_day().filter(created_at__lt=before)
    people = User.objects.filter(pk__in=waiting.order_by().values("person"), is_active=True).order_by("pk")
    return sum(_gather(person, day=day, before=before, at=at) for person in people)


def _gather(person: User, *, day: date, before: datetime, at: datetime) -> bool:
    with transaction.atomic():
        waiting = Notice.objects.for_the_day().filter(person=person, created_at__lt=before).order_by("id")
        notices = list(waiting.select_for_update(of=("self",)))
        key = f"digest:{person.pk}:{day}"
        if not notices or Notice.objects.filter(key=key).exists():
            return False
        count = "One notice" if len(notices) == 1 else f"{len(notices)} notices"
        digest = Notice.objects.create(
            key=key,
            kind=NoticeKind.DIGEST,
            person=person,
            recipient=person.email,
            subject=f"{count} of {day:%-d %B %Y}",
            body="\n\n".join(f"{notice.subject}\n\n{notice.body}" for notice in notices),
            created_at=at,
        )
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(digest=digest)
        return True
