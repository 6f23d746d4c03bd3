"""People who read notices, and short words for what they were told."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from affiliates.models import Membership
from affiliates.models.partner import MemberRole
from affiliates.services.letterhead import letterhead
from notices.models import Notice, NoticeKind, Pace
from notices.services.send_notice import send_notice
from notices.services.set_pace import set_pace
from tests.cast import AT, owner_of, the_partner

Step = Callable[[], object]

OWNER, MEMBER = "owner.of.ada@people.example", "mia@people.example"
OTHER, ADDRESS = "owner.of.ben@people.example", "ada@partners.example"


def mia() -> User:
    """A second person of Ada's, no owner."""
    user = User.objects.filter(email=MEMBER).first() or User.objects.create_user(MEMBER, name="Mia Member")
    Membership.objects.get_or_create(partner=the_partner("ada"), user=user, defaults={"role": MemberRole.MEMBER})
    return user


def wants(person: User, kind: NoticeKind, pace: Pace, *, of: str = "ada") -> None:
    """This function will set how soon a person hears of a kind of thing."""
    set_pace(person=person, partner_id=the_partner(of).pk, kind=kind, pace=pace, at=AT)


def told(kind: NoticeKind | None = None) -> list[tuple[str, str]]:
    """Who was told what so far: address and subject, in the order of the telling."""
    notices = Notice.objects.filter(kind=kind) if kind else Notice.objects.all()
    return list(notices.order_by("id").values_list("recipient", "subject"))


def send(notice: Notice) -> bool:
    """This function will send a notice in the program's name."""
    return send_notice(notice_id=notice.pk, letterhead=letterhead(), at=AT)


def people() -> tuple[User, User, User]:
    """Ada's two people, and Ben's owner, who must never hear of Ada's things."""
    return owner_of("ada"), mia(), owner_of("ben")


def heard(step: Step, kind: NoticeKind) -> list[tuple[str, str]]:
    """What a step told, sorted; all of it is of one kind, and nobody of Ben's is among those told."""
    before = set(Notice.objects.values_list("pk", flat=True))
    step()
    new = Notice.objects.exclude(pk__in=before)
    assert set(new.values_list("kind", flat=True)) <= {kind.value}
    assert OTHER not in set(new.values_list("recipient", flat=True))
    assert not new.exclude(partner_id=the_partner("ada").pk).exists()
    return sorted(new.values_list("recipient", "subject"))


def refused(step: Step, error: type[Exception]) -> None:
    """A step that is refused says nothing to anybody."""
    before = told()
    with pytest.raises(error):
        step()
    assert told() == before


def statements(step: Step) -> int:
    """How much a step asks of the database."""
    with CaptureQueriesContext(connection) as asked:
        step()
    return len(asked)


def both(subject: str) -> list[tuple[str, str]]:
    return [(MEMBER, subject), (OWNER, subject)]


def everybody(subject: str) -> list[tuple[str, str]]:
    return [(ADDRESS, subject), *both(subject)]
