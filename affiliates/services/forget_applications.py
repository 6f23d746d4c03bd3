from datetime import datetime

from django.db import transaction

from accounts.services.write_audit import write_audit
from affiliates.models import Application
from affiliates.models.application import FORGOTTEN_AFTER, ApplicationState
from affiliates.services.apply import key_of_notice
from notices.models import Notice


def forget_applications(*, at: datetime) -> int:
    """This function will delete applications whose address nobody confirmed, with their e-mails, and count them."""
    old = Application.objects.filter(state=ApplicationState.APPLIED, applied_at__lte=at - FORGOTTEN_AFTER)
    with transaction.atomic():
        forgotten = list(old.select_for_update().order_by("pk").values_list("pk", flat=True))
        Notice.objects.filter(key__in=[key_of_notice(pk) for pk in forgotten]).delete()
        Application.objects.filter(pk__in=forgotten).delete()
        for pk in forgotten:
            write_audit(by=None, at=at, action="application forgotten", subject=f"application {pk}")
    return len(forgotten)
