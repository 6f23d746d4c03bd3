from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, Sum

from accounts.services.write_audit import write_audit
from commissions.models import Commission, Run, RunState


def finish_run(*, run_id: int, at: datetime) -> Run:
    """This function will note a run's totals once all of its parts are done; until then it changes nothing."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state != RunState.RUNNING or run.parts.filter(done_at=None).exists():
            return run
        posted, waiting = Q(state="posted"), Q(state="waiting")
        totals = Commission.objects.filter(period=run.period_id).aggregate(
            posted=Sum("amount", filter=posted, default=0),
            posted_rows=Count("id", filter=posted),
            waiting=Sum("amount", filter=waiting, default=0),
            waiting_rows=Count("id", filter=waiting),
        )
        for name, value in totals.items():
            setattr(run, name, value)
        run.state, run.finished_at = RunState.DONE, at
        run.save()
        subject = f"period {run.period}"
        write_audit(by=run.computed_by, at=at, action="run finished", subject=subject, **totals)
    return run
