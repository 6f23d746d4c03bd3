from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from integrations.crm.models import Connection
from integrations.crm.services.find_changes import find_changes
from integrations.crm.services.read_back import read_back
from integrations.crm.services.settle_leads import settle_leads
from integrations.crm.services.take_hook import forget_hooks, work_hooks

EXPIRES = 55  # Seconds: what waited longer for a worker is done by the next minute's.


@shared_task
def sweep_crms() -> None:
    """Finds what changed here, and sends each CRM that is connected into the queue: a slow one holds up nobody else."""
    now = timezone.now()
    for connection in Connection.objects.at_work(at=now):
        find_changes(connection, at=now)
        transaction.on_commit(partial(keep_in_step.apply_async, (str(connection.pk),), expires=EXPIRES))


@shared_task
def keep_in_step(connection_id: str) -> None:
    """Asks one CRM what changed there, and brings what is due into step."""
    key = UUID(connection_id)
    work_hooks(connection_id=key, at=timezone.now())
    if read_back(connection_id=key, clock=timezone.now) is not None:  # Else another worker does it now.
        settle_leads(connection_id=key, clock=timezone.now)


@shared_task
def work_calls(connection_id: str) -> None:
    """Brings what a CRM's own calls name into step at once, and nothing else."""
    key = UUID(connection_id)
    if named := work_hooks(connection_id=key, at=timezone.now()):
        settle_leads(connection_id=key, clock=timezone.now, only=named)


@shared_task
def forget() -> None:
    """Deletes the calls of CRMs that were worked long ago."""
    forget_hooks(at=timezone.now())
