"""Databases for tests: real ones, migrated once by the owner's role and used through the application's.

`db` rolls each test back. `real_db` commits for real (threads, workers, browsers) and is laid anew
afterwards from a template, since the application's role may not empty what is append-only. The template is
named by the code that it comes from, so that all processes, and later runs, share it while nothing changes.
"""

import gc
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from psycopg2.sql import SQL, Identifier
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from clients.recording.stage import empty_stage
from tests.memory import Space

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = "test_template_"
LAYING = 20260701  # The lock of whoever makes the template.
GARBAGE = 20_000  # Objects made since the last search for those that nobody needs; Python's own number is 700.
# Folders and modules that take half a minute or more: they begin first, so that nobody waits for the last of them.
LONG = {
    "engine", "journeys", "faults", "test_demo", "test_document", "test_helping", "test_killed", "test_large_files",
    "test_month_from_outside", "test_nonsense_for_staff",
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Each test process has a queue of its own, which only its own workers serve."""
    current_app.conf.task_default_queue = f"tests_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    settings.PASSWORD_HASHERS = ["tests.quick_hash.QuickArgon2", *settings.PASSWORD_HASHERS]
    settings.WHITENOISE_AUTOREFRESH = True  # Every new client would read the whole folder of static files.


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order stays a random one, in each process first of its part of what is long and then of the rest.

    `worksteal` gives each process as many tests as another, one after the other.
    """
    long = [item for item in reversed(items) if LONG & {item.path.parent.name, item.path.stem}]
    rest = [item for item in reversed(items) if not LONG & {item.path.parent.name, item.path.stem}]
    ordered: list[pytest.Item] = []
    for processes in range(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), 0, -1):
        end = len(ordered) + (len(items) - len(ordered)) // processes
        ordered += [long.pop() for _ in range(-(-len(long) // processes))]
        ordered += [rest.pop() for _ in range(end - len(ordered))]
    items[:] = ordered


def pytest_collection_finish() -> None:
    """What was imported stays until the end, so it is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 10, 10)


def fingerprint() -> str:
    """What the template comes from, in few letters: all of the product's code, and its roles."""
    found = hashlib.sha256(repr((settings.APPLICATION_ROLE, settings.PARTNER_ROLE)).encode())
    ours = {Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    ours |= {ROOT / "config", ROOT / "integrations"}
    files = [file for folder in ours for file in folder.rglob("*") if file.suffix in (".py", ".sql", ".txt")]
    for file in (*sorted(files), ROOT / "requirements.txt"):
        found.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return found.hexdigest()[:16]


class Databases:
    """The test database of one test process, and the template that all of them share."""

    def __init__(self, worker: str) -> None:
        self.template = f"{TEMPLATES}{fingerprint()}"
        self.name = f"test_{worker}"
        self.space = Space(self.name)

    def make_template(self) -> None:
        """This function will migrate a template, where no other process or run has done so with the same code."""
        with self._owner() as owner:
            owner.execute("SELECT pg_advisory_lock(%s)", [LAYING])
            owner.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATES])
            found = {name for (name,) in owner.fetchall()}
            if self.template in found:
                return
            for name in found:
                self._as_owner("DROP DATABASE IF EXISTS {}", name)
            unfinished = f"{TEMPLATES}unfinished"
            self._as_owner("CREATE DATABASE {}", unfinished)
            self._use(unfinished)
            call_command("migrate", verbosity=0)
            connection.close()
            self._as_owner("ALTER DATABASE {} RENAME TO {}", unfinished, self.template)

    def begin(self) -> None:
        """This function will lay the database for the first time."""
        self.make_template()
        self._as_owner("DROP DATABASE IF EXISTS {}", self.name)
        self.space.make()
        self.lay()

    def lay(self) -> None:
        connections.close_all()
        self._as_owner("DROP DATABASE IF EXISTS {}", self.name)
        place = " TABLESPACE {0}" if self.space.is_there else ""  # It bears the database's name.
        self._as_owner("CREATE DATABASE {0} TEMPLATE {1}" + place, self.name, self.template)
        # Nothing here has to outlive a crash of the server, so nobody waits for its disk at each commit.
        self._as_owner("ALTER DATABASE {} SET synchronous_commit = off", self.name)
        self._use(self.name)
        with transaction.atomic():
            empty_stage()  # As on a connection that has recorded before: made once, not in each test again.

    def drop(self) -> None:
        connections.close_all()
        self._as_owner("DROP DATABASE IF EXISTS {}", self.name)
        self.space.drop()

    def _use(self, name: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = name

    def _as_owner(self, statement: str, *names: str) -> None:
        with self._owner() as owner:
            owner.execute(SQL(statement).format(*map(Identifier, names)))

    @contextmanager
    def _owner(self) -> Iterator[psycopg2.extensions.cursor]:
        where = settings.OWNER_DATABASE
        with closing(
            psycopg2.connect(
                dbname=where["NAME"],
                user=where["USER"],
                password=where["PASSWORD"],
                host=where["HOST"],
                port=where["PORT"],
            )
        ) as owner:
            owner.autocommit = True
            with owner.cursor() as cursor:
                yield cursor


@pytest.fixture(scope="session")
def databases(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Databases]:
    databases = Databases(worker_id)
    with django_db_blocker.unblock():
        databases.begin()
        yield databases
        databases.drop()


@pytest.fixture(scope="session")
def all_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def own_files(settings: Settings, all_files: Path) -> None:
    """Documents and mail of a test lie in a folder of their own."""
    folder = all_files / uuid.uuid4().hex  # Counting what is there, as `mktemp` does, takes longer each time.
    folder.mkdir()
    settings.MEDIA_ROOT = os.environ["MEDIA_ROOT"] = str(folder)


@pytest.fixture(autouse=True)
def own_counts(settings: Settings) -> None:
    """How often somebody tried something is counted for each test from zero."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": uuid.uuid4().hex}}


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases) -> None:
    """Takes the place of pytest-django's own, which would make the database as the application's role."""


@pytest.fixture
def real_db(databases: Databases, django_db_blocker: DjangoDbBlocker) -> Iterator[Databases]:
    with django_db_blocker.unblock():
        yield databases
        databases.lay()


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(autouse=True)
def no_collected_files(settings: Settings, empty_folder: Path) -> None:
    """WhiteNoise warns where its folder is missing, and nothing is collected for tests."""
    settings.STATIC_ROOT = empty_folder
