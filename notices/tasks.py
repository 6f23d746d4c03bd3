from celery import shared_task
from django.utils import timezone

from notices.models import Notice
from notices.services.send_notice import send_notice

AT_ONCE = 500


@shared_task
def sweep_notices() -> None:
    """Sends what is due, oldest first."""
    for notice_id in Notice.objects.due(at=timezone.now()).order_by("id").values_list("id", flat=True)[:AT_ONCE]:
        send_notice(notice_id=notice_id, at=timezone.now())
