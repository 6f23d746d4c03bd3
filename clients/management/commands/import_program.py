import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clients.files import open_tables
from clients.recording.columns import KINDS
from clients.recording.problems import SHOWN, FactsRefused, Problems
from clients.services.keep_refusal import keep_refusal
from clients.services.record_facts import Recorded, record_facts


class Command(BaseCommand):
    help = "Records a program's CSV files: partners, clients, invoices, payments, reversals; all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="the folder with the CSV files")
        parser.add_argument("--dry-run", action="store_true", help="check everything and record nothing")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        problems = Problems()
        tables = open_tables(folder, problems, self._progress(folder))
        if not tables and not problems.count:
            raise CommandError(f"{folder} has none of {', '.join(f'{kind}.csv' for kind in KINDS)}.")
        source = f"import_program {folder.resolve().name}"
        try:
            recorded = record_facts(
                tables=tables,
                problems=problems,
                source=source,
                by=None,
                at=timezone.now(),
                dry_run=dry_run,
            )
        except FactsRefused as refused:
            self._complain(refused.problems)
            if not dry_run:
                keep_refusal(source=source, problems=refused.problems, by=None, at=timezone.now())
            raise CommandError(str(refused)) from refused
        self._tell(recorded, dry_run=dry_run)

    def _complain(self, problems: Problems) -> None:
        self._end_progress()
        for problem in problems.shown:
            self.stderr.write(str(problem))
        if problems.count > SHOWN:
            self.stderr.write(f"… and {problems.count - SHOWN:,} more")

    def _tell(self, recorded: Recorded, *, dry_run: bool) -> None:
        self._end_progress()
        for kind, rows in recorded.read.items():
            written = recorded.written.get(kind, 0)
            note = f", {recorded.written.get('lines', 0):,} lines" if kind == "invoices" else ""
            self.stdout.write(f"{kind}: {rows:,} rows read, {written:,} new or changed{note}")
        if not recorded.written:
            self.stdout.write("Everything was recorded already.")
        elif dry_run:
            self.stdout.write("Dry run: everything is in order, and nothing was recorded.")

    def _progress(self, folder: Path) -> Any:
        total = sum(path.stat().st_size for kind in KINDS if (path := folder / f"{kind}.csv").is_file())
        done = {"before": 0, "file": 0}

        def show(position: int) -> None:
            if position < done["file"]:
                done["before"] += done["file"]
            done["file"] = position
            share = min((done["before"] + position) / max(total, 1), 1)
            self.stderr.write(f"\r[{'#' * int(share * 40):<40}] {share:4.0%} read", ending="")

        return show if sys.stderr.isatty() else lambda position: None

    def _end_progress(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")
