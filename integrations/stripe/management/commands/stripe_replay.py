from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand
from django.utils import timezone

from affiliates.models import Program
from integrations.stripe.models import StripeEvent
from integrations.stripe.services.work_events import replay_events


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no day; write it like 2026-03-31") from error


class Command(BaseCommand):
    help = "Works stored events of Stripe again; where all were worked before, nothing changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="only what was received since that day")

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:
        events = StripeEvent.objects.ours()
        if since is not None:
            zone = ZoneInfo(Program.current().time_zone)
            events = events.filter(received_at__gte=datetime.combine(since, time.min, zone))
        worked = replay_events(events=events, clock=timezone.now)
        self.stdout.write(f"{worked.events:,} events worked again, {worked.parked:,} that cannot be read")
        for kind, rows in worked.written.items():
            self.stdout.write(f"{kind}: {rows:,} new")
        if not worked.written:
            self.stdout.write("Nothing changed: everything was recorded already.")
