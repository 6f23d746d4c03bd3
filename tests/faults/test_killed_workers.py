"""A worker is killed with `kill -9` again and again, and nothing is lost, doubled or different."""

import hashlib
import random
import time
from pathlib import Path

from django.db import transaction

from affiliates.months import parse_month
from commissions.export import export_rows
from commissions.models import Run, RunPart, RunState
from commissions.services.start_run import start_run
from commissions.tasks import send_parts
from payouts.completeness import prove_period
from payouts.documents.render_statement import render_statement
from payouts.models import Statement, StatementState
from payouts.services.close_period import close_period
from payouts.services.gather_statement import gather_statement
from payouts.services.issue_statement import plan_statements
from payouts.tasks import send_statements
from tests.cast import AT, client, close, monthly, partner, record, run
from tests.conftest import Databases
from tests.worker import kill, start_worker, wait_until

PARTNERS = 40
KILLS = 6
MARCH = parse_month("2026-03")


def record_program() -> None:
    record(
        *(
            partner(f"p{number}")
            + client(f"c{number}", f"p{number}")
            + monthly(f"c{number}", "2026-02", f"{number + 1}00.00")
            + monthly(f"c{number}", "2026-03", f"{number + 1}50.00")
            for number in range(PARTNERS)
        )
    )
    close("2026-02")


def kill_again_and_again(log: Path, resend: object, is_done: object) -> None:
    """Starts workers and kills each at a random moment; what was sent to them is sent again, as the sweep does."""
    chance = random.Random(20260322)
    for _ in range(KILLS):
        worker = start_worker(log)
        time.sleep(chance.uniform(2.0, 4.0))
        resend()  # type: ignore[operator]
        time.sleep(chance.uniform(0.0, 0.4))
        kill(worker)
    worker = start_worker(log)
    try:
        resend()  # type: ignore[operator]
        wait_until(is_done, "the rest", log)  # type: ignore[arg-type]
    finally:
        kill(worker)


def test_a_run_goes_on_after_its_workers_were_killed(real_db: Databases, tmp_path: Path) -> None:
    record_program()
    run("2026-03")
    expected = list(export_rows(MARCH))
    started = start_run(month=MARCH, by=None, at=AT, full=True, clients_a_part=1)
    assert started.parts.count() == PARTNERS

    def resend() -> None:
        RunPart.objects.update(sent_at=None)  # The lease of five minutes has passed.
        with transaction.atomic():
            send_parts(Run.objects.get(pk=started.pk))

    kill_again_and_again(tmp_path / "worker.log", resend, lambda: Run.objects.get(pk=started.pk).state == RunState.DONE)
    assert list(export_rows(MARCH)) == expected
    close_period(month=MARCH, by=None, at=AT)
    assert prove_period(MARCH).failures == []


def test_statements_go_on_after_their_workers_were_killed(real_db: Databases, tmp_path: Path) -> None:
    record_program()
    close("2026-03")
    assert plan_statements(month=MARCH, at=AT) == PARTNERS

    def resend() -> None:
        Statement.objects.filter(state=StatementState.DUE).update(sent_at=None)
        with transaction.atomic():
            send_statements(MARCH)

    kill_again_and_again(
        tmp_path / "worker.log",
        resend,
        lambda: Statement.objects.filter(state=StatementState.ISSUED).count() == PARTNERS,
    )
    for statement in Statement.objects.select_related("partner", "period"):
        anew = render_statement(gather_statement(statement))
        assert hashlib.sha256(anew).hexdigest() == statement.sha256
    assert prove_period(MARCH).failures == []
