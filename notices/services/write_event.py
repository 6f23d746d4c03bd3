"""Events enter the outbox, and with them what is to be delivered: all in the transaction of the step."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from notices.models import EventKind
from notices.services.sweep_soon import sweep_soon

# What happened becomes events, and each event a delivery to every endpoint that wants to know.
WRITE = """
    WITH event AS (
        INSERT INTO notices_event (kind, partner_id, subject, at, data)
        SELECT kind, partner_id, subject, %(at)s, data FROM ({happened}) AS happened
        RETURNING id, kind, partner_id, subject, at
    ), delivery AS (
        INSERT INTO notices_webhookdelivery (endpoint_id, event_id, subject, state, tries, next_at)
        SELECT endpoint.id, event.id, event.subject, 'due', 0, event.at
        FROM event JOIN notices_webhookendpoint AS endpoint
          ON endpoint.is_on
             AND (endpoint.partner_id IS NULL OR endpoint.partner_id = event.partner_id)
             AND (endpoint.kinds = '{{}}' OR event.kind = ANY (endpoint.kinds))
        ORDER BY event.id
        RETURNING id
    )
    SELECT (SELECT count(*) FROM event), EXISTS (SELECT FROM delivery)
"""
GIVEN = """
    SELECT kind, partner_id, subject, data::jsonb AS data
    FROM unnest(%(kinds)s::text[], %(partners)s::bigint[], %(subjects)s::text[], %(data)s::text[])
         WITH ORDINALITY AS given (kind, partner_id, subject, data, place)
    ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to what, and to which partner; `data` is what a reader needs to know at once."""

    partner_id: int | None
    subject: str
    data: dict[str, Any] = field(default_factory=dict)


def write_event(*, kind: EventKind, partner_id: int | None, subject: str, at: datetime, **data: Any) -> None:
    """This function will write one event; call it in the transaction of the step that it tells of.

    Days and amounts in `data` are kept as text, as the API writes them; what is None is left out.
    """
    write_events(kind=kind, happenings=[Happening(partner_id, subject, data)], at=at)


def write_events(*, kind: EventKind, happenings: Iterable[Happening], at: datetime) -> int:
    """This function will write the events of many subjects in one statement, and count them."""
    listed = list(happenings)
    if not listed:
        return 0
    return write_events_of(
        GIVEN,
        at=at,
        kinds=[kind.value] * len(listed),
        partners=[each.partner_id for each in listed],
        subjects=[each.subject for each in listed],
        data=[json.dumps(_as_kept(each.data)) for each in listed],
    )


def write_events_of(happened: str, *, at: datetime, **parameters: Any) -> int:
    """This function will write an event for each row that a query gives, in one statement, and count them.

    The query's columns are `kind`, `partner_id`, `subject` and `data`, a JSON object; its order is the events'.
    """
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(happened=happened), {"at": at, **parameters})
        count, is_due = cursor.fetchone()
    if is_due:
        sweep_soon()
    return int(count)


def _as_kept(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _text(value) for key, value in data.items() if value is not None}


def _text(value: Any) -> Any:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value)
