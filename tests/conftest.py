"""Databases for tests: real ones, migrated once by the owner's role and used through the application's.

`db` rolls each test back. `real_db` commits for real (threads, workers, browsers) and is laid anew
afterwards from a template, since the application's role may not empty what is append-only.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg2.sql import SQL, Identifier
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker


def pytest_configure(config: pytest.Config) -> None:
    """Each test process has a queue of its own, which only its own workers serve."""
    current_app.conf.task_default_queue = f"tests_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


class Databases:
    """The template and the test database of one test process."""

    def __init__(self, worker: str) -> None:
        self.template = f"test_template_{worker}"
        self.name = f"test_{worker}"

    def make_template(self) -> None:
        self._as_owner("DROP DATABASE IF EXISTS {}", self.template)
        self._as_owner("CREATE DATABASE {}", self.template)
        self._use(self.template)
        call_command("migrate", verbosity=0)
        connection.close()

    def lay(self) -> None:
        connections.close_all()
        self._as_owner("DROP DATABASE IF EXISTS {}", self.name)
        self._as_owner("CREATE DATABASE {} TEMPLATE {}", self.name, self.template)
        self._use(self.name)

    def drop(self) -> None:
        connections.close_all()
        for name in (self.name, self.template):
            self._as_owner("DROP DATABASE IF EXISTS {}", name)

    def _use(self, name: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = name

    def _as_owner(self, statement: str, *names: str) -> None:
        owner = settings.OWNER_DATABASE
        with closing(
            psycopg2.connect(
                dbname=owner["NAME"],
                user=owner["USER"],
                password=owner["PASSWORD"],
                host=owner["HOST"],
                port=owner["PORT"],
            )
        ) as owners:
            owners.autocommit = True
            with owners.cursor() as cursor:
                cursor.execute(SQL(statement).format(*map(Identifier, names)))


@pytest.fixture(scope="session")
def databases(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Databases]:
    databases = Databases(worker_id)
    with django_db_blocker.unblock():
        databases.make_template()
        databases.lay()
        yield databases
        databases.drop()


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Documents and mail of a test lie in a folder of their own."""
    settings.MEDIA_ROOT = os.environ["MEDIA_ROOT"] = str(tmp_path_factory.mktemp("media"))


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


@pytest.fixture(autouse=True)
def no_collected_files(settings: Settings, tmp_path: Path) -> None:
    """WhiteNoise warns where its folder is missing, and nothing is collected for tests."""
    settings.STATIC_ROOT = tmp_path
