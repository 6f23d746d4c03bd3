"""What comes once a day: one e-mail a person and day, in the morning of the program's time zone, whoever gathers."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection

from affiliates.models import Membership, Program
from affiliates.services.change_membership import remove_member
from affiliates.services.gather_notices import gather_notices
from affiliates.services.letterhead import letterhead
from affiliates.services.tell_partner import tell_partner
from notices.models import Notice, NoticeKind, NoticePreference, Pace
from notices.services.send_notice import send_notice
from notices.services.set_pace import turn_off
from tests.cast import AT, owner_of, program, the_partner
from tests.notices.readers import MEMBER, OWNER, mia, wants

MOVED = NoticeKind.LEAD_MOVED
# The program's morning: 8:00 in Los Angeles is 16:00 in UTC in winter.
EVENING = datetime(2027, 1, 4, 23, tzinfo=UTC)
EARLY = datetime(2027, 1, 5, 15, 59, tzinfo=UTC)
MORNING = datetime(2027, 1, 5, 16, 0, tzinfo=UTC)
NOON = datetime(2027, 1, 5, 20, 0, tzinfo=UTC)


def tell(*subjects: str, at: datetime = EVENING, of: str = "ada", kind: NoticeKind = MOVED) -> None:
    for subject in subjects:
        tell_partner(
            partner=the_partner(of), kind=kind, key=f"{of} {subject}", subject=subject, paragraphs=[f"{subject}, so."],
            path="/leads/1/", at=at,
        )  # fmt: skip


def digests() -> list[Notice]:
    return list(Notice.objects.filter(kind=NoticeKind.DIGEST).order_by("id"))


def begin() -> None:
    program()
    Program.objects.update(time_zone="America/Los_Angeles")
    wants(owner_of("ada"), MOVED, Pace.DAILY)


@pytest.mark.django_db
class TestAlone:
    @pytest.fixture(autouse=True)
    def a_program(self) -> None:
        begin()

    def test_it_comes_in_the_morning_with_what_happened_before(self) -> None:
        tell("Oak is won", "Elm is lost")
        assert gather_notices(at=EARLY) == 0
        assert gather_notices(at=MORNING) == 1
        (digest,) = digests()
        assert (digest.recipient, digest.subject) == (OWNER, "2 notices of 5 January 2027")
        assert [notice.subject for notice in digest.gathered.order_by("id")] == ["Oak is won", "Elm is lost"]

    def test_it_is_one_e_mail_however_often_it_is_gathered(self) -> None:
        tell("Oak is won")
        assert [gather_notices(at=at) for at in (MORNING, MORNING, NOON)] == [1, 0, 0]
        assert len(digests()) == 1

    def test_a_scheduler_that_was_off_in_the_morning_catches_up(self) -> None:
        tell("Oak is won")
        assert gather_notices(at=NOON) == 1

    def test_what_comes_after_the_hour_is_the_next_days(self) -> None:
        tell("Oak is won")
        gather_notices(at=MORNING)
        tell("Elm is lost", at=NOON)
        assert gather_notices(at=NOON + timedelta(hours=1)) == 0
        assert gather_notices(at=MORNING + timedelta(days=1)) == 1
        assert [digest.subject for digest in digests()] == [
            "One notice of 5 January 2027",
            "One notice of 6 January 2027",
        ]

    def test_without_anything_to_say_there_is_no_e_mail(self) -> None:
        assert gather_notices(at=MORNING) == 0

    def test_each_gets_their_own(self) -> None:
        wants(mia(), MOVED, Pace.DAILY)
        tell("Oak is won")
        assert gather_notices(at=MORNING) == 2
        assert sorted(digest.recipient for digest in digests()) == [MEMBER, OWNER]

    def test_a_person_of_two_partners_gets_one_that_tells_them_apart(self) -> None:
        owner = owner_of("ada")
        the_partner("ben").memberships.create(user=owner)
        wants(owner, MOVED, Pace.DAILY, of="ben")
        tell("Oak is won")
        tell("Elm is lost", of="ben")
        assert gather_notices(at=MORNING) == 1
        send_notice(notice_id=digests()[0].pk, letterhead=letterhead(), at=MORNING)
        body = str(mail.outbox[0].body)
        assert body.index("Oak is won\nAda Partners") < body.index("Elm is lost\nBen Partners")

    def test_what_it_gathered_counts_as_sent_with_it(self) -> None:
        tell("Oak is won")
        gather_notices(at=MORNING)
        assert Notice.objects.get(subject="Oak is won").sent_at is None
        send_notice(notice_id=digests()[0].pk, letterhead=letterhead(), at=NOON)
        assert Notice.objects.get(subject="Oak is won").sent_at == NOON
        (message,) = mail.outbox
        assert "Oak is won, so." in str(message.body)
        assert "List-Unsubscribe" in message.message()

    def test_what_must_be_told_never_waits(self) -> None:
        tell("A chargeback", kind=NoticeKind.CHARGEBACK)
        assert gather_notices(at=MORNING) == 0
        assert Notice.objects.due(at=EVENING).filter(subject="A chargeback").count() == 2

    def test_who_left_the_partner_hears_nothing_more(self) -> None:
        wants(mia(), MOVED, Pace.DAILY)
        tell("Oak is won")
        membership = Membership.objects.get(user=mia())
        remove_member(membership=membership, by=owner_of("ada"), at=EVENING)
        assert gather_notices(at=MORNING) == 1
        assert [digest.recipient for digest in digests()] == [OWNER]

    def test_turning_it_off_turns_off_every_daily_kind_and_no_other(self) -> None:
        owner = owner_of("ada")
        wants(owner, NoticeKind.PAYOUT_PAID, Pace.AT_ONCE)
        tell("Oak is won")
        gather_notices(at=MORNING)
        turn_off(notice=digests()[0], at=NOON)
        paces = dict(NoticePreference.objects.filter(person=owner).values_list("kind", "pace"))
        assert paces[MOVED] == Pace.OFF
        assert Pace.OFF not in {pace for kind, pace in paces.items() if kind != MOVED}


@pytest.mark.usefixtures("real_db")
def test_of_eight_schedulers_at_once_one_gathers() -> None:
    begin()
    wants(mia(), MOVED, Pace.DAILY)
    tell("Oak is won", "Elm is lost")
    barrier, made = Barrier(8), list[int]()

    def gather() -> None:
        try:
            barrier.wait()
            made.append(gather_notices(at=MORNING))
        finally:
            connection.close()

    threads = [Thread(target=gather) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), sum(made)) == (8, 2)
    assert [digest.gathered.count() for digest in digests()] == [2, 2]
    assert AT < MORNING
