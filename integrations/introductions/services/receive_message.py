import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import transaction

from integrations.introductions.letter import MOST_HEADER_BYTES
from integrations.introductions.models import LARGEST, Message, Reading, Source

SWEEP = "integrations.introductions.tasks.sweep_messages"


class NoMessage(Exception):
    """There is nothing in it."""


def receive_message(
    *,
    raw: bytes,
    source: Source,
    at: datetime,
    size: int = 0,
    envelope_sender: str | None = None,
    envelope_recipient: str = "",
    is_spam: bool = False,
    findings: Sequence[dict[str, Any]] = (),
) -> Message:
    """This function will store a message as it came, to be read by the queue; the same bytes are stored once.

    Of one that is larger than `LARGEST` only the headers are kept. `size` is its real size where `raw` is only its
    beginning. `envelope_sender` is empty for a bounce, and None where it is not known.

    :raises NoMessage: it is empty
    """
    if not raw.strip():
        raise NoMessage("There is no message in it")
    size = max(size, len(raw))
    kept = raw if size <= LARGEST else _headers(raw)
    digest = hashlib.sha256(kept).hexdigest()
    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            digest=digest,
            defaults={
                "raw": kept,
                "size": size,
                "is_whole": size <= LARGEST,
                "source": source,
                "envelope_sender": None if envelope_sender is None else _plain(envelope_sender),
                "envelope_recipient": _plain(envelope_recipient),
                "is_spam": is_spam,
                "findings": list(findings),
                "received_at": at,
            },
        )
        if is_new:
            Reading.objects.create(message=message, next_at=at)
            transaction.on_commit(_sweep, robust=True)
    return message


def _headers(raw: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", raw[:MOST_HEADER_BYTES], maxsplit=1)[0]


def _plain(address: str) -> str:
    return re.sub(r"[\x00-\x20<>]", "", address)[:320]


def _sweep() -> None:
    """A message to the queue that gets lost costs a minute and nothing else: the schedule finds what is due."""
    current_app.signature(SWEEP).delay()
