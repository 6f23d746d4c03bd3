"""Hands the demo's last month to real workers and waits for them."""

import time
from collections.abc import Callable
from datetime import date

from affiliates.months import show_month
from commissions.models import Run, RunState
from commissions.tasks import send_parts
from payouts.models import Statement, StatementState
from payouts.tasks import send_statements

LOOK_EVERY = 0.2
SECONDS_FOR_A_RUN = 60
SECONDS_FOR_STATEMENTS = 300


class WorkersFailed(Exception):
    """The workers ended, took too long, or could not do it; the message says which."""


class QueuedWork:
    """Work that goes through the queue; `are_alive` tells whether anybody is there to do it."""

    def __init__(self, are_alive: Callable[[], bool], say: Callable[[str], object]) -> None:
        self.are_alive, self.say = are_alive, say

    def compute(self, run: Run) -> None:
        """This function will send a run's parts to the workers and wait until it is done.

        :raises WorkersFailed: it was not done in time
        """
        # What an earlier try sent may lie in a queue that is gone.
        run.parts.filter(done_at=None).update(sent_at=None)
        parts = run.parts.count()
        self.say(f"  {run.period}  goes to a Celery worker in {parts} parts")
        send_parts(run)

        def is_done() -> bool:
            run.refresh_from_db()
            if run.state == RunState.FAILED:
                raise WorkersFailed(f"The run of {run.period} failed: {run.error}")
            return run.state == RunState.DONE

        self._wait(is_done, SECONDS_FOR_A_RUN, f"the run of {run.period}")

    def write_statements(self, month: date) -> None:
        """This function will have a closed month's statements written and wait for the last one.

        :raises WorkersFailed: one could not be written, or they were not there in time
        """
        statements = Statement.objects.filter(period=month)
        statements.filter(state=StatementState.DUE).update(sent_at=None)
        sent = send_statements(month)

        def are_issued() -> bool:
            failed = statements.exclude(error="").select_related("partner").first()
            if failed is not None:
                raise WorkersFailed(f"The statement {failed.number} could not be written: {failed.error}")
            return not statements.exclude(state=StatementState.ISSUED).exists()

        self._wait(are_issued, SECONDS_FOR_STATEMENTS, f"the statements of {show_month(month)}")
        self.say(f"  {show_month(month)}  {sent} PDF statements written by the worker")

    def _wait(self, is_done: Callable[[], bool], seconds: int, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not is_done():
            if not self.are_alive():
                raise WorkersFailed(f"The Celery worker ended while {what} waited for it")
            if time.monotonic() > deadline:
                raise WorkersFailed(f"The Celery worker did not finish {what} within {seconds} seconds")
            time.sleep(LOOK_EVERY)
