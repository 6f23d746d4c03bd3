import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.stripe.services.backfill import CannotRead, Reader, backfill
from integrations.stripe.services.sweep import sweep


class Command(BaseCommand):
    help = "Reads what is in Stripe already and works it as events are; started again, it goes on where it stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STRIPE_API_KEY:
            raise CommandError("STRIPE_API_KEY is not set: make a restricted key that may read, and set it.")
        reader = Reader(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE, time.sleep)
        if not reader.is_live and not settings.STRIPE_TAKES_TEST_EVENTS:
            raise CommandError(
                "STRIPE_API_KEY is a key of test mode, and this portal works with real money: set a live key, or"
                " STRIPE_TAKES_TEST_EVENTS=1 on a portal that is for trying things."
            )
        try:
            for step in backfill(reader=reader, clock=timezone.now):
                if step.is_done:
                    self.stdout.write(f"{step.name}: {step.objects:,} read")
                elif sys.stderr.isatty():
                    self.stderr.write(f"\r{step.name}: {step.objects:,} …", ending="")
        except CannotRead as error:
            raise CommandError(f"{error}. What was read is kept; start again to go on from there.") from error
        worked = sweep(clock=timezone.now)
        self.stdout.write(f"{worked.events:,} worked, {worked.parked:,} parked")
        for kind, rows in worked.written.items():
            self.stdout.write(f"{kind}: {rows:,} new")
