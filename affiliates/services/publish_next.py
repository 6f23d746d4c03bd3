from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import AgreementVersion, Program
from affiliates.services.accept_agreement import publish_version


class VersionRefused(Exception):
    """A version of the Agreement cannot be published like this; the message says why."""


class AnotherIsCurrent(VersionRefused):
    """Somebody published meanwhile: what was compared with is no longer the current version."""


class NumberIsTaken(VersionRefused):
    """There is a version of this number."""


@needs(Right.PUBLISH_AGREEMENTS)
def publish_next(
    *, number: str, title: str, text: str, after: AgreementVersion | None, by: User | None, at: datetime
) -> AgreementVersion:
    """This function will publish the version that follows `after`, the one that it was compared with.

    :raises AnotherIsCurrent: that is not the current version any more
    :raises NumberIsTaken: there is a version of this number
    :raises VersionRefused: it says what the current version says
    """
    with transaction.atomic():
        Program.objects.select_for_update().get(pk=1)  # One at a time: versions themselves cannot be locked.
        current = AgreementVersion.objects.order_by("-id").first()
        if current != after:
            raise AnotherIsCurrent(f"{current} was published meanwhile; compare with it, then publish")
        if AgreementVersion.objects.filter(number=number).exists():
            raise NumberIsTaken(f"There is a version {number} already")
        if current is not None and (current.text, current.title) == (text, title):
            raise VersionRefused(f"It says what {current} says; change the text first")
        return publish_version(number=number, title=title, text=text, by=by, at=at)
