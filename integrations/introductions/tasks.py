from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from integrations.introductions.models import Reading
from integrations.introductions.services.poll_mailbox import poll_mailbox
from integrations.introductions.services.read_message import read_message

AT_ONCE = 500


@shared_task
def sweep_messages() -> None:
    """Sends each message that is to be read into the queue: one that takes long holds up no other."""
    due = Reading.objects.due(at=timezone.now()).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    for message_id in list(due):
        transaction.on_commit(partial(read_one.delay, message_id))


@shared_task
def read_one(message_id: int) -> None:
    """Reads one message."""
    read_message(message_id=message_id, clock=timezone.now)


@shared_task
def look_into_mailbox() -> None:
    """Takes what is new in the mailbox, where there is one."""
    poll_mailbox(clock=timezone.now)
