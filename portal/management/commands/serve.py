"""`manage.py serve`: the web server, the worker and the scheduler in one terminal, until Ctrl-C."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

SECONDS_TO_FINISH = {"web": 10, "scheduler": 5, "worker": 30}  # In the order in which they are stopped.
SECONDS_TO_START = 60
AS_ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"
SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)


class Command(BaseCommand):
    help = "Serves the portal, with its worker and its scheduler, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        refuse_busy_port(host, port)
        asked_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: asked_to_stop.set())

        os.environ.setdefault("PUBLIC_URL", f"http://localhost:{port}")
        celery = ["celery", "--quiet", "--app", "config"]
        children = [
            Child.start("web", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
                        "--workers", "2", "--blocking-threads", "4", "--no-ws",
                        "--log-level", "warning", "config.wsgi:application"),
            Child.start("worker", *celery, "worker", "--concurrency", "2", "--loglevel", "warning"),
            Child.start("scheduler", *celery, "beat", "--loglevel", "warning", "--pidfile=",
                        "--schedule", str(settings.DATA_DIR / "beat-schedule")),
        ]  # fmt: skip
        for child in children:
            threading.Thread(target=child.copy_output, args=[self.say], daemon=True).start()
        threading.Thread(target=self.announce, args=[host, port, asked_to_stop], daemon=True).start()

        ended = None
        while not ended and not asked_to_stop.wait(0.2):
            ended = next((child for child in children if child.process.poll() is not None), None)
        self.say("Stopping; the worker finishes what it has begun ...")
        for child in sorted(children, key=lambda child: list(SECONDS_TO_FINISH).index(child.name)):
            child.stop()
        if ended:
            raise CommandError(f"The {ended.name} ended by itself, with exit status {ended.process.returncode}.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def announce(self, host: str, port: int, stopped: threading.Event) -> None:
        """Print the portal's address once it answers there."""
        deadline = time.monotonic() + SECONDS_TO_START
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        while not stopped.wait(0.1) and time.monotonic() < deadline:
            if is_healthy(reachable, port):
                shown = "localhost" if reachable in ("127.0.0.1", "::1") else reachable
                self.say(self.style.SUCCESS(f"Tributary is at http://{shown}:{port}/ (Ctrl-C stops it)"))
                return
        if not stopped.is_set():
            self.stderr.write(f"Nothing healthy has answered on port {port} for {SECONDS_TO_START} seconds.")


@dataclass(frozen=True)
class Child:
    """One of the processes that are served together; this one holds the embedded servers for all of them."""

    name: str
    process: subprocess.Popen[str]
    output: IO[str]

    @classmethod
    def start(cls, name: str, *module_and_arguments: str) -> "Child":
        given = {
            "DATABASE_URL": settings.DATABASE_URL,
            "OWNER_DATABASE_URL": settings.OWNER_DATABASE_URL,
            "REDIS_URL": settings.REDIS_URL,
            "DATA_DIR": str(settings.DATA_DIR),
            "DEBUG": "1" if settings.DEBUG else "0",
            "SECRET_KEY": settings.SECRET_KEY,
            "DETAILS_KEYS": settings.DETAILS_KEYS,
            "PYTHONUNBUFFERED": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments],
            cwd=settings.BASE_DIR,
            env={"PYTHONWARNINGS": AS_ROOT_IS_FINE, **os.environ, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for this process alone, which stops them in order.
            preexec_fn=end_with_parent,  # Safe before the first thread.
        )
        assert process.stdout is not None  # noqa: S101
        return cls(name, process, process.stdout)

    def copy_output(self, say: Callable[[str], None]) -> None:
        for line in self.output:
            say(f"{self.name:>9} | {line.rstrip()}")

    def stop(self) -> None:
        """Let the process finish what it is doing, for as long as it may; then end it with all its own."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(SECONDS_TO_FINISH[self.name])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def end_with_parent() -> None:
    """Have this process told to stop should its parent be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def refuse_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}. Choose another port,"
            f" as in `make run PORT={port + 1}` or `manage.py serve --port {port + 1}`."
        ) from error


def is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
