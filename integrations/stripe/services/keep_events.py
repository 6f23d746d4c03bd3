from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from integrations.stripe.models import Source
from integrations.stripe.models.event import is_ours

# What is known already stays, and its work is not asked for again.
KEEP = """
    WITH added AS (
        INSERT INTO stripe_stripeevent
            (key, source, type, api_version, is_live, account, object_id, created, received_at, body)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (key) DO NOTHING
        RETURNING id
    ), to_work AS (
        INSERT INTO stripe_eventtowork (event_id, due_at, tries, error) SELECT id, %s, 0, '' FROM added WHERE %s
    )
    SELECT id FROM added
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
    account: str = ""


def keep_events(events: Sequence[NewEvent], *, at: datetime) -> int:
    """This function will keep events word for word, each once; how many were new.

    Those that facts follow from are worked later; others are only kept.
    """
    new = 0
    with connection.cursor() as cursor:
        for event in events:
            cursor.execute(
                KEEP,
                (
                    event.key, event.source.value, event.type, event.api_version, event.is_live, event.account,
                    event.object_id, event.created, at, event.body, at,
                    is_ours(is_live=event.is_live, account=event.account),
                ),
            )  # fmt: skip
            new += cursor.rowcount
    return new
