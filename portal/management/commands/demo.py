"""`manage.py demo`: a program to look around in, told once and kept."""

import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.demo.background import QueuedWork, WorkersFailed
from portal.demo.draft import Scale
from portal.demo.load import NotEmpty, is_loaded, load
from portal.demo.people import make_password, read_password
from portal.demo.welcome import welcome
from portal.management.commands.serve import Child

PASSWORD_FILE = settings.DATA_DIR / "demo-password"
FOLDER = settings.DATA_DIR / "demo-program"


class Command(BaseCommand):
    help = "Loads an invented program of 18 months, once, and tells who can sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the portal is going to be served")

    def handle(self, *, port: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if not is_loaded():
            self._load()
        for line in welcome(port=port, password=read_password(PASSWORD_FILE), folder=FOLDER):
            self.stdout.write(line)

    def _load(self) -> None:
        begun = time.monotonic()
        self.say("Loading the demo, an invented program of 18 months; this happens once and takes a minute ...")
        try:
            with self._worker() as worker:
                load(
                    now=timezone.now(),
                    scale=Scale(),
                    folder=FOLDER,
                    password=lambda: read_password(PASSWORD_FILE) or make_password(PASSWORD_FILE),
                    workers=QueuedWork(lambda: worker.process.poll() is None, self.say),
                    say=self.say,
                )
        except NotEmpty as refused:
            raise CommandError(
                "There are partners here already, and the demo would mix invented ones with them. Serve what is"
                " there with `make run`, or try the demo apart from it: `DATA_DIR=/tmp/demo make demo`."
            ) from refused
        except WorkersFailed as failed:
            raise CommandError(f"{failed}. The next `make demo` goes on from here.") from failed
        self.say(f"Loaded in {time.monotonic() - begun:.0f} seconds.")

    @contextmanager
    def _worker(self) -> Iterator[Child]:
        """A Celery worker like the one that `serve` starts, for as long as the demo needs it."""
        worker = Child.start(
            "worker", "celery", "--quiet", "--app", "config", "worker", "--concurrency", "2",
            "--loglevel", "warning",
        )  # fmt: skip
        is_over = threading.Event()

        def pass_on(line: str) -> None:
            if not is_over.is_set():  # How it says goodbye is of no interest.
                self.say(line)

        threading.Thread(target=worker.copy_output, args=[pass_on], daemon=True).start()
        try:
            yield worker
        finally:
            is_over.set()
            worker.stop()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
