"""Databases to measure in: made by the owner's role, used through the application's, as in production."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.sql import SQL, Identifier

TEMPLATE = "bench_template"
SUPERUSER = "postgres"  # Of the embedded server; it alone may fill the cache and end the server's own work.


def use(name: str) -> None:
    """This function will make a database the one that Django talks to, as the application's role."""
    connection.close()
    connection.settings_dict["NAME"] = name


def lay_template() -> None:
    """This function will make an empty program, migrated as it stands in the tree."""
    lay(TEMPLATE, template="template1")
    use(TEMPLATE)
    call_command("migrate", verbosity=0)
    connection.close()


def lay(name: str, *, template: str = TEMPLATE) -> None:
    """This function will make a database anew, a copy of another one that nobody is using."""
    drop(name)
    statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with as_owner(settings.OWNER_DATABASE["NAME"]) as owner, owner.cursor() as cursor:
        cursor.execute(statement.format(Identifier(name), Identifier(template)))


def drop(*names: str) -> None:
    """This function will drop databases, whoever is in them: the server's own vacuum only yields to a superuser."""
    with _signed_in(settings.OWNER_DATABASE["NAME"], SUPERUSER) as superuser, superuser.cursor() as cursor:
        for name in names:
            cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def as_owner(name: str) -> AbstractContextManager[Connection]:
    """This context will give the owner's own connection to a database; each statement is a transaction."""
    return _signed_in(name, settings.OWNER_DATABASE["USER"])


@contextmanager
def _signed_in(name: str, user: str) -> Iterator[Connection]:
    owner = settings.OWNER_DATABASE
    with closing(psycopg2.connect(dbname=name, user=user, host=owner["HOST"], port=owner["PORT"])) as opened:
        opened.autocommit = True
        yield opened


def settle(name: str) -> None:
    """This function will leave a database with statistics, with nothing to vacuum, and in the cache."""
    with as_owner(name) as owner, owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    warm(name)


def warm(name: str) -> None:
    """This function will read every table and index of a database into PostgreSQL's own cache, as far as it goes."""
    with _signed_in(name, SUPERUSER) as superuser, superuser.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        cursor.execute(
            "SELECT count(pg_prewarm(oid)) FROM pg_class"
            " WHERE relkind IN ('r', 'i')"
            " AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)"
        )
