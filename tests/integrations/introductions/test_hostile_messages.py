"""Whatever is sent: it is kept, it ends with a reason, it makes no lead that it should not, and nothing hangs."""

import base64
import resource
import time

import pytest

from integrations.introductions import apart
from integrations.introductions.apart import read_apart
from integrations.introductions.letter import SECONDS, CannotRead, as_text, read
from integrations.introductions.models import LARGEST, TRIES, Reading, Source, State, Why
from integrations.introductions.services import read_message as reading_service
from integrations.introductions.services.read_message import read_message
from integrations.introductions.services.receive_message import NoMessage, receive_message
from referrals.models import Lead
from tests.cast import AT
from tests.integrations.introductions.writing import ADA, PASS, US, arrive, became, told, written

pytestmark = pytest.mark.django_db
ENOUGH = 2 * SECONDS  # Of the processor: whoever reads ends by itself after half of it.


def spent() -> float:
    """The processor's seconds so far of all processes that read for this one: the clock's depend on the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def nested(depth: int) -> bytes:
    """Parts in each other."""
    text = b"Content-Type: text/plain\n\nhi\n"
    for number in range(depth):
        edge = b"b%d" % number
        text = b"Content-Type: multipart/mixed; boundary=%b\n\n--%b\n%b\n--%b--\n" % (edge, edge, text, edge)
    return text


def messages_in_messages(depth: int) -> bytes:
    return b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(depth)) + b"Subject: x\n\nhi"


HEAD = f"{PASS}From: {ADA}\nCc: {US}\n".encode()
TO = b"To: Dana <dana@acme.com>\n"
UNREADABLE = {
    "nested 30 deep": HEAD + TO + nested(30),
    "nested 5,000 deep": HEAD + TO + nested(5000),
    "100,000 headers": HEAD + TO + b"".join(b"X-%d: a\n" % number for number in range(100_000)) + b"\nhi",
    "2,000 short headers": HEAD + TO + b"A: b\n" * 2000 + b"\nhi",
    "a header of 1 MB": HEAD + b"To: " + b"a" * 1_000_000 + b"\n\nhi",
    "a header of 100 kB in lines": HEAD + b"To: " + b"dana@acme.com,\n " * 7000 + b"x@acme.com\n\nhi",
    "1,000 parts": HEAD + TO + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nhi\n" * 1000 + b"--b--",
    "no headers": b"hello\n\nthere",
    "only noise": bytes(range(256)) * 100,
    "only zeros": b"\0" * 100_000,
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_beyond_the_bounds_is_kept_with_its_reason(raw: bytes) -> None:
    told()
    began = spent()
    reading = arrive(raw)
    assert spent() - began < ENOUGH
    assert became(reading) == (State.LEFT, Why.MALFORMED)
    assert reading.details
    assert bytes(reading.message.raw) == raw
    assert not Lead.objects.exists()


PLAIN = b"Content-Type: text/plain\n\nhi"
ODD = {
    "deep comments": HEAD + TO + b"Content-Type: text/plain; x=" + b"(" * 20_000 + b"\n\nhi",
    "messages in messages": HEAD + TO + messages_in_messages(15),
    "an unknown charset": HEAD + TO + b"Content-Type: text/plain; charset=klingon\n\nhi \xff\xfe",
    "a charset that is no text": HEAD + TO + b"Content-Type: text/plain; charset=base64\n\nhi",
    "a charset of 1,000 letters": HEAD + TO + b"Content-Type: text/plain; charset=" + b"x" * 1000 + b"\n\nhi",
    "broken base64": HEAD + TO + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n%%%=A=\n=",
    "an unknown encoding": HEAD + TO + b"Content-Type: text/plain\nContent-Transfer-Encoding: x-odd\n\nhi",
    "zeros in the text": HEAD + TO + b"Subject: a\0b\nContent-Type: text/plain\n\na\0b\x1b[31m",
    "zeros in base64": HEAD + TO + b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    + base64.b64encode(b"a\0b"),
    "halves of characters": HEAD + TO + b"Subject: =?utf-7?Q?+2AA-?=\nContent-Type: text/plain; charset=utf-7\n\n+2AA-",
    "odd encoded words": HEAD + TO + b"Subject: =?utf-8?B?%%%?= =?x?y?z?= =?utf-8?Q?=ZZ?= =?=\n" + PLAIN,
    "no boundary": HEAD + TO + b"Content-Type: multipart/mixed\n\nhi",
    "an open part": HEAD + TO + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi",
    "an odd type": HEAD + TO + b"Content-Type: ;;;/=\n\nhi",
    "an odd date": HEAD + TO + b"Date: the 99th of Nevermber\n" + PLAIN,
    "an odd file's name": HEAD + TO + b"Content-Type: x/y; name*0*=klingon'x'%ff; name*1=\"../../etc\"\n\nhi",
    "300 addresses": HEAD + b"To: " + b", ".join(b"p%d@acme.com" % number for number in range(300)) + b"\n" + PLAIN,
    "a group": HEAD + b"To: Friends: Dana <dana@acme.com>, eve@acme.com;\n" + PLAIN,
    "broken addresses": HEAD + b"To: <<a@@b>>, \"open <x@y.z>, @, a@, (, dana@acme.com\n" + PLAIN,
    "only a carriage return": (HEAD + TO + PLAIN).replace(b"\n", b"\r\n").replace(b"\r\nhi", b"\r\r\nhi"),
    "eight bits in headers": HEAD + b"To: J\xfcrgen <j@acme.com>\nSubject: \xff\xfe\n" + PLAIN,
    "HTML without an end": HEAD + TO + b"Content-Type: text/html\n\n" + b"<div " * 20_000,
    "HTML with open marks": HEAD + TO + b"Content-Type: text/html\n\n" + b"<!--" * 20_000 + b"<![" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_what_is_odd_ends_somewhere_and_can_be_shown(raw: bytes) -> None:
    told()
    began = spent()
    reading = arrive(raw)
    assert spent() - began < ENOUGH
    assert reading.state in (State.LEAD, State.WAITS, State.LEFT)
    assert not reading.error
    assert Lead.objects.count() == (reading.state == State.LEAD)


def test_nothing_is_no_message() -> None:
    for raw in (b"", b" \n\n"):
        with pytest.raises(NoMessage):
            receive_message(raw=raw, source=Source.COMMAND, at=AT)
    assert not Reading.objects.exists()


def test_of_a_message_that_is_too_large_only_the_headers_are_kept() -> None:
    told()
    reading = arrive(written(text="x" * LARGEST))
    assert became(reading) == (State.LEFT, Why.TOO_LARGE)
    assert (reading.message.is_whole, len(reading.message.raw) < 2000, reading.sender) == (False, True, ADA)
    assert "10.0 MB" in reading.details
    assert not Lead.objects.exists()


def test_the_largest_that_is_kept_is_read() -> None:
    told()
    began = spent()
    filler = base64.encodebytes(b"x" * 7_000_000)
    raw = (
        HEAD + TO + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n--b\n"
        b"Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n"
        b"Content-Transfer-Encoding: base64\n\n"
        + filler + b"\n--b--\n"
    )  # fmt: skip
    assert len(raw) < LARGEST
    reading = arrive(raw)
    assert spent() - began < ENOUGH
    assert reading.state == State.LEAD
    assert reading.written is not None
    assert [(each.name, each.size) for each in reading.written.attachments] == [("a.pdf", 7_000_000)]


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PROGRAM", ("sleep", "60"))
    monkeypatch.setattr(apart, "PATIENCE", 0.3)
    with pytest.raises(CannotRead, match="in time"):
        read_apart(b"x")


def test_a_process_that_crashes_takes_nobody_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PROGRAM", ("sh", "-c", "kill -SEGV $$"))
    with pytest.raises(CannotRead, match="time and memory"):
        read_apart(b"x")


def test_what_cannot_be_worked_is_parked_with_its_error_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told()

    def break_down(*args: object, **told: object) -> None:
        raise ValueError("a mistake of ours")

    message = receive_message(raw=written(), source=Source.COMMAND, at=AT)
    with monkeypatch.context() as broken:
        broken.setattr(reading_service, "understand", break_down)
        for number in range(TRIES + 1):
            at = AT.replace(hour=12 + number)
            read_message(message_id=message.pk, clock=lambda at=at: at)  # type: ignore[misc]
    failed = Reading.objects.get(pk=message.pk)
    assert (failed.state, failed.tries, failed.details) == (State.FAILED, TRIES, "ValueError: a mistake of ours")
    assert arrive(written(to="bob@birchwood.io")).state == State.LEAD


def test_scripts_and_pictures_are_no_text() -> None:
    html = "<style>x</style><p>Hi&nbsp;<b>Dana</b></p><script>alert(1)</script><img src=x onerror=alert(1)>bye<br>now"
    assert as_text(html) == "Hi Dana\nbye\nnow"
    assert as_text("<html><head><meta charset=utf-8><style>x</style><body><p>Hi</p>") == "Hi"  # Ends may be left out.


SLOW_OR_ODD = {
    "open tags": ("<div " * 200_000, "<div <div"),
    "open ends": ("</div " * 150_000, "</div </div"),
    "open comments": ("<!--" * 200_000, "<!--<!--"),
    "open sections": ("<![" * 200_000, "<!<!"),
    "open quotes": ('<a b="' * 150_000, '<a b="<a'),
    "a section that HTML does not have": ("Hi <![odd[x]]>Dana<![if !supportLists]>, hello<![endif]>", "Hi Dana, hello"),
    "comments": ("<!-- <p>not</p> --><!--[if mso]><p>not</p><![endif]-->Hi<!----> Dana", "Hi Dana"),
    "less than": ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
}


@pytest.mark.parametrize(("html", "begins"), SLOW_OR_ODD.values(), ids=SLOW_OR_ODD)
def test_no_html_is_slow_or_unreadable(html: str, begins: str) -> None:
    began = time.process_time()
    assert as_text(html).startswith(begins)
    assert time.process_time() - began < SECONDS


def test_headers_are_read_as_they_stand() -> None:
    found = read(b"From: a@b.example\nSubject: one\nSubject: two\nTo: c@d.example\nTo: e@f.example\n\nhi")
    assert (found.subject, [each.email for each in found.to]) == ("one", ["c@d.example", "e@f.example"])
