"""A real Celery worker on the test database, that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from celery import current_app
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # Seconds for something that takes a few on a free machine.


def database_url() -> str:
    """The address of this process's test database, for another process."""
    where = connection.settings_dict
    password = f":{quote(where['PASSWORD'])}" if where["PASSWORD"] else ""
    return f"postgres://{where['USER']}{password}@{quote(str(where['HOST']), safe='')}:{where['PORT']}/{where['NAME']}"


def environment() -> dict[str, str]:
    """What another process needs to know to work on this process's test database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "OWNER_DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "DETAILS_KEYS": settings.DETAILS_KEYS,
    }


def start_worker(log: Path, queue: str = "") -> "subprocess.Popen[bytes]":
    """This function will start a worker in a process group of its own, for this process's queue if none is named."""
    queue = queue or current_app.conf.task_default_queue
    with log.open("ab") as out:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "config",
                "worker",
                "-Q",
                queue,
                "-c",
                "2",
                "-l",
                "warning",
            ],
            cwd=ROOT,
            env=environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def kill(worker: "subprocess.Popen[bytes]") -> None:
    """This function will kill a worker and its children at once, as a crash would."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@contextmanager
def running_worker(log: Path, queue: str = "") -> Iterator[None]:
    """This context has a worker, which is ended in order afterwards."""
    worker = start_worker(log, queue)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=20)
        except subprocess.TimeoutExpired:
            kill(worker)


def wait_until(holds: Callable[[], bool], what: str, log: Path) -> None:
    """This function will wait until something holds.

    :raises AssertionError: it does not within the patience of the tests; with the worker's last words
    """
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen:\n{log.read_text()[-3000:]}"
        time.sleep(0.1)
