from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from affiliates.management.arguments import add_period
from affiliates.money import show_money
from commissions.models import RunState
from commissions.services.run_period import run_period
from commissions.services.start_run import PeriodIsClosed


class Command(BaseCommand):
    help = "Computes a period's run and prints its totals; nothing is final until the period is closed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser)
        parser.add_argument("--full", action="store_true", help="recompute everything; the result must be the same")

    def handle(self, *args: Any, period: date, full: bool, **options: Any) -> None:
        try:
            run = run_period(month=period, by=None, clock=timezone.now, full=full)
        except PeriodIsClosed as refused:
            raise CommandError(f"{refused}: facts that come later are settled in the next month's run.") from refused
        if run.state != RunState.DONE:
            parts = run.parts.filter(done_at=None).count()
            raise CommandError(f"The run is not finished: {parts} parts are being computed elsewhere. {run.error}")
        partners = run.period.commissions.values("partner").distinct().count()
        self.stdout.write(f"Run of {run.period}, facts up to batch {run.batch_id or 0}, as of {run.period.as_of}")
        self.stdout.write(f"  posted   {show_money(run.posted):>16}  in {run.posted_rows:,} amounts")
        self.stdout.write(f"  waiting  {show_money(run.waiting):>16}  in {run.waiting_rows:,} amounts")
        self.stdout.write(f"  partners {partners:>16,}")
        self.stdout.write(f"Nothing is final yet: close_period {run.period} makes it so.")
