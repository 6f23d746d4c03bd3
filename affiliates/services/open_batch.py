from datetime import date, datetime

from django.db import connection

from accounts.models import User
from affiliates.models import FactBatch

# Any number will do, as long as nothing else in the database takes the same advisory lock.
RECORDING = 7_040_001


def wait_for_turn() -> None:
    """This function will wait until nobody else is recording facts, and hold the turn until the commit.

    One at a time, so that sums are checked against what is really there, and so that batches are numbered
    in the order of their commits.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RECORDING])


def open_batch(
    *, source: str, by: User | None, at: datetime, earliest: date | None, counts: dict[str, int] | None = None
) -> FactBatch:
    """This function will number a recording of facts; call it inside the recording's own transaction."""
    wait_for_turn()
    return FactBatch.objects.create(recorded_at=at, by=by, source=source[:200], earliest=earliest, counts=counts or {})
