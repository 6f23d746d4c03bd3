"""Many at once: the same message, the same mailbox, the same decision, and a worker that is killed."""

import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.introductions.models import LEASE, Message, Reading, Source, State, Why
from integrations.introductions.proposal import Proposal
from integrations.introductions.services.decide_reading import confirm_introduction, take_introduction
from integrations.introductions.services.poll_mailbox import poll_mailbox
from integrations.introductions.services.read_message import read_message
from integrations.introductions.services.receive_message import receive_message
from integrations.introductions.services.settle_reading import SettledMeanwhile
from integrations.introductions.tasks import sweep_messages
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from tests.cast import AT, sam, the_partner
from tests.conftest import Databases
from tests.integrations.introductions.imap_server import imap_server
from tests.integrations.introductions.writing import HOST, US, arrive, told, written
from tests.races.test_of_eight_one_wins import all_at_once, failures
from tests.worker import running_worker, wait_until

ACME = Proposal("Acme Logistics", "Dana Fox", "dana@acme-logistics.com", "acme-logistics.com")


def confirmations() -> int:
    return Notice.objects.filter(kind=NoticeKind.INTRODUCTION).count()


def test_the_same_message_by_two_ways_at_once_makes_one_lead(real_db: Databases) -> None:
    told()
    raw = written(name="<one@people.example>")
    keys = [
        receive_message(raw=before + raw, source=source, at=AT).pk
        for before, source in (
            (b"", Source.PROVIDER),
            (b"Received: x\n", Source.MAILBOX),
            (b"X-Y: z\n", Source.COMMAND),
        )
    ]
    outcomes: list[object] = []

    def work(key: int) -> None:
        from django.db import connections

        outcomes.append(read_message(message_id=key, clock=lambda: AT))
        connections.close_all()

    threads = [threading.Thread(target=work, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Lead.objects.count() == confirmations() == 1
    assert sorted(Reading.objects.values_list("why", flat=True)) == [Why.CAME_ALREADY] * 2 + [Why.INTRODUCED]


def test_eight_receive_the_same_bytes_and_read_them_once(real_db: Databases) -> None:
    told()
    raw = written()
    assert failures(all_at_once(lambda: receive_message(raw=raw, source=Source.PROVIDER, at=AT))) == []
    message = Message.objects.get()
    assert failures(all_at_once(lambda: read_message(message_id=message.pk, clock=lambda: AT))) == []
    assert Lead.objects.count() == confirmations() == 1
    assert Reading.objects.get().tries == 1


def test_eight_look_into_the_mailbox(real_db: Databases, settings: Settings) -> None:
    told()
    with imap_server(written(), written(), written()) as box:
        settings.INTRODUCTIONS_IMAP_URL = box.url
        assert failures(all_at_once(lambda: poll_mailbox(clock=lambda: AT))) == []
    assert Message.objects.count() == 3


def test_of_eight_who_confirm_one_does(real_db: Databases) -> None:
    told()
    reading, rep = arrive(written()), sam()
    step = partial(confirm_introduction, reading=reading, proposal=ACME, by=rep, at=AT)
    assert failures(all_at_once(step)) == [SettledMeanwhile] * 7
    assert Reading.objects.get().confirmed_by == rep


def test_of_eight_who_take_one_does(real_db: Databases) -> None:
    told()
    reading, rep, ada = arrive(written(to="dana@acme-logistics.com, bob@birchwood.io")), sam(), the_partner("ada")
    step = partial(take_introduction, reading=reading, partner=ada, proposal=ACME, by=rep, at=AT)
    assert failures(all_at_once(step)) == [SettledMeanwhile] * 7
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_what_a_killed_worker_held_is_read_again() -> None:
    told()
    message = receive_message(raw=written(), source=Source.COMMAND, at=AT)
    Reading.objects.update(tries=1, next_at=AT + LEASE)  # As a worker leaves it that was killed while it read.
    assert read_message(message_id=message.pk, clock=lambda: AT + timedelta(minutes=1)) is None
    reading = read_message(message_id=message.pk, clock=lambda: AT + LEASE)
    assert reading is not None
    assert (reading.state, reading.tries) == (State.LEAD, 2)


def test_a_worker_reads_what_the_sweep_finds(
    real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTRODUCTIONS_ADDRESS", US)
    monkeypatch.setenv("INTRODUCTIONS_TRUSTED_AUTHSERV", HOST)
    told()
    log = tmp_path / "worker.log"
    for number in range(5):
        at = timezone.now()
        receive_message(raw=written(to=f"jo@company-{number}.example"), source=Source.COMMAND, at=at)
    with running_worker(log):
        sweep_messages()
        wait_until(lambda: Reading.objects.filter(state=State.LEAD).count() == 5, "five leads", log)
    assert Lead.objects.count() == 5
