import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from affiliates.management.arguments import add_period
from affiliates.months import show_month
from payouts.models import Statement, StatementState
from payouts.services.issue_statement import PeriodIsOpen, issue_statement, plan_statements
from payouts.tasks import send_statements

ANSWER_WITHIN = 1.0  # Seconds in which a worker that runs says so.
LOOK_EVERY = 0.5


class Command(BaseCommand):
    help = "Writes a PDF statement for each partner with anything to state, by the workers where one runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser)

    def handle(self, *args: Any, period: date, **options: Any) -> None:
        try:
            plan_statements(month=period, at=timezone.now())
        except PeriodIsOpen as refused:
            raise CommandError(f"{refused}.") from refused
        if current_app.control.ping(timeout=ANSWER_WITHIN):
            self._by_workers(period)
        else:
            self._here(period)
        self._tell(period)

    def _here(self, period: date) -> None:
        for statement_id in self._due(period):
            try:
                issue_statement(statement_id=statement_id, at=timezone.now())
            except Exception as error:  # noqa: BLE001 - It is kept on the statement; the others are written all the same.
                self.stderr.write(f"Statement {statement_id} failed: {error}")

    def _by_workers(self, period: date) -> None:
        sent = send_statements(period)
        self.stdout.write(f"{sent:,} statements sent to the workers")
        while self._due(period):
            time.sleep(LOOK_EVERY)

    def _due(self, period: date) -> list[int]:
        due = Statement.objects.filter(period=period, state=StatementState.DUE, tries=0)
        return list(due.order_by("pk").values_list("pk", flat=True))

    def _tell(self, period: date) -> None:
        counts = dict(Statement.objects.filter(period=period).order_by().values_list("state").annotate(Count("pk")))
        issued = counts.get(StatementState.ISSUED, 0)
        self.stdout.write(f"{issued:,} statements of {show_month(period)} are issued.")
        missing = sum(counts.values()) - issued
        if missing:
            failed = (
                Statement.objects.filter(period=period).exclude(state=StatementState.ISSUED).select_related("partner")
            )
            for statement in failed:
                self.stderr.write(f"{statement.partner}: {statement.error}")
            raise CommandError(f"{missing:,} statements could not be written; the next try is make_statements again.")
