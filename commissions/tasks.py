from datetime import timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from commissions.models import Run, RunPart, RunState
from commissions.services.compute_part import compute_part
from commissions.services.finish_run import finish_run

LEASE = timedelta(minutes=5)  # After so long without a result a part is sent again; twice does no harm.


@shared_task
def work_on_part(part_id: int) -> None:
    """Computes one part, and finishes the run where it was the last."""
    run_id = RunPart.objects.filter(pk=part_id).values_list("run_id", flat=True).first()
    if run_id is not None:
        compute_part(part_id=part_id, at=timezone.now())
        finish_run(run_id=run_id, at=timezone.now())


def send_parts(run: Run) -> None:
    """This function will send a run's open parts to the workers, once the transaction is committed."""
    now = timezone.now()
    due = run.parts.filter(done_at=None).filter(Q(sent_at=None) | Q(sent_at__lte=now - LEASE))
    with transaction.atomic():  # A part that is being computed is locked, and needs no sending.
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True))
        RunPart.objects.filter(pk__in=ids).update(sent_at=now)
    for part_id in ids:
        transaction.on_commit(partial(work_on_part.delay, part_id))


@shared_task
def sweep_runs() -> None:
    """Sends again what is due, and finishes runs whose last worker died just before."""
    for run in Run.objects.filter(state=RunState.RUNNING):
        send_parts(run)
        finish_run(run_id=run.pk, at=timezone.now())
