from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from psycopg2.errors import LockNotAvailable

from commissions.engine.inputs import Scope, gather
from commissions.engine.post import post
from commissions.engine.touched import find_touched
from commissions.models import Run, RunPart, RunState

TRIES = 3
MOMENT = "1s"


def compute_part(*, part_id: int, at: datetime) -> bool:
    """This function will compute one part of a run, in one transaction, and say whether it did.

    It does nothing where the part is done, gone, or being computed by somebody else, so a message that
    comes twice does no harm. A part that fails keeps its error, and fails the run after three tries.
    """
    try:
        with transaction.atomic():
            part = _claim(part_id)
            if part is None:
                return False
            _compute(part)
            part.done_at, part.error = at, ""
            part.save(update_fields=["done_at", "error"])
    except Exception as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        _note_failure(part_id, error)
        raise
    return True


def _claim(part_id: int) -> RunPart | None:
    """A part that nobody has computed, for this transaction alone.

    Who only looks whether it has to be sent holds it for a moment, who computes it for long: the wait tells
    them apart.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [MOMENT])
        part = RunPart.objects.select_for_update().filter(pk=part_id, done_at=None).first()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return part


def _note_failure(part_id: int, error: Exception) -> None:
    connection.close_if_unusable_or_obsolete()
    RunPart.objects.filter(pk=part_id).update(tries=F("tries") + 1, error=str(error))
    Run.objects.filter(parts=part_id, parts__tries__gte=TRIES, state=RunState.RUNNING).update(
        state=RunState.FAILED, error=str(error)
    )


def _compute(part: RunPart) -> None:
    run = Run.objects.select_related("period", "after__run").get(pk=part.run_id)
    since = None if run.is_full or run.after is None else run.after
    scope = Scope(
        month=run.period.month,
        as_of=run.period.as_of,
        batch=run.batch_id or 0,
        first=part.first_partner,
        last=part.last_partner,
        since_month=since.month if since else None,
        since_as_of=since.as_of if since else None,
        since_batch=(since.run.batch_id or 0) if since else None,
    )
    gather(scope)
    if not scope.is_full:
        find_touched(scope)
    post(scope)
