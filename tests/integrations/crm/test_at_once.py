"""Many workers at once write each lead once, and move it once."""

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone

from integrations.crm.models import LeadSync, SyncState
from integrations.crm.models.lead_sync import LEASE
from integrations.crm.services.find_changes import find_changes
from integrations.crm.services.read_back import read_back
from integrations.crm.services.settle_leads import settle_leads
from integrations.crm.tasks import keep_in_step
from referrals.models import LeadStep
from referrals.models.lead import Stage
from tests.cast import clock, program
from tests.conftest import Databases
from tests.integrations.crm.desk import Desk
from tests.leads.telling import lead_of
from tests.races.test_of_eight_one_wins import all_at_once, failures
from tests.worker import kill, start_worker


def told(desk: Desk) -> None:
    program()
    for number in range(6):
        lead_of("ada", f"Oak {number}x", f"jo@oak{number}.example")
    desk.connect()
    find_changes(desk.connection, at=desk.at)


def test_eight_workers_write_each_lead_once(desk: Desk, real_db: Databases) -> None:
    told(desk)
    key, at = desk.connection.pk, desk.at
    assert failures(all_at_once(lambda: settle_leads(connection_id=key, clock=clock(at)))) == []
    settle_leads(connection_id=key, clock=clock(at))
    assert desk.crm.wrong == []
    assert len(desk.crm.deals) == 6
    assert len(desk.crm.writes()) == 6
    assert set(LeadSync.objects.values_list("state", flat=True)) == {SyncState.SYNCED}
    if desk.kind == "zoho":
        assert desk.crm.refreshed == 2  # type: ignore[attr-defined]


def test_eight_workers_move_a_lead_once(desk: Desk, real_db: Databases) -> None:
    told(desk)
    desk.minute()
    for number in range(6):
        desk.crm.move(desk.theirs(Stage.QUALIFIED), number)
    key = desk.connection.pk
    desk.minute(0)

    def work() -> None:
        read_back(connection_id=key, clock=clock(at))
        settle_leads(connection_id=key, clock=clock(at))

    at = desk.at + (desk.connection.next_read_at - desk.at)
    assert failures(all_at_once(work)) == []
    work()
    assert LeadStep.objects.filter(stage=Stage.QUALIFIED).count() == 6
    assert desk.crm.wrong == []
    assert len(desk.crm.writes()) == 6


@pytest.mark.django_db
def test_a_connection_that_is_gone_is_no_error() -> None:
    keep_in_step("00000000-0000-0000-0000-000000000000")


def test_a_worker_that_is_killed_after_it_wrote_makes_no_second_deal(
    desk: Desk, real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.at = timezone.now() - timedelta(minutes=1)  # The worker goes by the clock on the wall.
    told(desk)
    for name in ("HUBSPOT_URL", "PIPEDRIVE_URL", "ZOHO_URL", "ZOHO_ACCOUNTS_URL"):
        monkeypatch.setenv(name, desk.crm.url)
    written, log = threading.Event(), tmp_path / "worker.log"

    def keep_waiting(handler: BaseHTTPRequestHandler) -> None:
        written.set()
        time.sleep(2)

    desk.crm.after_write = keep_waiting
    worker = start_worker(log)
    try:
        keep_in_step.delay(str(desk.connection.pk))
        assert written.wait(60), log.read_text()
    finally:
        kill(worker)
    current_app.control.purge()
    assert desk.crm.wrong == []
    made = len(desk.crm.deals)
    desk.at = timezone.now() + LEASE + timedelta(minutes=1)
    settle_leads(connection_id=desk.connection.pk, clock=clock(desk.at))
    assert set(LeadSync.objects.values_list("state", flat=True)) == {SyncState.SYNCED}
    assert (made, len(desk.crm.deals)) == (1, 6)
