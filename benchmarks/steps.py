"""What is timed. Each step runs in a process of its own: `python -m benchmarks.steps STEP DATABASE ARGUMENTS`.

A step gives how many rows it was about, and times what it times by itself: the loading of Django, and what
has to be there beforehand, do not count.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.models import Count, Model
from django.utils.crypto import get_random_string
from weasyprint import HTML

from benchmarks import environment  # noqa: F401

# isort: split
from accounts.models import AuditEntry, User
from affiliates.models import Membership, Partner, Program
from affiliates.models.partner import MemberRole
from affiliates.months import show_month
from benchmarks.clock import Clock
from benchmarks.databases import SUPERUSER, use
from benchmarks.facts_sent import deliver_events, import_sent, post_bare, send_facts
from benchmarks.program import Shape, write_by_month, write_whole
from benchmarks.stripe_events import accept_stripe, insert_stripe, record_stripe, work_stripe
from clients.files import open_tables
from clients.recording.problems import Problems
from clients.services.record_facts import record_facts
from commissions.models import EntryKind, LedgerEntry, Period
from commissions.services.run_period import run_period
from payouts.documents.render_statement import render_statement
from payouts.documents.statement_data import StatementData
from payouts.services.close_period import close_period
from referrals.models import Click, Lead, LeadStep, LeadWork
from referrals.models.lead import Stage
from referrals.services.make_link import make_link
from tests.documents.builders import example_statement

MASTER_DATA = ("affiliates_factbatch", "affiliates_partner", "clients_client")
FACTS = ("clients_invoice", "clients_invoiceline", "clients_payment", "clients_reversal")
SLICES = "clients_slice"
WARM_UP = 5


def now() -> datetime:
    return datetime.now(UTC)


def write_program(clock: Clock, folder: str, lines: int, months: int, by_month: bool = False) -> int:
    """Write a program's files."""
    shape = Shape(lines, months)
    with clock():
        (write_by_month if by_month else write_whole)(Path(folder), shape)
    return lines


def import_facts(clock: Clock, folder: str) -> int:
    """Record a folder of files as `import_program` does; rows are lines of invoices."""
    problems = Problems()
    with clock():
        tables = open_tables(Path(folder), problems, lambda position: None)
        recorded = record_facts(tables=tables, problems=problems, source="benchmark", by=None, at=now())
    return recorded.read["invoices"]


def run(clock: Clock, month: str, full: bool = False, close: bool = False) -> int:
    """Compute a month, and close it if asked to; rows are posted and waiting amounts."""
    first = date.fromisoformat(month)
    with clock():
        computed = run_period(month=first, by=None, clock=now, full=full)
        if close:
            close_period(month=first, by=None, at=now())
    return computed.posted_rows + computed.waiting_rows


def record_history(clock: Clock, folder: str, months: list[str]) -> int:
    """Record, compute and close month after month; rows are lines of invoices."""
    rows = 0
    for month in months:
        rows += import_facts(clock, str(Path(folder) / month[:7]))
        run(clock, month, close=True)
    return rows


def dump_facts(clock: Clock, folder: str) -> int:
    """Write what was recorded as PostgreSQL's text, numbers and all."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        for table in (*MASTER_DATA, *FACTS, SLICES):
            with (Path(folder) / table).open("wb") as file, clock():
                cursor.copy_expert(f"COPY {table} TO STDOUT", file)
    return 0


def copy_facts(clock: Clock, folder: str, with_slices: bool = False) -> int:
    """Give what `dump_facts` wrote to PostgreSQL; partners and clients are there beforehand.

    A superuser does it: nobody else may COPY into tables with row-level security.
    """
    connection.close()
    connection.settings_dict["USER"] = SUPERUSER
    with transaction.atomic():
        _copy(folder, MASTER_DATA)
    tables = (*FACTS, SLICES) if with_slices else FACTS
    with clock(), transaction.atomic():
        rows = _copy(folder, tables)
    return rows["clients_invoiceline"]


def _copy(folder: str, tables: Iterable[str]) -> dict[str, int]:
    rows = {}
    with connection.cursor() as cursor:
        for table in tables:
            with (Path(folder) / table).open("rb") as file:
                cursor.copy_expert(f"COPY {table} FROM STDIN", file, 1 << 18)
                rows[table] = cursor.rowcount
    return rows


def print_statements(clock: Clock, lines: int, count: int) -> int:
    """Print so many statements of so many lines, after a few to warm up; rows are statements."""
    data = example_statement(lines)
    for _ in range(WARM_UP if count > 1 else 0):
        render_statement(data)
    with clock():
        for _ in range(count):
            render_statement(data)
    return count


def print_bare_tables(clock: Clock, lines: int, count: int, columns: int) -> int:
    """Print so many bare tables of the same rows by WeasyPrint alone, after a few to warm up."""
    html = bare_table(example_statement(lines), columns)
    for _ in range(WARM_UP):
        HTML(string=html).write_pdf()
    with clock():
        for _ in range(count):
            HTML(string=html).write_pdf()
    return count


def bare_table(data: StatementData, columns: int) -> str:
    """The lines of a statement without any dress: all that each says, or its first columns."""
    rows = [
        [line.client, line.base, line.amount, f"{line.service_month:%b %Y}", line.rate][:columns]
        for line in (*data.lines, *data.corrections)
    ]
    cells = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return f"<title>Statement</title><table>{cells}</table>"


def _give_leads(partner: Partner, owner: User, count: int) -> None:
    """Leads as the service makes them, which registers only so many on one day."""
    leads = Lead.objects.bulk_create(
        Lead(
            partner=partner,
            company=f"Company {number:05}",
            name_key=f"company {number:05}",
            mail_domain=f"company{number:05}.example",
            contact=f"Contact {number}",
            email=f"contact{number}@company{number:05}.example",
            registered_on=now().date(),
            registered_by=owner,
            protected_until=now().date() + timedelta(days=90),
            is_attested=True,
        )
        for number in range(count)
    )
    LeadStep.objects.bulk_create(LeadStep(lead=lead, stage=Stage.SUBMITTED, at=now(), by=owner) for lead in leads)
    LeadWork.objects.bulk_create(LeadWork(lead=lead, touched_at=now(), stage_since=now()) for lead in leads)


def _signed_in(person: User) -> str:
    """The cookies of a browser that somebody is signed in with."""
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
    )
    session.create()
    kept = {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: get_random_string(32)}
    return "; ".join(f"{name}={value}" for name, value in kept.items())


def furnish_partner(clock: Clock, note: str, leads: int) -> int:
    """Give the partner with most clients its leads, a link, and an owner whose session is written to a file."""
    partner = Partner.objects.annotate(size=Count("clients")).order_by("-size", "pk")[0]
    owner = User.objects.create_user("owner@partner.example", "a long enough word", name="Olga Owner")
    Membership.objects.create(partner=partner, user=owner, role=MemberRole.OWNER)
    _give_leads(partner, owner, leads)
    Program.objects.update(company_site="https://www.example.com/")
    link = make_link(partner=partner, name="News", destination="https://www.example.com/", by=owner, at=now())
    newest = Period.objects.order_by("-pk")[0]
    said = {
        "cookie": _signed_in(owner),
        "code": link.code,
        "bare": f"/bare-list/{partner.pk}/",
        "month": f"/commissions/months/{show_month(newest.pk)}/",
    }
    Path(note).write_text(json.dumps(said))
    return leads


LARGEST = (
    "clients/invoiceline", "clients/invoice", "clients/payment", "clients/reversal", "clients/client",
    "commissions/commission", "commissions/ledgerentry", "accounts/auditentry", "referrals/click", "referrals/lead",
)  # fmt: skip


def furnish_admin(clock: Clock, note: str, rows: int) -> int:
    """Fill up what the program itself has few of, and write a superuser's session and each table's size to a file."""
    partner = Partner.objects.order_by("pk")[0]
    root = User.objects.create_superuser("root@company.example", name="Root")
    Program.objects.update(company_site="https://www.example.com/")
    link = make_link(partner=partner, name="News", destination="https://www.example.com/", by=root, at=now())
    _give_leads(partner, root, 1)
    entry = LedgerEntry(
        key="filled up", partner=partner, kind=EntryKind.ADJUSTMENT, amount=1, dated_on=now().date(), recorded_at=now()
    )
    entry.save()
    day = "dated_on - (number / 1000)::int"
    with clock():
        _multiply(AuditEntry.objects.all()[0], rows)
        _multiply(Click.objects.create(link=link, at=now()), rows, token="'t' || number")
        _multiply(Lead.objects.all()[0], rows, registered_on=day.replace("dated", "registered"))
        _multiply(entry, rows, key="'filled up ' || number", dated_on=day)
    said = {
        "cookie": _signed_in(root),
        "lists": {
            name: (str(model._meta.verbose_name_plural), model._default_manager.count())
            for name, model in ((name, apps.get_model(name.replace("/", "."))) for name in LARGEST)
        },
    }
    Path(note).write_text(json.dumps(said))
    return rows


def _multiply(row: Model, rows: int, **changes: str) -> None:
    """Lay so many copies of a row; `changes` says in SQL what a column is in the copy `number`."""
    table = row._meta.db_table
    columns = [field.column for field in row._meta.local_concrete_fields if not (field.primary_key or field.generated)]
    copied = [changes.get(column, f'"{column}"') for column in columns]
    listed = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({listed})'
            f' SELECT {", ".join(copied)} FROM "{table}" CROSS JOIN generate_series(2, %s) AS number WHERE id = %s',
            [rows, row.pk],
        )


STEPS: dict[str, Callable[..., int]] = {
    step.__name__: step
    for step in (
        write_program,
        import_facts,
        run,
        record_history,
        dump_facts,
        copy_facts,
        print_statements,
        print_bare_tables,
        furnish_partner,
        furnish_admin,
        send_facts,
        import_sent,
        deliver_events,
        post_bare,
        accept_stripe,
        insert_stripe,
        work_stripe,
        record_stripe,
    )
}


def main(step: str, database: str, arguments: str) -> None:
    if database:
        use(database)
    clock = Clock()
    rows = STEPS[step](clock, **json.loads(arguments))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": clock.seconds, "megabytes": kilobytes / 1024, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
