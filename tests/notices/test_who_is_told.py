"""To all members of a partner, as they like it, once; what the Agreement promises reaches everybody."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from affiliates.services.tell_partner import Message, tell_partner, tell_partners
from notices.models import MAY_BE_OFF, Notice, NoticeKind, NoticePreference, Pace
from notices.services.set_pace import CannotBeOff, set_pace
from tests.cast import AT, owner_of, program, the_partner
from tests.notices.readers import ADDRESS, MEMBER, OTHER, OWNER, mia, told, wants

pytestmark = pytest.mark.django_db
MOVED, CHARGEBACK = NoticeKind.LEAD_MOVED, NoticeKind.CHARGEBACK


def tell(kind: NoticeKind = MOVED, *, key: str = "k", subject: str = "Oak is won", of: str = "ada") -> int:
    partner = the_partner(of)
    return tell_partner(partner=partner, kind=kind, key=key, subject=subject, paragraphs=["So it is."], path="/", at=AT)


def recipients() -> list[str]:
    return sorted(recipient for recipient, _ in told())


@pytest.fixture(autouse=True)
def partners() -> None:
    program()


def test_each_member_is_told_and_nobody_else() -> None:
    owner_of("ada"), owner_of("ben"), mia()
    assert tell() == 2
    assert recipients() == [MEMBER, OWNER]
    assert set(Notice.objects.values_list("partner_id", "about", "person__email")) == {
        (the_partner("ada").pk, "Ada Partners", OWNER),
        (the_partner("ada").pk, "Ada Partners", MEMBER),
    }


def test_a_partner_without_members_is_told_at_its_own_address() -> None:
    assert tell() == 1
    assert recipients() == [ADDRESS]


def test_a_key_is_said_once() -> None:
    owner_of("ada")
    assert tell() == 1
    assert tell(subject="Oak is lost") == 0
    assert told() == [(OWNER, "Oak is won")]


def test_a_step_that_is_rolled_back_tells_nobody() -> None:
    owner_of("ada")
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert told() == []


def test_somebody_who_may_no_longer_sign_in_is_told_nothing() -> None:
    owner_of("ada")
    User.objects.filter(pk=mia().pk).update(is_active=False)
    tell()
    assert recipients() == [OWNER]


def test_who_turned_a_kind_off_is_not_told_of_it_and_of_others_is() -> None:
    owner_of("ada")
    wants(mia(), MOVED, Pace.OFF)
    tell(MOVED, key="a")
    assert recipients() == [OWNER]
    tell(NoticeKind.PAYOUT_PAID, key="b")
    assert recipients() == [MEMBER, OWNER, OWNER]


def test_where_everybody_turned_it_off_the_partners_own_address_is_not_told_instead() -> None:
    wants(owner_of("ada"), MOVED, Pace.OFF)
    assert tell() == 0


def test_a_choice_holds_for_one_partner_alone() -> None:
    owner = owner_of("ada")
    the_partner("ben").memberships.create(user=owner)
    wants(owner, MOVED, Pace.OFF, of="ben")
    assert tell(key="a") == 1
    assert tell(key="b", of="ben") == 0


def test_daily_waits_for_the_days_e_mail() -> None:
    owner_of("ada")
    wants(mia(), MOVED, Pace.DAILY)
    tell()
    assert dict(Notice.objects.values_list("recipient", "is_daily")) == {OWNER: False, MEMBER: True}
    assert list(Notice.objects.due(at=AT).values_list("recipient", flat=True)) == [OWNER]


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind not in MAY_BE_OFF])
def test_what_must_be_told_at_once_cannot_be_turned_off(kind: NoticeKind) -> None:
    owner = owner_of("ada")
    for pace in (Pace.DAILY, Pace.OFF):
        with pytest.raises(CannotBeOff):
            set_pace(person=owner, partner_id=the_partner("ada").pk, kind=kind, pace=pace, at=AT)
    assert not NoticePreference.objects.exists()


def test_what_must_be_told_goes_to_the_partners_own_address_as_well() -> None:
    owner_of("ada")
    tell(CHARGEBACK)
    assert recipients() == [ADDRESS, OWNER]


def test_but_not_twice_where_a_member_has_that_address() -> None:
    user = User.objects.create_user(ADDRESS.replace("ada", "ADA"))
    the_partner("ada").memberships.create(user=user)
    tell(CHARGEBACK)
    assert [recipient.lower() for recipient in recipients()] == [ADDRESS]


def test_the_database_itself_lets_nothing_wait_that_must_be_told_at_once() -> None:
    tell(CHARGEBACK)
    with pytest.raises(IntegrityError, match="what_must_be_told_at_once_does_not_wait"), transaction.atomic():
        Notice.objects.update(is_daily=True)
    with pytest.raises(IntegrityError, match="only_what_may_be_off_has_a_preference"), transaction.atomic():
        NoticePreference.objects.create(
            person=owner_of("ada"), partner_id=1, kind=CHARGEBACK, pace=Pace.OFF, changed_at=AT
        )


def test_turning_off_takes_back_what_waited_and_at_once_lets_it_go() -> None:
    person = mia()
    for kind in (MOVED, NoticeKind.PAYOUT_PAID):
        wants(person, kind, Pace.DAILY)
        tell(kind, key=kind.value)
    wants(person, MOVED, Pace.OFF)
    wants(person, NoticeKind.PAYOUT_PAID, Pace.AT_ONCE)
    assert [notice.kind for notice in Notice.objects.due(at=AT)] == [NoticeKind.PAYOUT_PAID]
    assert not Notice.objects.filter(kind=MOVED).exists()


@pytest.mark.parametrize(
    "subject",
    ["Oak\r\nBcc: all@x.example is won", "Oak\nis won", "Oak\x00\x1b[2J is won", "Oak\u2028is won", "Oak \u202eis won"],
)
def test_a_name_with_line_breaks_makes_no_header(subject: str) -> None:
    tell(subject=subject)
    ((_, said),) = told()
    assert said.isprintable()
    assert said.startswith("Oak")


def test_a_partners_name_with_line_breaks_neither() -> None:
    the_partner("ada").__class__.objects.filter(reference="ada").update(name="Ada\r\nBcc: all@x.example")
    tell()
    assert Notice.objects.get().about == "Ada Bcc: all@x.example"


def test_the_longest_subject_is_cut_and_says_so() -> None:
    tell(subject="x" * 500)
    ((_, said),) = told()
    assert said == "x" * 199 + "…"


def test_many_partners_are_told_in_one_statement(django_assert_num_queries: object) -> None:
    owner_of("ada"), owner_of("ben"), mia()
    messages = [Message(the_partner(key).pk, f"m:{key}", f"For {key}", ["Text"]) for key in ("ada", "ben")]
    with django_assert_num_queries(1):  # type: ignore[operator]
        tell_partners(kind=MOVED, messages=messages, at=AT + timedelta(days=1))
    assert told() == [(OWNER, "For ada"), (MEMBER, "For ada"), (OTHER, "For ben")]


def test_telling_nobody_asks_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert tell_partners(kind=MOVED, messages=[], at=AT) == 0
