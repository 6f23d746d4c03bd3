from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from integrations.stripe.models import Source

# What is known already stays, and its work is not asked for again.
KEEP = """
    WITH added AS (
        INSERT INTO stripe_stripeevent
            (key, source, type, api_version, is_live, object_id, created, received_at, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    )
    INSERT INTO stripe_eventtowork (event_id, due_at, tries, error) SELECT id, %s, 0, '' FROM added
"""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What is to be kept of an event, or of an object that was read; see `StripeEvent`."""

    key: str
    source: Source
    type: str
    api_version: str
    is_live: bool
    object_id: str
    created: datetime
    body: str


def keep_events(events: Sequence[NewEvent], *, at: datetime) -> int:
    """This function will keep events word for word, each once, to be worked later; how many were new."""
    new = 0
    with connection.cursor() as cursor:
        for event in events:
            cursor.execute(
                KEEP,
                (
                    event.key, event.source.value, event.type, event.api_version, event.is_live, event.object_id,
                    event.created, at, event.body, at,
                ),
            )  # fmt: skip
            new += cursor.rowcount
    return new
