"""Pages a second of the server that we ship, each beside an empty view of the same Django under the same server."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from benchmarks import databases
from benchmarks.child import ROOT, measure

DATABASE = "bench_pages"
SECONDS = 5
PATIENCE = 60
TRIES = 5
LEADS = 10_000
MONTHS = 60


class NotSignedIn(Exception):
    """A page led elsewhere, so its time would be another one's."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How often an address was answered: a second, and the milliseconds of one answer."""

    rate: float
    median: float
    p99: float


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """This context will serve the portal as `manage.py serve` and the image do, and give the port."""
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        port = int(door.getsockname()[1])
    static = folder / "static"
    given = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.portal_settings",
        "DATABASE_URL": f"{settings.DATABASE_URL.rpartition('/')[0]}/{DATABASE}",
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "DETAILS_KEYS": settings.DETAILS_KEYS,
        "STATIC_ROOT": str(static),
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], cwd=ROOT, env=given, check=True
    )
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
            "config.wsgi:application",
        ],
        cwd=ROOT,
        env=given,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def ask(port: int, path: str, cookie: str = "") -> Answered:
    """This function will ask for a page for some seconds, over kept connections."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), path, cookie, str(SECONDS)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout)
    return Answered(said["rate"], said["median"], said["p99"])


def opened(port: int, path: str, cookie: str) -> float:
    """The seconds in which a page opens, the slowest of some tries; the first one, which loads code, does not count."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie})
    took = []
    for _ in range(1 + TRIES):
        began = time.perf_counter()
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            if answer.url != asked.full_url:
                raise NotSignedIn(answer.url)
            answer.read()
        took.append(time.perf_counter() - began)
    return max(took[1:])


def furnish(folder: Path) -> dict[str, str]:
    """This function will give the largest partner its leads, a link and somebody who is signed in."""
    note = folder / "signed-in.json"
    measure("furnish_partner", DATABASE, note=note, leads=LEADS)
    databases.settle(DATABASE)
    return dict(json.loads(note.read_text()))


def peak() -> float:
    """The largest child's memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"Nothing answered on port {port}")
