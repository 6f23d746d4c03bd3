import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.introductions.letter import MOST_HEADER_BYTES
from integrations.introductions.models import LARGEST, Source, State
from integrations.introductions.services.read_message import read_message
from integrations.introductions.services.receive_message import NoMessage, receive_message

CHUNK = 1 << 20


class Command(BaseCommand):
    help = "Takes one e-mail message from standard input, and says what became of it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0: taken, with a line that says as what; 1: there was no message, or it could not be worked."""
        raw, size = _read()
        try:
            message = receive_message(raw=raw, size=size, source=Source.COMMAND, at=timezone.now())
        except NoMessage as refused:
            raise CommandError(f"{refused}.") from refused
        reading = read_message(message_id=message.pk, clock=timezone.now)
        if reading is None:
            message.reading.refresh_from_db()
            reading = message.reading
        if reading.error or reading.state == State.FAILED:
            raise CommandError(f"Message {message.pk} is kept and tried again: {reading.error}")
        lead = f" ({reading.lead}, lead {reading.lead_id})" if reading.lead_id else ""
        why = f": {reading.get_why_display()}" if reading.why else ""
        self.stdout.write(f"Message {message.pk}: {reading.get_state_display()}{why}{lead}")


def _read() -> tuple[bytes, int]:
    """All of the message where it is kept whole, else its beginning, with its size."""
    stream = sys.stdin.buffer
    raw = stream.read(LARGEST + 1)
    size = len(raw)
    if size > LARGEST:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
        raw = raw[:MOST_HEADER_BYTES]
    return raw, size
