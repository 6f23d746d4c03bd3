"""The engine against a plain reading of RULES.md, over programs that Hypothesis draws.

The reference (`tests/reference/`) shares no code with the product. Facts are told to both in the same
order: late, shuffled, repeated, after their month was closed; then each period's rows must be the same,
computed incrementally and in full, in one part and in many.
"""

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from affiliates.models import Partner
from clients.files import open_tables
from clients.recording.problems import Problems
from clients.services.record_facts import record_facts
from commissions.explanation import explain
from commissions.models import Commission
from commissions.services.compute_part import compute_part
from commissions.services.finish_run import finish_run
from commissions.services.give_plan import give_plan, make_plan
from commissions.services.start_run import start_run
from payouts.completeness import prove_period
from payouts.services.close_period import close_period
from tests.reference.programs import (
    Close,
    GivePlan,
    Run,
    Schedule,
    as_batches,
    play_steps,
    rows_of_export,
    schedules,
    write_files,
)
from tests.reference.rules import Facts, Row

AT = datetime(2027, 1, 1, tzinfo=UTC)


def record(facts: Facts) -> None:
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        write_files(facts, Path(folder))
        tables = open_tables(Path(folder), problems, lambda position: None)
        record_facts(tables=tables, problems=problems, source="test", by=None, at=AT)


def compute(step: Run | Close, *, full: bool, clients_a_part: int) -> list[Row]:
    run = start_run(month=step.period, by=None, at=AT, full=full, clients_a_part=clients_a_part)
    for part in run.parts.filter(done_at=None):
        assert compute_part(part_id=part.pk, at=AT)
    assert finish_run(run_id=run.pk, at=AT).state == "done"
    out = io.StringIO()
    call_command("export_commissions", period=step.period, stdout=out)
    return rows_of_export(out.getvalue())


def play(schedule: Schedule) -> None:
    expected = list(play_steps(schedule))
    for number, (step, facts) in enumerate(as_batches(schedule)):
        if isinstance(step, Run | Close):
            rows = expected[number][1]
            assert compute(step, full=False, clients_a_part=2) == rows
            assert compute(step, full=True, clients_a_part=1000) == rows
            assert compute(step, full=False, clients_a_part=1000) == rows
            assert prove_period(step.period).failures == []
            if isinstance(step, Close):
                close_period(month=step.period, by=None, at=AT)
        elif isinstance(step, GivePlan):
            tiers = [(tier.threshold, tier.rate) for tier in step.tiers]
            plan = make_plan(name=f"Plan {number}", tiers=tiers, by=None, at=AT)
            partner = Partner.objects.get(reference=step.partner)
            give_plan(partner=partner, plan=plan, first_month=step.first_month, reason="", by=None, at=AT)
        else:
            record(facts)


@pytest.mark.usefixtures("real_db")  # In one transaction around all of them, each would be slower than the last.
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(schedule=schedules())
def test_every_period_is_what_the_rules_say(schedule: Schedule) -> None:
    with transaction.atomic():
        play(schedule)
        for commission in Commission.objects.select_related("period__run"):
            assert explain(commission).agrees, f"{commission} is not explained"
        transaction.set_rollback(True)
