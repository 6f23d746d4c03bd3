from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from referrals.models import Link


def switch_link(*, link: Link, is_on: bool, by: User | None, at: datetime) -> Link:
    """This function will switch a link off, or on again; one that is so already stays as it is."""
    with transaction.atomic():
        locked = Link.objects.select_for_update().get(pk=link.pk)
        if locked.is_on != is_on:
            locked.off_since = None if is_on else at
            locked.save(update_fields=["off_since"])
            action = f"link switched {'on' if is_on else 'off'}"
            write_audit(by=by, at=at, action=action, subject=f"link {locked.pk}", code=locked.code)
    return locked
