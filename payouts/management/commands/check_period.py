from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from affiliates.management.arguments import add_period
from affiliates.money import show_money
from affiliates.months import show_month
from payouts.completeness import PeriodWasNotRun, prove_period


class Command(BaseCommand):
    help = "Proves that a period's money is complete and that lines, ledger, payouts and statements agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser)

    def handle(self, *args: Any, period: date, **options: Any) -> None:
        try:
            proof = prove_period(period)
        except PeriodWasNotRun as refused:
            raise CommandError(f"{refused}.") from refused
        name = show_month(period)
        state = "closed" if proof.is_closed else "computed, not closed"
        self.stdout.write(f"{name} ({state}): received up to its last day {show_money(proof.received):>18}")
        for place in proof.whereabouts:
            label = f"{place.heading}{': ' if place.reason else ''}{place.reason}"
            self.stdout.write(f"  {label:<58}{place.rows:>10,}{show_money(place.amount):>18}")
        for line in proof.checked:
            self.stdout.write(f"  {line}")
        if proof.failures:
            for failure in proof.failures:
                self.stderr.write(failure)
            raise CommandError(f"{name} does not hold: {len(proof.failures):,} findings.")
        self.stdout.write(f"{name} holds.")
