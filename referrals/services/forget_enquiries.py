from datetime import datetime

from django.db import transaction

from notices.models import Notice
from referrals.models import Enquiry
from referrals.models.enquiry import FORGOTTEN_AFTER
from referrals.services.enquire import key_of_notice


def forget_enquiries(*, at: datetime) -> int:
    """This function will delete what visitors entered whose address nobody confirmed, and count it.

    The e-mails that asked for the confirmation go with it.
    """
    old = Enquiry.objects.filter(confirmed_at__isnull=True, asked_at__lte=at - FORGOTTEN_AFTER)
    with transaction.atomic():
        forgotten = list(old.select_for_update().order_by("pk").values_list("pk", flat=True))
        Notice.objects.filter(key__in=[key_of_notice(pk) for pk in forgotten]).delete()
        Enquiry.objects.filter(pk__in=forgotten).delete()
    return len(forgotten)
