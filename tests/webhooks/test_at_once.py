"""Many workers at once, and a worker that is killed while it sends: every event arrives, in its subject's order."""

import subprocess
import sys
import threading

from notices.models import EventKind, WebhookAttempt, WebhookDelivery
from notices.models.webhook import LEASE
from notices.services.write_event import write_event
from tests.cast import AT, program, the_partner
from tests.conftest import Databases
from tests.races.test_of_eight_one_wins import all_at_once, failures
from tests.webhooks.receiver import Receiver, endpoint_of, sweep
from tests.worker import ROOT, environment

SUBJECTS, EACH = 4, 5
SEND = """
import django
django.setup()
from tests.webhooks.receiver import sweep
sweep()
"""


def happen(subjects: int, each: int) -> None:
    for _ in range(each):
        for subject in range(subjects):
            write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject=f"lead {subject}", at=AT)


def test_workers_at_once_send_each_event_once_and_each_subjects_in_order(
    real_db: Databases, receiver: Receiver
) -> None:
    program()
    _, secret = endpoint_of("ada", receiver.url)
    happen(SUBJECTS, EACH)
    while WebhookDelivery.objects.filter(state="due").exists():
        assert failures(all_at_once(sweep)) == []
    assert len(set(receiver.ids)) == len(receiver.ids) == SUBJECTS * EACH
    read = [receiver.read(number, secret)["subject"] for number in range(len(receiver.ids))]
    for subject in set(read):
        ids = [int(key.removeprefix("evt_")) for key, of in zip(receiver.ids, read, strict=True) if of == subject]
        assert ids == sorted(ids)


def test_a_worker_that_is_killed_while_it_sends_leaves_nothing_unsent(real_db: Databases, receiver: Receiver) -> None:
    program()
    endpoint_of("ada", receiver.url)
    happen(1, 2)
    arrived, over = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        arrived.set()
        over.wait(20)

    receiver.answer = hold
    env = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings", "WEBHOOKS_TO_LOOPBACK": "1"}
    worker = subprocess.Popen([sys.executable, "-c", SEND], cwd=ROOT, env=env)
    assert arrived.wait(30)
    worker.kill()
    worker.wait()
    over.set()
    receiver.answer = None
    assert (sweep(), WebhookAttempt.objects.count()) == (0, 0)
    assert sweep(AT + LEASE) == 2
    first, again, second = receiver.ids
    assert first == again != second
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
