"""A notice as an e-mail: once, in text and HTML, with the ways out, whatever the mail server does."""

import smtplib
from datetime import timedelta
from email.message import EmailMessage as Parsed
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from pytest_django.fixtures import Settings

from affiliates.models import Program
from affiliates.services.letterhead import letterhead
from affiliates.services.tell_partner import tell_partner
from affiliates.tasks import sweep_notices
from notices.models import Notice, NoticeKind
from notices.models.notice import PAUSE, TRIES
from notices.services.send_notice import send_notice
from notices.services.tell_person import tell_person
from tests.cast import AT, owner_of, program, the_partner
from tests.notices.readers import OWNER, send

pytestmark = pytest.mark.django_db
MOVED = NoticeKind.LEAD_MOVED


@pytest.fixture(autouse=True)
def a_program(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://partners.example"
    program()
    Program.objects.update(
        name="Oak Program", company_name="Oak, Inc.", company_address="1 Oak Street", company_email="hello@oak.example"
    )
    owner_of("ada")


def a_notice(
    kind: NoticeKind = MOVED, *, body: str = "It is.", path: str = "/leads/1/", subject: str = "Oak"
) -> Notice:
    tell_partner(
        partner=the_partner("ada"), kind=kind, key="k", subject=subject, paragraphs=[body], path=path, at=AT
    )  # fmt: skip
    return Notice.objects.get(recipient=OWNER)


def sent() -> EmailMultiAlternatives:
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def html_of(message: EmailMultiAlternatives) -> str:
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def test_it_goes_out_once() -> None:
    notice = a_notice()
    assert send(notice)
    assert not send(notice)
    assert sent().to == [OWNER]
    notice.refresh_from_db()
    assert (notice.sent_at, notice.error, notice.tries) == (AT, "", 1)


def test_it_says_the_same_in_text_and_html() -> None:
    send(a_notice(body="Sales has looked at it.", subject="Oak is qualified"))
    message = sent()
    assert message.subject == "Oak is qualified"
    assert message.reply_to == ["hello@oak.example"]
    for text in (str(message.body), html_of(message)):
        for said in (
            "Sales has looked at it.", "https://partners.example/leads/1/", "Open the lead", "Oak Program",
            "Ada Partners", "Oak, Inc.", "1 Oak Street", "https://partners.example/notices/off/",
            "https://partners.example/settings/notifications/",
        ):  # fmt: skip
            assert said in text


def test_what_somebody_typed_is_text_in_the_html_too() -> None:
    send(a_notice(body="<script>alert(1)</script> & <b>Oak</b>", subject="<img src=x>"))
    html = html_of(sent())
    assert "<script>" not in html
    assert "<img" not in html
    assert "<script>alert(1)</script> & <b>Oak</b>" in str(sent().body)


def test_what_may_be_off_has_the_one_click_headers() -> None:
    send(a_notice())
    headers = sent().message()
    off = str(headers["List-Unsubscribe"])
    assert off.startswith("<https://partners.example/notices/off/")
    assert off.endswith("/>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("kind", [NoticeKind.CHARGEBACK, NoticeKind.TERMINATION, NoticeKind.PAYOUT_FAILED])
def test_what_must_be_told_offers_no_way_out(kind: NoticeKind) -> None:
    send(a_notice(kind))
    assert "List-Unsubscribe" not in sent().message()
    assert "/notices/off/" not in str(sent().body) + html_of(sent())


def test_a_link_is_absent_where_there_is_nothing_to_open() -> None:
    send(a_notice(path=""))
    assert "Open the lead" not in str(sent().body)


def test_it_can_be_parsed_again_with_any_letters() -> None:
    send(a_notice(body="مرحبا — " + "长" * 3000, subject="Übergröße «Öl» 长"))
    message = sent().message()
    assert not isinstance(message, Parsed)
    assert b"\nBcc" not in message.as_bytes()
    assert "长" * 3000 in str(sent().body)


class Refusing(BaseEmailBackend):
    """A mail server that fails as `error` says."""

    error: Exception = OSError()

    def send_messages(self, email_messages: Any) -> int:
        raise self.error


FAILURES = [
    ConnectionRefusedError("nobody there"),
    TimeoutError("too slow"),
    smtplib.SMTPServerDisconnected("gone"),
    smtplib.SMTPRecipientsRefused({OWNER: (550, b"no such user")}),
    smtplib.SMTPAuthenticationError(535, b"no"),
    UnicodeEncodeError("ascii", "ü", 0, 1, "no"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failing_mail_server_loses_nothing(
    error: Exception, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice, working = a_notice(), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "error", error)
    assert not send(notice)
    notice.refresh_from_db()
    assert (notice.sent_at, notice.tries) == (None, 1)
    assert type(error).__name__ in notice.error
    settings.EMAIL_BACKEND = working
    assert not send(notice)  # Not before a pause is over.
    later = AT + PAUSE + timedelta(seconds=1)
    assert send_notice(notice_id=notice.pk, letterhead=letterhead(), at=later)
    notice.refresh_from_db()
    assert (notice.sent_at, notice.error) == (later, "")


def test_after_so_many_tries_it_is_parked_and_the_others_go_out(settings: Settings) -> None:
    notice, working, at = a_notice(), settings.EMAIL_BACKEND, AT
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for _ in range(TRIES):
        send_notice(notice_id=notice.pk, letterhead=letterhead(), at=at)
        at += PAUSE
    settings.EMAIL_BACKEND = working
    assert list(Notice.objects.parked()) == [notice]
    assert not send_notice(notice_id=notice.pk, letterhead=letterhead(), at=at + PAUSE)
    assert mail.outbox == []


def test_an_address_that_no_header_can_hold_stops_nobody_else() -> None:
    for number, recipient in enumerate(("a@x.example\nBcc: all@x.example", "good@x.example")):
        tell_person(
            recipient=recipient, kind=NoticeKind.SECURITY, key=f"s{number}", subject="S", paragraphs=["P"], at=AT
        )  # fmt: skip
    sweep_notices()
    assert sent().to == ["good@x.example"]
    assert Notice.objects.get(key="s0").error


def test_a_sweep_sends_what_is_due_in_its_order() -> None:
    for number in range(3):
        tell_person(
            recipient="a@x.example", kind=NoticeKind.SECURITY, key=f"s{number}", subject=f"S{number}",
            paragraphs=["P"], at=AT,
        )  # fmt: skip
    sweep_notices()
    sweep_notices()
    assert [message.subject for message in mail.outbox] == ["S0", "S1", "S2"]
