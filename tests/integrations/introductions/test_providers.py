"""What mail providers send, in the shapes that they publish, through django-anymail's doors."""

import base64
import hashlib
import hmac
import io
import json
import time
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.introductions.models import Message, Reading, State
from integrations.introductions.proof import prove
from integrations.introductions.providers import findings_of, parcels_of
from integrations.introductions.services.read_message import read_message
from integrations.introductions.urls import urlpatterns
from tests.integrations.introductions.writing import ADA, PASS, letter, told, written

pytestmark = pytest.mark.django_db
SECRET, KEY = "user:secret", "key-1234567890"
BASIC = f"Basic {base64.b64encode(SECRET.encode()).decode()}"
AT = "/integrations/introductions/anymail"
MAILGUN, POSTMARK = f"{AT}/mailgun/inbound_mime/", f"{AT}/postmark/inbound/"


@pytest.fixture(autouse=True)
def connected(settings: Settings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def mailgun(raw: bytes, *, key: str = KEY, **told: str) -> dict[str, str]:
    moment, token = str(int(time.time())), "a" * 50
    signed = hmac.new(key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "recipient": "introductions@hello.example", "sender": ADA, "from": f"Olga <{ADA}>", "subject": "Intro",
        "body-mime": raw.decode(), "timestamp": moment, "token": token, "signature": signed,
    } | told  # fmt: skip


def postmark(raw: bytes | None, **told: Any) -> dict[str, Any]:
    full = {"Email": ADA, "Name": "Olga Owner", "MailboxHash": ""}
    event = {
        "FromName": "Olga Owner", "MessageStream": "inbound", "From": ADA, "FromFull": full, "To": "dana@acme.com",
        "ToFull": [{"Email": "dana@acme.com", "Name": "Dana", "MailboxHash": ""}],
        "Cc": "introductions@hello.example", "CcFull": [{"Email": "introductions@hello.example", "Name": ""}],
        "Bcc": "", "BccFull": [], "OriginalRecipient": "introductions@hello.example", "Subject": "Intro",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b", "ReplyTo": "", "MailboxHash": "",
        "Date": "Thu, 1 Oct 2026 10:00:00 +0000", "TextBody": "Meet Dana.", "HtmlBody": "", "StrippedTextReply": "",
        "Tag": "", "Attachments": [],
        "Headers": [
            {"Name": "Return-Path", "Value": f"<{ADA}>"},
            {"Name": "Authentication-Results", "Value": PASS.partition(": ")[2].strip()},
            {"Name": "X-Spam-Status", "Value": "No"},
            {"Name": "Message-ID", "Value": "<postmark-1@people.example>"},
        ],
    }  # fmt: skip
    return event | ({"RawEmail": raw.decode()} if raw is not None else {}) | told


def post(address: str, data: dict[str, Any], *, as_json: bool = False, password: str = BASIC) -> int:
    headers = {"Authorization": password}
    if as_json:
        answer = Client().post(address, json.dumps(data), content_type="application/json", headers=headers)
    else:
        answer = Client().post(address, data, headers=headers)
    return answer.status_code


def read_all() -> list[Reading]:
    for key in Reading.objects.values_list("pk", flat=True):
        read_message(message_id=key, clock=timezone.now)
    return list(Reading.objects.select_related("message", "lead").order_by("pk"))


def test_mailgun_brings_a_message_as_it_is() -> None:
    told()
    assert post(MAILGUN, mailgun(letter("gmail"))) == 200
    (reading,) = read_all()
    assert reading.state == State.LEAD
    assert bytes(reading.message.raw) == letter("gmail")
    assert (reading.message.envelope_sender, reading.message.envelope_recipient) == (ADA, "introductions@hello.example")


def test_what_is_not_signed_by_mailgun_is_refused() -> None:
    told()
    assert post(MAILGUN, mailgun(letter("gmail"), key="another")) == 400
    assert post(MAILGUN, {"body-mime": letter("gmail").decode()}) == 400
    assert post(MAILGUN, mailgun(letter("gmail")), password="Basic eDp5") == 400
    assert not Message.objects.exists()


def test_postmark_brings_it_raw_or_in_pieces() -> None:
    told()
    assert post(POSTMARK, postmark(letter("apple")), as_json=True) == 200
    assert post(POSTMARK, postmark(None), as_json=True) == 200
    raw, composed = read_all()
    assert (raw.state, composed.state) == (State.LEAD, State.LEAD)
    assert (composed.email, composed.named) == ("dana@acme.com", "<postmark-1@people.example>")
    assert composed.message.envelope_sender == ADA


def test_postmark_without_the_password_is_refused() -> None:
    told()
    for header in ("", "Basic eDp5", "Bearer x"):
        assert post(POSTMARK, postmark(letter("apple")), as_json=True, password=header) == 400
    assert not Message.objects.exists()


def test_what_a_provider_found_beside_the_message_proves_it() -> None:
    event = {
        "mail": {"source": "bounce@other.example"},
        "receipt": {"dmarcVerdict": {"status": "PASS"}, "spfVerdict": {"status": "FAIL"}},
    }
    found = findings_of("Amazon SES", event)
    assert prove(ADA, verdicts=[], trusted=[], provider=found).is_good
    event["receipt"] = {"dmarcVerdict": {"status": "GRAY"}, "spfVerdict": {"status": "PASS"}}
    assert not prove(ADA, verdicts=[PASS], trusted=[], provider=findings_of("Amazon SES", event)).is_good
    assert findings_of("Postmark", {}) == ()


def test_mandrill_brings_several_at_once() -> None:
    told = {"raw_msg": "From: a@b.example\n\nhi", "email": "us@hello.example", "sender": ADA, "spf": {"result": "pass"}}
    events = json.dumps([{"event": "inbound", "ts": 1, "msg": told}] * 2)
    request = RequestFactory().post("/", {"mandrill_events": events})
    first, second = parcels_of("Mandrill", request)
    assert (first, first.raw, first.sender) == (second, b"From: a@b.example\n\nhi", ADA)
    assert first.findings == ({"method": "spf", "result": "pass", "domain": "people.example"},)


def test_a_return_path_that_is_empty_is_a_bounce() -> None:
    told()
    post(MAILGUN, mailgun(written(), sender=""))
    (reading,) = read_all()
    assert (reading.state, reading.why) == (State.LEFT, "bounce")


def test_what_the_provider_calls_spam_waits_for_a_person() -> None:
    told()
    post(MAILGUN, mailgun(written(), **{"X-Mailgun-Sflag": "Yes"}))
    (reading,) = read_all()
    assert (reading.state, reading.why, reading.may_become_lead) == (State.WAITS, "spam", False)


def test_without_a_secret_there_is_no_door(settings: Settings) -> None:
    settings.ANYMAIL = {}
    assert post(POSTMARK, postmark(letter("apple")), as_json=True) == 404
    assert Client().get(POSTMARK).status_code == 404
    assert not Message.objects.exists()


class Untouched(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read before the caller was known")


@pytest.mark.parametrize("header", ["", "Basic eDp5", "Basic ÿ", "Bearer x", "Basic " + "x" * 5000])
@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: str(pattern.pattern))
def test_no_door_opens_without_the_secret_nor_reads_what_is_sent(pattern: URLPattern, header: str) -> None:
    """Those that are not connected are not there; none fails, whatever is sent however."""
    address = f"/integrations/introductions/{pattern.pattern}"
    for kind in ("application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        body: dict[str, Any] = {"wsgi.input": Untouched(), "CONTENT_LENGTH": "2000000000"}
        answer = Client().generic("POST", address, b"", content_type=kind, headers={"Authorization": header}, **body)
        assert answer.status_code in (400, 404)
    assert Client().get(address).status_code in (200, 404, 405)
    assert not Message.objects.exists()


def test_a_provider_without_its_own_key_has_no_door(settings: Settings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    for name in ("mailgun/inbound_mime", "mandrill", "brevo/inbound", "amazon_ses/inbound"):
        assert Client().post(f"{AT}/{name.rstrip('/')}/", {}, headers={"Authorization": BASIC}).status_code == 404


def test_the_same_call_again_stores_nothing_again() -> None:
    told()
    for _ in range(3):
        assert post(MAILGUN, mailgun(letter("gmail"))) == 200
    assert Message.objects.count() == 1


HOSTILE = {
    "comments": b"Content-Type: " + b"(" * 30_000 + b"\n\nhi",
    "a long type": b"Content-Type: text/plain" + b"; a=b" * 50_000 + b"\n\nhi",
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: " + b"a/(" * 9000 + b"\n\nhi",
    "100,000 headers": b"".join(b"X-%d: a\n" % number for number in range(100_000)),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_are_stored_at_once(raw: bytes) -> None:
    told()
    began = time.monotonic()
    assert post(MAILGUN, mailgun(raw)) == 200
    assert post(POSTMARK, postmark(raw), as_json=True) == 200
    assert time.monotonic() - began < 5
    assert Message.objects.count() == 1
    (reading,) = read_all()
    assert reading.state == State.LEFT


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff", b'{"RawEmail": 5}', b'{"Headers": [1]}'])
def test_a_call_of_another_shape_stores_nothing(body: bytes) -> None:
    told()
    browser = Client(raise_request_exception=False)
    answer = browser.post(POSTMARK, body, content_type="application/json", headers={"Authorization": BASIC})
    assert answer.status_code in (200, 400)
    assert Message.objects.filter(size__gt=1000).count() == 0


def test_a_message_of_many_megabytes_comes_through() -> None:
    told()
    assert post(MAILGUN, mailgun(written(text="x" * 9_000_000))) == 200
    assert Message.objects.get().size > 9_000_000


def test_only_inbound_mail_has_doors() -> None:
    assert Client().post(f"{AT}/postmark/tracking/", b"{}", content_type="application/json").status_code == 404
