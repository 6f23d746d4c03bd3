import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from affiliates.money import ZERO, show_money
from clients.recording.problems import FactsRefused
from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Difference, Import, Unplaced
from integrations.partnerstack.services.import_rows import ImportIsRunning, import_from_api, import_from_files
from integrations.partnerstack.services.read_api import Api, ApiRefused
from integrations.partnerstack.services.read_files import FilesRefused

WRONG_USAGE = 2
SHOWN = 20


class _NothingToKeep(Exception):
    """Rolls back a dry run."""


class Command(BaseCommand):
    help = (
        "Brings a program from PartnerStack: groups, partnerships, customers, leads, deals, transactions and rewards, "
        "from its API with PARTNERSTACK_KEY and PARTNERSTACK_SECRET, or from saved pages. Everything is kept as it "
        "came; what fits becomes partners, referred clients, leads, invoices and payments, the rest is listed. It ends "
        "with what was paid there against what this Agreement gives. Stopped anywhere it goes on when started again, "
        "and again it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="folder",
            metavar="DIR",
            type=Path,
            help="a folder of saved pages instead of the API: each .json file is one answer of the API, and its name, "
            f"or its folder’s, begins with what it holds ({', '.join(Kind.values)}), like customers-1.json",
        )
        parser.add_argument("--dry-run", action="store_true", help="read and check everything and keep nothing")

    def handle(self, *args: Any, folder: Path | None, dry_run: bool, **options: Any) -> None:
        if folder is not None and not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.", returncode=WRONG_USAGE)
        if folder is None and not (settings.PARTNERSTACK_KEY and settings.PARTNERSTACK_SECRET):
            wrong = "Set PARTNERSTACK_KEY and PARTNERSTACK_SECRET, or name a folder of saved pages with --from DIR."
            raise CommandError(wrong, returncode=WRONG_USAGE)
        try:
            if dry_run:
                with transaction.atomic():
                    self._import(folder)
                    self.stdout.write("Dry run: nothing was kept.")
                    raise _NothingToKeep
            else:
                self._import(folder)
        except _NothingToKeep:
            pass
        except FactsRefused as refused:
            self._end_progress()
            for problem in refused.problems.shown:
                self.stderr.write(str(problem))
            raise CommandError(f"{refused}. What was read is kept; start the command again.") from refused
        except (ApiRefused, FilesRefused, ImportIsRunning) as refused:
            self._end_progress()
            raise CommandError(f"{refused}.") from refused

    def _import(self, folder: Path | None) -> None:
        if folder is not None:
            done = import_from_files(folder=folder, by=None, clock=timezone.now, progress=self._progress)
        else:
            api = Api(settings.PARTNERSTACK_BASE, settings.PARTNERSTACK_KEY, settings.PARTNERSTACK_SECRET)
            done = import_from_api(api=api, by=None, clock=timezone.now, progress=self._progress)
        self._end_progress()
        self._tell(done)

    def _tell(self, done: Import) -> None:
        for kind in Kind:
            count = done.counts[kind.value]
            told = [f"{count['read']:,} read", f"{count['new']:,} new", f"{count['mapped']:,} taken over"]
            told += [f"{count['listed']:,} listed"] if count["listed"] else []
            told += [f"{count['test']:,} of tests skipped"] if count["test"] else []
            self.stdout.write(f"{kind.value}: {', '.join(told)}")
        self._tell_unplaced()
        self._tell_differences()
        self.stdout.write("The whole report is at /admin/program/integrations/partnerstack/")

    def _tell_unplaced(self) -> None:
        listed = Unplaced.objects.exclude(kind=Kind.GROUPS)
        for each in listed[:SHOWN]:
            self.stdout.write(f"  {each.kind} {each.key}{f' ({each.name})' if each.name else ''}: {each.why}")
        if (more := listed.count() - SHOWN) > 0:
            self.stdout.write(f"  … and {more:,} more")

    def _tell_differences(self) -> None:
        sums = Difference.objects.aggregate(there=Sum("there"), here=Sum("here"), difference=Sum("difference"))
        there, here, difference = (show_money(sums[name] or ZERO) for name in ("there", "here", "difference"))
        months = Difference.objects.count()
        different = Difference.objects.exclude(difference=0).count()
        self.stdout.write(f"Paid there {there}, this Agreement gives {here}, difference {difference}")
        self.stdout.write(f"{months:,} months of partners compared, {different:,} of them differ")

    def _progress(self, what: str, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{what}: {rows:,} rows read{' ' * 20}", ending="")

    def _end_progress(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")
