from celery import shared_task
from django.utils import timezone

from affiliates.services.gather_notices import gather_notices
from affiliates.services.letterhead import letterhead
from notices.models import Notice
from notices.services.send_notice import send_notice

AT_ONCE = 500


@shared_task
def sweep_notices() -> None:
    """Gathers the day's notices when it is time, and sends what is due, oldest first."""
    gather_notices(at=timezone.now())
    due = Notice.objects.due(at=timezone.now()).order_by("id").values_list("id", flat=True)[:AT_ONCE]
    in_whose_name = letterhead()
    for notice_id in due:
        send_notice(notice_id=notice_id, letterhead=in_whose_name, at=timezone.now())
