"""The two database roles: the owner migrates, the application's role reads and writes rows.

The application's role owns nothing. It may not change or empty what is append-only, nor create tables, and
it cannot switch triggers off, because only an owner can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.db import connection

from accounts.append_only import is_append_only

SIGN_IN = ("USER", "PASSWORD", "HOST", "PORT")


@contextmanager
def signed_in_as_owner() -> Iterator[None]:
    """This context will run what is inside on the owner's connection, in the current database."""
    where: dict[str, Any] = connection.settings_dict
    owner = cast(dict[str, Any], settings.OWNER_DATABASE)
    application = where.copy()
    connection.close()
    where.update({key: owner[key] for key in SIGN_IN})
    try:
        yield
    finally:
        connection.close()
        where.update({key: application[key] for key in SIGN_IN})


def keep_triggers_on() -> None:
    """This function will take away the setting by which anybody could switch triggers off; run it as the owner.

    django-pgtrigger's triggers ask a function of its own whether to stand aside. Each of its migrations
    writes that function anew, so this comes after them. (It also caught an error at each call, and with every
    error PostgreSQL goes through all foreign keys that are still to be checked: half a minute for 30,000
    new clients that now take a third of a second.)
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN "
            "LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )


def grant_rows() -> None:
    """This function will give the application's role its rights on each table; run it as the owner.

    Where both roles are the same (a small deployment with one role), there is nothing to give.
    """
    role = settings.APPLICATION_ROLE
    if role == settings.OWNER_DATABASE["USER"]:
        return
    guarded = {model._meta.db_table for model in apps.get_models() if is_append_only(model)}
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quote(role)}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quote(role)}")
        for table in tables:
            rights = "SELECT, INSERT" if table in guarded else "SELECT, INSERT, UPDATE, DELETE"
            cursor.execute(f"REVOKE ALL ON {quote(table)} FROM {quote(role)}")
            cursor.execute(f"GRANT {rights} ON {quote(table)} TO {quote(role)}")
