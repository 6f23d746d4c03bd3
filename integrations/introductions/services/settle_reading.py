from datetime import datetime
from typing import Any

from accounts.models import User
from integrations.introductions.models import Reading, State, Why

S = State
MOVES = {
    S.NEW: {S.LEAD, S.JOINED, S.WAITS, S.LEFT, S.FAILED},
    S.WAITS: {S.LEAD, S.JOINED, S.LEFT, S.NEW},
    S.LEFT: {S.LEAD, S.JOINED, S.NEW},
    S.FAILED: {S.JOINED, S.LEFT, S.NEW},
    S.LEAD: {S.LEFT},
    S.JOINED: {S.LEFT},
}


class SettledMeanwhile(Exception):
    """Somebody else decided about the message since it was looked at, or it cannot become that."""


def settle_reading(
    reading: Reading, *, to: State, why: Why, at: datetime, by: User | None = None, **told: Any
) -> Reading:
    """This function will say what becomes of a message; the caller has locked it.

    :raises SettledMeanwhile: from what it is now it cannot become that
    """
    if to not in MOVES[State(reading.state)]:
        raise SettledMeanwhile(f"It is at “{reading.get_state_display()}” already")
    reading.state, reading.why = to, why
    reading.settled_by, reading.error = by, ""
    if to == State.NEW:
        reading.tries, reading.next_at = 0, at
    for name, value in told.items():
        setattr(reading, name, value)
    reading.save()
    return reading
