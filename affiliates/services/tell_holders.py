from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from accounts.rights import HOLDERS, Right
from notices.models import NoticeKind
from notices.services.tell_person import tell_person


def tell_holders(
    *,
    right: Right,
    kind: NoticeKind,
    key: str,
    subject: str,
    paragraphs: Sequence[str],
    path: str,
    about: str,
    at: datetime,
) -> None:
    """This function will tell the company's people who hold a right by their role; each key is said once.

    `about` is the name of the partner that it concerns, and `path` the page that it leads to.
    """
    people = User.objects.filter(is_active=True, is_staff=True, groups__name__in=HOLDERS[right]).distinct()
    for person in people.order_by("pk"):
        tell_person(
            recipient=person.email,
            person=person,
            kind=kind,
            key=f"{key}:{person.pk}",
            subject=subject,
            paragraphs=paragraphs,
            path=path,
            about=about,
            at=at,
        )
