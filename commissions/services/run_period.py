from collections.abc import Callable
from datetime import date, datetime

from accounts.models import User
from accounts.rights import Right, needs
from commissions.models import Run
from commissions.services.compute_part import compute_part
from commissions.services.finish_run import finish_run
from commissions.services.start_run import start_run


@needs(Right.RUN_MONTHS)
def run_period(*, month: date, by: User | None, clock: Callable[[], datetime], full: bool = False) -> Run:
    """This function will compute a period's run in this process, part by part, and give it with its totals.

    It works beside workers that compute other parts of the same run, and goes on with a run that was left.

    :raises PeriodIsClosed: the month, or a later one, is closed
    """
    run = start_run(month=month, by=by, at=clock(), full=full)
    for part in run.parts.filter(done_at=None):
        compute_part(part_id=part.pk, at=clock())
    return finish_run(run_id=run.pk, at=clock())
