import csv
import os
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from affiliates.management.arguments import add_period
from affiliates.months import show_month
from commissions.export import COLUMNS, export_rows
from commissions.models import Run


class Command(BaseCommand):
    help = "Writes posted and waiting commissions as CSV to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser, "--period")

    def handle(self, *args: Any, period: date | None, **options: Any) -> None:
        if period is not None and not Run.objects.filter(period=period).exists():
            month = show_month(period)
            raise CommandError(f"{month} was not computed yet; run it with run_commissions {month}.")
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        try:
            writer.writerows(export_rows(period))
        except BrokenPipeError:  # Whoever reads has seen enough, like `head`; say nothing when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
