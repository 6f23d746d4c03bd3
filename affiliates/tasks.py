from celery import shared_task
from django.utils import timezone

from affiliates.services.forget_applications import forget_applications
from affiliates.services.gather_notices import gather_notices
from affiliates.services.letterhead import letterhead
from affiliates.services.tell_of_webhooks import tell_of_webhooks
from affiliates.services.watch_dates import watch_dates
from notices.models import Notice
from notices.services.forget_keys import forget_keys
from notices.services.send_notice import send_notice

AT_ONCE = 500


@shared_task
def sweep_notices() -> None:
    """Gathers the day's notices when it is time, and sends what is due, oldest first."""
    tell_of_webhooks(at=timezone.now())
    gather_notices(at=timezone.now())
    due = Notice.objects.due(at=timezone.now()).order_by("id").values_list("id", flat=True)[:AT_ONCE]
    in_whose_name = letterhead()
    for notice_id in due:
        send_notice(notice_id=notice_id, letterhead=in_whose_name, at=timezone.now())


@shared_task
def forget() -> None:
    """Deletes applications that nobody confirmed in time, and takes links that opened something out of notices."""
    forget_applications(at=timezone.now())
    forget_keys(at=timezone.now())


@shared_task
def watch() -> None:
    """Tells of what fell due by its date: breaches not cured, partnerships that ended, years without soliciting."""
    watch_dates(at=timezone.now())
