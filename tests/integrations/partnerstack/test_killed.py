"""An import in a process of its own, killed anywhere and started again, and two of them at once: nothing is lost and
nothing doubled."""

import subprocess
import sys
import threading
import time

from affiliates.models import Partner
from clients.models import Client, Invoice, Payment, Reversal
from integrations.partnerstack.models import Counterpart, Difference, Import, RawRow
from referrals.models import Lead
from tests.cast import program
from tests.conftest import Databases
from tests.integrations.partnerstack.standin import (
    KEY,
    SECRET,
    PartnerStack,
    Row,
    customer,
    deal,
    lead,
    partnership,
    reward,
    transaction,
)
from tests.worker import PATIENCE, ROOT, environment

NAMES = [f"c{number:02}" for number in range(40)]
MODELS = (Partner, Client, Lead, Invoice, Payment, Reversal, RawRow, Counterpart, Difference)


def a_program(there: PartnerStack) -> None:
    """40 customers of one partner, each with a deal, money, a refund and rewards, two rows a page."""
    money: list[Row] = []
    rewards: list[Row] = []
    for name in NAMES:
        money += [
            transaction(name, "2025-03-05", 10_000, of=name),
            transaction(f"{name}b", "2025-04-05", -500, of=name),
        ]
        rewards += [
            reward(name, "2025-03-06", 2_000, name, "zoe"),
            reward(f"{name}s", "2025-03-07", 7, name, "zoe", "scheduled"),
        ]
    there.rows.update(
        partnerships=[partnership("zoe")],
        customers=[customer(name, "zoe") for name in NAMES],
        leads=[lead(f"lead-{name}", "2025-02-01", partner="zoe") for name in NAMES],
        deals=[deal(name, "2025-01-15", "won", partner="zoe") for name in NAMES],
        transactions=money,
        rewards=rewards,
    )
    there.most = 10


def begin(there: PartnerStack) -> "subprocess.Popen[str]":
    keys = {"PARTNERSTACK_BASE": there.url, "PARTNERSTACK_KEY": KEY, "PARTNERSTACK_SECRET": SECRET}
    command = [sys.executable, "manage.py", "import_partnerstack"]
    out = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment() | keys, stdout=out, stderr=out, text=True)


def run(there: PartnerStack) -> tuple[int, str]:
    process = begin(there)
    said, wrong = process.communicate(timeout=PATIENCE)
    return process.returncode, said + wrong


def counted() -> list[int]:
    return [model.objects.count() for model in MODELS]


def everything_is_there_once(before: list[int]) -> None:
    now = dict(zip(MODELS, (new - old for new, old in zip(counted(), before, strict=True)), strict=True))
    assert now == {
        Partner: 1, Client: 40, Lead: 80, Invoice: 40, Payment: 40, Reversal: 40,
        RawRow: 1 + 40 + 40 + 40 + 80 + 80, Counterpart: 1 + 40 + 80, Difference: 1,
    }  # fmt: skip
    assert Client.objects.exclude(lead=None).count() == 40


def test_killed_while_it_reads_and_while_it_maps(real_db: Databases, there: PartnerStack) -> None:
    program()
    a_program(there)
    before = counted()
    last = 1 + 1 + 4 + 4 + 4 + 8 + 4 + 4  # The number of the page that is read last.
    for place, moment in ((4, 0.0), (9, 0.0), (20, 0.05), (last, 0.0), (last, 0.05), (last, 0.3)):
        reached = threading.Event()
        asked: list[str] = []

        def count(
            number: int, path: str, asked: list[str] = asked, at: int = place, done: threading.Event = reached
        ) -> None:
            asked.append(path)
            if len(there.calls) >= at:
                done.set()

        there.answer = count
        process = begin(there)
        while not reached.is_set() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moment)
        process.kill()
        process.communicate()
    there.answer = lambda number, path: None
    assert run(there)[0] == 0
    everything_is_there_once(before)
    assert Import.objects.exclude(finished_at=None).exists()
    assert run(there)[0] == 0
    everything_is_there_once(before)


def test_two_at_once(real_db: Databases, there: PartnerStack) -> None:
    program()
    a_program(there)
    before = counted()
    both = [begin(there), begin(there)]
    said = [process.communicate(timeout=PATIENCE) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 1]), said
    if codes == [0, 1]:
        assert any("Another import from PartnerStack is running; wait until it has ended" in wrong for _, wrong in said)
    everything_is_there_once(before)
