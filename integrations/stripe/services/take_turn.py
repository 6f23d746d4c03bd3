from django.db import connection

# Any number will do, as long as nothing else in the database takes the same advisory lock.
WORKING = 7_040_021


def is_my_turn() -> bool:
    """This function will take the turn of working on Stripe's objects until the commit, unless somebody else has it.

    One at a time, in large batches: facts are recorded one at a time in any case.
    """
    return _take("pg_try_advisory_xact_lock")


def wait_for_my_turn() -> None:
    """This function will wait for the turn of working on Stripe's objects, and hold it until the commit."""
    _take("pg_advisory_xact_lock")


def _take(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [WORKING])
        return bool(cursor.fetchone()[0])
