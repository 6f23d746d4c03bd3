from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from affiliates.management.arguments import add_period
from affiliates.models import Program
from affiliates.money import show_money
from commissions.services.post_period import PeriodCannotClose
from commissions.services.start_run import PeriodIsClosed
from payouts.services.close_period import close_period


class Command(BaseCommand):
    help = "Makes a period's run final: amounts enter the ledger, payouts open. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser)

    def handle(self, *args: Any, period: date, **options: Any) -> None:
        now = timezone.now()
        try:
            closed = close_period(month=period, by=None, at=now)
        except PeriodCannotClose as refused:
            raise CommandError(f"{refused}.") from refused
        except PeriodIsClosed as refused:
            raise CommandError(f"{refused} already; nothing was done.") from refused
        run = closed.period.run
        entered = f"{show_money(run.posted)} in {run.posted_rows:,} amounts entered the ledger"
        self.stdout.write(f"{closed.period} is closed: {entered}, {closed.payouts:,} payouts opened.")
        if closed.period.as_of >= Program.current().day(now):
            self.stderr.write(
                f"Note: {closed.period} has not ended yet. What still happens in it is settled in the next month's run."
            )
