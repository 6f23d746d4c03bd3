"""Messages as people's programs write them, and what became of them, told in few words."""

from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from affiliates.models import Program
from integrations.introductions.models import Reading, Source
from integrations.introductions.services.read_message import read_message
from integrations.introductions.services.receive_message import receive_message
from tests.cast import AT, owner_of, program

LETTERS = Path(__file__).parent / "letters"
US = "introductions@hello.example"
HOST = "mx.hello.example"
ADA = "owner.of.ada@people.example"
PASS = f"Authentication-Results: {HOST}; dmarc=pass header.from=people.example\n"
FAIL = f"Authentication-Results: {HOST}; dmarc=fail header.from=people.example\n"
COUNTER = iter(range(10**9))


def told() -> None:
    """A program with Ada and Ben, each with an owner, and the company's own address."""
    program()
    Program.objects.update(company_email="team@hello.example", company_name="Hello, Inc.")
    owner_of("ada")
    owner_of("ben")


def written(
    *,
    sender: str = f"Olga Owner <{ADA}>",
    to: str = "Dana Fox <dana@acme-logistics.com>",
    cc: str = US,
    subject: str = "Intro: Dana, meet the team",
    text: str = "Dana of Acme Logistics Inc. would like a demo.",
    proof: str = PASS,
    more: str = "",
    name: str = "",
) -> bytes:
    """A plain message; `more` are further headers, each with its line's end."""
    head = f"{proof}From: {sender}\n" if sender else proof
    head += f"To: {to}\n" if to else ""
    head += f"Cc: {cc}\n" if cc else ""
    name = name or f"<{next(COUNTER)}@mail.example>"
    head += f"Subject: {subject}\nMessage-ID: {name}\nDate: Thu, 1 Oct 2026 10:00:00 +0000\n{more}"
    return f"{head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def letter(name: str) -> bytes:
    """One of the kept messages."""
    return (LETTERS / f"{name}.eml").read_bytes()


def arrive(
    raw: bytes, *, at: datetime = AT, source: Source = Source.COMMAND, recipient: str = "", sender: str | None = None
) -> Reading:
    """What becomes of a message that comes and is read."""
    message = receive_message(raw=raw, source=source, at=at, envelope_recipient=recipient, envelope_sender=sender)
    read_message(message_id=message.pk, clock=lambda: at + timedelta(seconds=1))
    return Reading.objects.select_related("lead", "partner", "message").get(pk=message.pk)


def became(reading: Reading) -> tuple[str, str]:
    return reading.state, reading.why


def now() -> datetime:
    return timezone.now()
