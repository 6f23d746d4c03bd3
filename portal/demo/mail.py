"""The demo's e-mails: those of the past were sent when they were written, the newest ones go out now."""

from datetime import datetime, timedelta

from django.db.models import F

from accounts.models import User
from affiliates.models import Membership
from notices.models import Notice, NoticeKind, Pace
from notices.services.set_pace import set_pace
from portal.demo.people import MEMBER

STILL_NEW = timedelta(days=2)
SENT_AFTER = timedelta(seconds=40)


def send_old_mail(now: datetime) -> None:
    """This function will mark what is older than two days as sent; no inbox wants 18 months of mail at once."""
    old = Notice.objects.filter(sent_at__isnull=True, created_at__lt=now - STILL_NEW)
    old.filter(has_key=True).update(path="", code="")  # As each one's own sending does.
    old.update(sent_at=F("created_at") + SENT_AFTER, tried_at=F("created_at") + SENT_AFTER, tries=1)


def set_paces(now: datetime) -> None:
    """This function will let one person hear of leads once a day."""
    person = User.objects.get(email=MEMBER.email)
    for membership in Membership.objects.filter(user=person):
        set_pace(
            person=person, partner_id=membership.partner_id, kind=NoticeKind.LEAD_MOVED, pace=Pace.DAILY, at=now
        )  # fmt: skip
