from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from notices.models import MAY_BE_OFF, Notice, NoticeKind, NoticePreference, Pace


class CannotBeOff(Exception):
    """Notices of this kind reach everybody at once; the Agreement promises it."""


def set_pace(*, person: User, partner_id: int, kind: NoticeKind, pace: Pace, at: datetime) -> None:
    """This function will say how soon a person hears of a kind of thing at a partner.

    What waits for the day's e-mail follows: it goes out at once, or is not said any more.

    :raises CannotBeOff: the kind is one that is always told at once
    """
    if kind not in MAY_BE_OFF:
        raise CannotBeOff(f"“{kind.label}” is always told at once")
    with transaction.atomic():
        preference = _lock(person, partner_id, kind, at)
        if preference.pace == pace:
            return
        preference.pace, preference.changed_at = pace, at
        preference.save()
        waiting = Notice.objects.for_the_day().filter(person=person, partner_id=partner_id, kind=kind)
        if pace == Pace.OFF:
            waiting.delete()
        elif pace == Pace.AT_ONCE:
            waiting.update(is_daily=False)
        subject = f"user {person.pk}"
        write_audit(by=person, at=at, action="notices set", subject=subject, kind=kind.value, pace=pace.value)


def turn_off(*, notice: Notice, at: datetime) -> None:
    """This function will turn off what a notice is about, for the one who got it.

    The notices of a day turn off every kind that comes once a day.

    :raises CannotBeOff: the kind is one that is always told at once, or nobody's own
    """
    if notice.person is None:
        raise CannotBeOff("A notice to a partner’s own address cannot be turned off")
    if notice.kind != NoticeKind.DIGEST:
        if notice.partner_id is None:
            raise CannotBeOff("A notice that is about no partner cannot be turned off")
        set_pace(person=notice.person, partner_id=notice.partner_id, kind=NoticeKind(notice.kind), pace=Pace.OFF, at=at)
        return
    with transaction.atomic():
        for daily in NoticePreference.objects.filter(person=notice.person, pace=Pace.DAILY).order_by("pk"):
            kind = NoticeKind(daily.kind)
            set_pace(person=notice.person, partner_id=daily.partner_id, kind=kind, pace=Pace.OFF, at=at)


def _lock(person: User, partner_id: int, kind: NoticeKind, at: datetime) -> NoticePreference:
    """The preference, made where there was none, and locked."""
    made = NoticePreference(person=person, partner_id=partner_id, kind=kind, pace=Pace.AT_ONCE, changed_at=at)
    NoticePreference.objects.bulk_create([made], ignore_conflicts=True)
    return NoticePreference.objects.select_for_update().get(person=person, partner_id=partner_id, kind=kind)
