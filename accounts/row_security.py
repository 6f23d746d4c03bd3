"""The wall behind the querysets: what a partner's page reads, PostgreSQL itself keeps to the partner's rows.

A model says in `seen_by_partner`, as an SQL condition on its table, which of its rows a partner may see;
`tributary_partner()` is the partner whose page is being made. A model that says nothing is not for partners.
`manage.py migrate` makes the conditions policies of a third role that may only read. The application's role
takes it on for each page of a partner (`rows_of`) and lays it down for the one step that a page takes
(`whole_program`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

TAKE_ON = "SELECT set_config('role', %s, true), set_config('tributary.partner', %s, true)"
FUNCTIONS = """
    CREATE OR REPLACE FUNCTION public.tributary_partner() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('tributary.partner', true), '')::bigint $$;

    -- Clients that are or were the partner's: what a closed month paid for stays explained after a move.
    CREATE OR REPLACE FUNCTION public.tributary_clients() RETURNS SETOF bigint LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT client_id FROM clients_clienthistory WHERE partner_id = tributary_partner() $$;
"""


@contextmanager
def rows_of(partner_id: int) -> Iterator[None]:
    """This context will show nothing but what one partner may see, and let nothing be written."""
    if not settings.PARTNER_ROLE:
        yield
        return
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        _take_on(settings.PARTNER_ROLE, str(partner_id))
        yield
        if not is_outermost:  # Else the transaction ends now, and the role with it.
            _take_on("none", "")


@contextmanager
def whole_program() -> Iterator[None]:
    """This context, inside of `rows_of`, will give the application its own rights for a step of the program."""
    if not settings.PARTNER_ROLE:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), current_setting('tributary.partner', true)")
        role, partner = cursor.fetchone()
    with transaction.atomic():
        _take_on("none", "")
        yield
        _take_on(role, partner or "")


def _take_on(role: str, partner: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ON, [role, partner])


def guard_rows() -> None:
    """This function will write the conditions of all models as policies; run it as the owner, after migrating.

    A deployment that has one role for everything says so with an empty `PARTNER_ROLE`, and has no such wall.
    """
    if not settings.PARTNER_ROLE:
        return
    quote = connection.ops.quote_name
    partner, owner = quote(settings.PARTNER_ROLE), quote(settings.OWNER_DATABASE["USER"])
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if any(model._meta.db_table not in tables for model in apps.get_models()):
            return  # Only the first migrations were asked for.
        cursor.execute(FUNCTIONS)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {partner}")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {partner}")
        for model in apps.get_models():
            condition = getattr(model, "seen_by_partner", "")
            table = quote(model._meta.db_table)
            if not condition:
                continue
            cursor.execute(f"GRANT SELECT ON {table} TO {partner}")
            if condition == "true":
                continue
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS whole_program ON {table}")
            everybody = f"{owner}, {quote(settings.APPLICATION_ROLE)}"
            cursor.execute(f"CREATE POLICY whole_program ON {table} TO {everybody} USING (true) WITH CHECK (true)")
            cursor.execute(f"DROP POLICY IF EXISTS seen_by_partner ON {table}")
            cursor.execute(f"CREATE POLICY seen_by_partner ON {table} FOR SELECT TO {partner} USING ({condition})")
