"""Workers and a backfill of Stripe are killed with `kill -9` in the middle: each fact comes once, and none is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from clients.models import Invoice, Payment
from integrations.stripe.models import BackfillList, EventToWork, StripeEvent, StripeFinding
from integrations.stripe.services.backfill import LISTS
from integrations.stripe.services.sweep import sweep
from integrations.stripe.tasks import work
from tests.conftest import Databases
from tests.integrations.stripe.published import OLD, customer, event, invoice
from tests.integrations.stripe.stand_in import KEY, Api, stand_in
from tests.integrations.stripe.telling import NOW, referred, send
from tests.worker import ROOT, environment, kill, start_worker, wait_until

INVOICES, KILLS = 6_000, 4
CUSTOMERS, STOPS = 3_000, 3


def test_a_backlog_goes_on_after_its_workers_were_killed(real_db: Databases, tmp_path: Path) -> None:
    referred("cus_a")
    for number in range(INVOICES):
        made = invoice(f"in_{number}", "cus_a", paid="2026-01-10", version=OLD, charge=f"ch_{number}")
        send(event("invoice.paid", made, "2026-01-10", version=OLD))
    chance, log, left = random.Random(20260601), tmp_path / "worker.log", [INVOICES]
    for _ in range(KILLS):
        worker = start_worker(log)
        work.delay()
        wait_until(lambda: EventToWork.objects.count() < left[-1], "a batch", log)
        time.sleep(chance.uniform(0.0, 0.4))
        kill(worker)
        left.append(EventToWork.objects.count())
        assert Payment.objects.count() == INVOICES - left[-1]  # A batch is worked as a whole or not at all.
    assert 0 < left[-1] < INVOICES
    worker = start_worker(log)
    try:
        work.delay()
        wait_until(lambda: not EventToWork.objects.exists(), "the rest", log)
    finally:
        kill(worker)
    assert (Invoice.objects.count(), Payment.objects.count()) == (INVOICES, INVOICES)
    assert not StripeFinding.objects.exists()


def test_a_backfill_that_is_killed_is_gone_on_with_by_the_next(real_db: Databases, tmp_path: Path) -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1")
    log = tmp_path / "backfill.log"
    log.touch()
    many = [customer(f"cus_{number:05}") for number in range(CUSTOMERS)]
    with stand_in(customers=many, invoices=[made]) as (base, api):
        told = environment() | {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": base}
        for stop in range(STOPS):
            process = _backfill(told)
            wait_until(partial(_has_asked, api, 4 * (stop + 1)), "a few pages", log)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert BackfillList.objects.get(name="customers").done_at is None
        assert _backfill(told).wait(timeout=120) == 0
        assert len(api.asked) <= CUSTOMERS / 100 + len(LISTS) - 1 + STOPS  # One page is read again for each stop.
    assert StripeEvent.objects.filter(type="customer.read").count() == CUSTOMERS
    sweep(clock=lambda: NOW)
    assert Payment.objects.get().reference == "in_1:ch_1"


def _has_asked(api: type[Api], more_than: int) -> bool:
    return len(api.asked) > more_than


def _backfill(told: dict[str, str]) -> "subprocess.Popen[bytes]":
    """A process that reads all there is, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "stripe_backfill"], cwd=ROOT, env=told, start_new_session=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
