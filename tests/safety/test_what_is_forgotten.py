"""What nobody confirmed is deleted after the days that were named; links that open something do not stay behind."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core import mail
from django.test import Client

from accounts.models import AuditEntry
from affiliates import tasks
from affiliates.models import Application
from affiliates.models.application import FORGOTTEN_AFTER as APPLICATION_DAYS
from affiliates.models.partner import MemberRole, PartnerKind
from affiliates.models.payee import PayoutMethodKind
from affiliates.services.apply import GOOD_FOR, apply
from affiliates.services.enter_payout_method import enter_payout_method
from affiliates.services.forget_applications import forget_applications
from affiliates.services.invite import invite
from affiliates.services.letterhead import letterhead
from affiliates.services.move_application import verify_application
from notices.models import Notice, NoticeKind
from notices.models.notice import KEYS_KEPT, TRIES
from notices.services.forget_keys import forget_keys
from notices.services.send_notice import send_notice
from referrals.models import Enquiry
from referrals.models.enquiry import CONFIRM_WITHIN
from referrals.models.enquiry import FORGOTTEN_AFTER as ENQUIRY_DAYS
from referrals.services.confirm_enquiry import confirm_enquiry
from referrals.services.enquire import enquire
from referrals.services.forget_enquiries import forget_enquiries
from tests.cast import AT, all_rows, owner_of, the_partner
from tests.links.company import company, link_of

pytestmark = pytest.mark.django_db
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _program() -> None:
    company()


def applied(email: str = "jo@oak.example") -> Application:
    return apply(
        kind=PartnerKind.AFFILIATE, company="Oak", site="https://oak.example/", name="Jo", email=email,
        audience="…", promotion="…", at=AT,
    )  # fmt: skip


def asked(email: str = "jo@oak.example") -> Enquiry:
    made = enquire(
        link=link_of(), company=f"{email} Ltd", contact="Jo", email=email, agents=None, consent="Yes", visitor="v",
        at=AT,
    )  # fmt: skip
    assert made
    return made


def sent(notice: Notice) -> Notice:
    assert send_notice(notice_id=notice.pk, letterhead=letterhead(), at=AT)
    notice.refresh_from_db()
    return notice


def test_an_unconfirmed_application_is_deleted_with_its_e_mail_once_its_days_are_over() -> None:
    old, confirmed = applied(), verify_application(application=applied("al@elm.example"), at=AT)
    assert forget_applications(at=AT + APPLICATION_DAYS - MOMENT) == 0
    assert forget_applications(at=AT + APPLICATION_DAYS) == 1
    assert list(Application.objects.all()) == [confirmed]
    assert set(Notice.objects.values_list("recipient", flat=True)) == {"al@elm.example"}
    assert "jo@oak.example" not in str(all_rows())
    assert AuditEntry.objects.filter(action="application forgotten", subject=f"application {old.pk}").count() == 1


def test_an_unconfirmed_enquiry_is_deleted_with_its_e_mail_once_its_days_are_over() -> None:
    asked()
    confirmed = confirm_enquiry(enquiry=asked("al@elm.example"), at=AT)
    assert forget_enquiries(at=AT + ENQUIRY_DAYS - MOMENT) == 0
    assert forget_enquiries(at=AT + ENQUIRY_DAYS) == 1
    assert list(Enquiry.objects.all()) == [confirmed]
    assert "jo@oak.example" not in str(all_rows())


def test_forgetting_twice_changes_nothing_more() -> None:
    applied()
    asked()
    late = AT + APPLICATION_DAYS
    forget_applications(at=late)
    forget_enquiries(at=late)
    forget_keys(at=late)
    before = all_rows()
    assert (forget_applications(at=late), forget_enquiries(at=late), forget_keys(at=late)) == (0, 0, 0)
    assert all_rows() == before


def test_what_can_still_be_confirmed_is_not_forgotten() -> None:
    assert APPLICATION_DAYS >= GOOD_FOR
    assert ENQUIRY_DAYS >= CONFIRM_WITHIN


def test_the_pages_that_ask_say_after_how_many_days() -> None:
    assert f"deleted after {APPLICATION_DAYS.days} days" in Client().get("/apply/").content.decode()
    assert f"deleted after {ENQUIRY_DAYS.days} days" in Client().get(f"/r/{link_of().code}/contact/").content.decode()


def test_the_night_forgets_all_of_it() -> None:
    planned = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert {"affiliates.tasks.forget", "referrals.tasks.forget"} <= planned
    tasks.forget()


def test_a_link_that_opens_something_reaches_its_reader_and_does_not_stay() -> None:
    applied()
    asked()
    owner = owner_of("ada")
    invite(partner=the_partner("ada"), email="new@oak.example", role=MemberRole.MEMBER, by=owner, at=AT)
    enter_payout_method(
        partner=the_partner("ada"), kind=PayoutMethodKind.ACH, holder="Ada", details="111000025 000123456789",
        by=owner, at=AT,
    )  # fmt: skip
    held = list(Notice.objects.filter(has_key=True).order_by("pk"))
    assert {notice.path.rstrip("/").rpartition("/")[0] for notice in held if "contact" not in notice.path} == {
        "/apply/confirm", "/join", "/settings/payout/confirm",
    }  # fmt: skip
    assert len(held) == 4
    for notice in held:
        link = notice.path
        assert sent(notice).path == ""
        assert link in str(mail.outbox[-1].body)
        assert link not in str(all_rows())
    others = Notice.objects.filter(has_key=False)
    assert [sent(notice).path for notice in others] == ["/settings/payout/"] * len(others)


def test_a_link_that_could_never_be_sent_is_forgotten_when_it_opens_nothing_any_more() -> None:
    invite(partner=the_partner("ada"), email="new@oak.example", role=MemberRole.MEMBER, by=owner_of("ada"), at=AT)
    notice = Notice.objects.get()
    Notice.objects.update(tries=TRIES)
    assert forget_keys(at=AT + KEYS_KEPT - MOMENT) == 0
    assert forget_keys(at=AT + KEYS_KEPT) == 1
    notice.refresh_from_db()
    assert notice.path == ""


def test_what_a_visitor_gets_is_named_for_what_it_is() -> None:
    asked()
    notice = sent(Notice.objects.get())
    assert notice.kind == NoticeKind.ENQUIRY
    body = str(mail.outbox[-1].body)
    assert "Confirm this address" in body
    assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers
    assert "application" not in body.lower()
