"""What may be added and never changed: refused to the application by right, to the owner by trigger.

A whole program is committed once for this module, since triggers fire on rows that another connection sees.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from psycopg2 import extensions
from psycopg2.sql import SQL, Identifier
from pytest_django.plugin import DjangoDbBlocker

from accounts.append_only import is_append_only
from accounts.services.seal_audit import seal_audit
from affiliates.models.partner import EndedBy
from affiliates.services.accept_agreement import accept_agreement, publish_version
from affiliates.services.end_partnership import end_partnership
from affiliates.services.open_violation import open_violation
from clients.models import Client, ProblemKind
from clients.models.category import Category
from clients.recording.problems import Problem, Problems
from clients.services.correct_win import correct_win
from clients.services.keep_refusal import keep_refusal
from clients.services.map_category import map_category
from clients.services.record_payment_problem import record_payment_problem
from commissions.models import Commission
from commissions.services.give_plan import give_plan, make_plan
from commissions.services.open_dispute import open_dispute
from integrations.introductions.models import Source
from integrations.introductions.services.receive_message import receive_message
from parts.uploads import Kind, Upload
from payouts.models import Payout
from payouts.services.present_invoice import present_invoice
from payouts.services.present_report import present_report
from referrals.models import Click, Link
from referrals.services.ask_sales import ask_sales
from referrals.services.note_lead import note_lead
from referrals.services.register_lead import register_lead
from tests.cast import (
    AT,
    client,
    close,
    day,
    fay,
    invoice,
    line,
    monthly,
    owner_of,
    pam,
    payment,
    program,
    refund,
    run,
    sam,
    the_partner,
)
from tests.conftest import Databases
from tests.finance.paying import a_file, payee
from tests.finance.year_end import taken_before
from tests.integrations.partnerstack.brought import bring_little
from tests.integrations.stripe.one_of_each import one_of_each
from tests.leads.telling import win

pytestmark = pytest.mark.xdist_group("append_only")

APPEND_ONLY = sorted(
    (model for model in apps.get_models() if is_append_only(model)), key=lambda model: model._meta.label
)
LABELS = [model._meta.label for model in APPEND_ONLY]
# What the contract and the money stand on; it must not lose its guard.
MUST_BE = {
    "accounts.AuditEntry",
    "accounts.AuditSeal",
    "affiliates.Acceptance",
    "affiliates.AgreementVersion",
    "affiliates.FactBatch",
    "affiliates.PartnerHistory",
    "affiliates.TerminationNotice",
    "affiliates.ViolationFile",
    "clients.CategoryMapping",
    "clients.ClientHistory",
    "clients.Invoice",
    "clients.InvoiceLine",
    "clients.Payment",
    "clients.PaymentProblem",
    "clients.RefusedRecording",
    "clients.Reversal",
    "clients.Slice",
    "clients.WinCorrection",
    "commissions.LedgerEntry",
    "commissions.Plan",
    "commissions.PlanAssignment",
    "commissions.Tier",
    "introductions.Message",
    "notices.Event",
    "partnerstack.RawRow",
    "payouts.PartnerInvoice",
    "payouts.PaymentFile",
    "payouts.PayoutStep",
    "payouts.ReferralReport",
    "referrals.Click",
    "referrals.LeadNote",
    "referrals.LeadStep",
    "stripe.StripeEvent",
}
BY_TRIGGER = psycopg2.errors.RaiseException


@pytest.fixture(scope="module")
def told(databases: Databases, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A program with a row in every table that this module is about, committed."""
    with django_db_blocker.unblock():
        _tell()
        connection.close()
        yield
        databases.lay()


def _tell() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        refund("acme-2026-01-paid", "10.00", "2026-01-20"),
        invoice("I1", "acme", "2026-01-01", line("5.00", "AI minutes")),
        payment("P1", "I1", "5.00", "2026-01-10"),
    )
    ada, owner = the_partner("ada"), owner_of("ada")
    version = publish_version(number="1", title="Terms", text="The Agreement", by=None, at=AT)
    accept_agreement(partner=ada, version=version, name="Olga Owner", by=owner, at=AT)
    map_category(word="AI minutes", category=Category.OTHER_USAGE, by=fay(), at=AT)
    acme = Client.objects.get(reference="acme")
    record_payment_problem(
        client=acme, kind=ProblemKind.FAILED, occurred_on=day("2026-01-05"), key="1", by=fay(), at=AT
    )
    keep_refusal(source="acme", problems=Problems([Problem("x.csv", 2, "", "", "odd", "even")], 1), by=None, at=AT)
    plan = make_plan(name="Early", tiers=[(Decimal(0), Decimal("0.25"))], by=None, at=AT)
    give_plan(partner=ada, plan=plan, first_month=day("2026-02-01"), reason="", by=None, at=AT)
    lead = register_lead(
        partner=ada,
        company="Dune Inc.",
        contact="Dan",
        email="dan@dune.example",
        is_attested=True,
        by=sam(),
        at=AT,
    )
    ask_sales(lead=lead, text="Did you reach them?", by=owner, at=AT)
    note_lead(lead=lead, text="Call after ten", by=sam(), at=AT)
    win(lead)
    correct_win(lead=lead, reason="Signed for a trial only", by=pam(), at=AT)
    link = Link.objects.create(partner=ada, code="ada", name="Blog", destination="https://x.example", created_at=AT)
    Click.objects.create(link=link, at=AT)
    close("2026-01")
    disputed, proof = Commission.objects.filter(partner=ada)[0], Upload(b"%PDF-1.4 %%EOF", Kind.PDF, "proof.pdf")
    open_dispute(partner=ada, commission_id=disputed.pk, comment="More was paid", files=[proof], by=owner, at=AT)
    payout = Payout.objects.get()
    present_report(payout=payout, note="", by=owner, at=AT)
    payee("ada")
    a_file(payout)
    present_invoice(payout=payout, number="1", dated_on=day("2026-02-01"), amount=payout.amount, by=owner, at=AT)
    end_partnership(
        partner=the_partner("ben"),
        given_by=EndedBy.PARTNER,
        given_on=day("2027-01-01"),
        effective_on=day("2027-01-10"),
        reason="Retires",
        by=None,
        at=AT,
    )
    breach: dict[str, Any] = {"clause": "6", "evidence": "…", "notice_on": day("2026-12-01"), "files": [proof]}
    open_violation(partner=ada, by=None, at=AT, **breach)
    receive_message(raw=b"From: a@b.example\n\nHi", source=Source.COMMAND, at=AT)
    bring_little(AT)
    one_of_each()
    run("2026-02")
    taken_before("ada", "200.00")
    seal_audit(at=AT)


def connect(*, as_owner: bool) -> extensions.connection:
    """A connection of its own to this test's database, as one of the two roles."""
    role = settings.OWNER_DATABASE if as_owner else connection.settings_dict
    return psycopg2.connect(
        dbname=connection.settings_dict["NAME"],
        user=role["USER"],
        password=role["PASSWORD"],
        host=role["HOST"],
        port=role["PORT"],
    )


@contextmanager
def rolled_back(*, as_owner: bool) -> Iterator[extensions.cursor]:
    with closing(connect(as_owner=as_owner)) as connected, connected.cursor() as cursor:
        yield cursor
        connected.rollback()


def refused(statement: str, table: str, *, as_owner: bool, error: type[Exception], match: str = "") -> None:
    """This function will try a statement as a role, which must be refused and leave every row."""
    with rolled_back(as_owner=as_owner) as cursor:
        before = rows(cursor, table)
        cursor.execute("SAVEPOINT before")
        with pytest.raises(error, match=match):
            cursor.execute(SQL(statement).format(table=Identifier(table)))
        cursor.execute("ROLLBACK TO before")
        assert rows(cursor, table) == before
        assert before, f"no test without a row in {table}; add one to the program that this module tells"


def rows(cursor: extensions.cursor, table: str) -> int:
    cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table)))
    found = cursor.fetchone()
    return int(found[0]) if found else 0


def any_column(model: type[models.Model]) -> str:
    """A column that can be set to itself: what changes nothing is refused too."""
    return next(field.column for field in model._meta.local_concrete_fields if not field.generated)


def test_what_must_be_append_only_is() -> None:
    assert set(LABELS) >= MUST_BE


@pytest.mark.parametrize("model", APPEND_ONLY, ids=LABELS)
@pytest.mark.parametrize("what", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.usefixtures("told")
def test_the_application_has_no_right_to(what: str, model: type[models.Model]) -> None:
    refused(
        statement_of(what, model),
        model._meta.db_table,
        as_owner=False,
        error=psycopg2.errors.InsufficientPrivilege,
        match="permission denied for table",
    )


@pytest.mark.parametrize("model", APPEND_ONLY, ids=LABELS)
@pytest.mark.parametrize("what", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.usefixtures("told")
def test_a_trigger_refuses_the_owner(what: str, model: type[models.Model]) -> None:
    refused(
        statement_of(what, model),
        model._meta.db_table,
        as_owner=True,
        error=BY_TRIGGER,
        match="the rows of .* stay|pgtrigger: Cannot",
    )


def statement_of(what: str, model: type[models.Model]) -> str:
    column = any_column(model)
    return {
        "UPDATE": f'UPDATE {{table}} SET "{column}" = "{column}"',
        "DELETE": "DELETE FROM {table}",
        "TRUNCATE": "TRUNCATE {table} CASCADE",
    }[what]


# -- A closed period --------------------------------------------------------------------------------------


CLOSED = [
    ("commissions_commission", "UPDATE {table} SET amount = amount", "Cannot update"),
    ("commissions_commission", "DELETE FROM {table}", "commissions of a closed period are final"),
    (
        "commissions_commission",
        """INSERT INTO {table} (period_id, partner_id, client_id, service_month, state, mrr, rate, base, target,
                                posted_before, amount)
           SELECT '2026-01-01', partner_id, client_id, '2025-12-01', 'posted', mrr, rate, base, 1, 0, 1
           FROM {table} LIMIT 1""",
        "commissions of a closed period are final",
    ),
    ("commissions_commission", "TRUNCATE {table} CASCADE", "the rows of commissions_commission stay"),
    ("commissions_period", "UPDATE {table} SET closed_at = NULL WHERE month = '2026-01-01'", "Cannot update"),
    ("commissions_period", "UPDATE {table} SET closed_at = now() WHERE month = '2026-01-01'", "Cannot update"),
    ("commissions_period", "DELETE FROM {table} WHERE month = '2026-01-01'", "Cannot update or delete"),
    ("commissions_period", "TRUNCATE {table} CASCADE", "the rows of commissions_.* stay"),
]


@pytest.mark.parametrize(("table", "statement", "match"), CLOSED)
@pytest.mark.usefixtures("told")
def test_a_trigger_keeps_a_closed_period_from_its_owner(table: str, statement: str, match: str) -> None:
    refused(statement, table, as_owner=True, error=BY_TRIGGER, match=match)


@pytest.mark.parametrize(
    ("table", "statement", "match"), [case for case in CLOSED if not case[1].startswith("TRUNCATE")]
)
@pytest.mark.usefixtures("told")
def test_a_trigger_keeps_a_closed_period_from_the_application(table: str, statement: str, match: str) -> None:
    refused(statement, table, as_owner=False, error=BY_TRIGGER, match=match)


@pytest.mark.usefixtures("told")
def test_the_commissions_of_an_open_period_may_go_and_come() -> None:
    with rolled_back(as_owner=False) as cursor:
        cursor.execute("INSERT INTO commissions_period (month) VALUES ('2026-03-01')")
        cursor.execute(
            """INSERT INTO commissions_commission (period_id, partner_id, client_id, service_month, state, mrr,
                   rate, base, target, posted_before, amount)
               SELECT '2026-03-01', partner_id, client_id, '2025-12-01', 'posted', mrr, rate, base, 1, 0, 1
               FROM commissions_commission LIMIT 1"""
        )
        cursor.execute("DELETE FROM commissions_commission WHERE period_id = '2026-03-01'")
        assert cursor.rowcount == 1


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("table", "statement"), [(table, statement) for table, statement, _ in CLOSED[:3]])
def test_the_application_cannot_have_triggers_ignored(table: str, statement: str) -> None:
    with rolled_back(as_owner=False) as cursor:
        cursor.execute("SELECT array_agg(DISTINCT tgname::text) FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")
        found = cursor.fetchone()
        assert found
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s::text[]::text, true)", [found[0]])
        with pytest.raises(BY_TRIGGER):
            cursor.execute(SQL(statement).format(table=Identifier(table)))


# -- The application's role -------------------------------------------------------------------------------


def asked(question: str) -> object:
    with rolled_back(as_owner=False) as cursor:
        cursor.execute(question)
        found = cursor.fetchone()
        return found[0] if found else None


@pytest.mark.usefixtures("told")
def test_tests_run_as_the_applications_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (settings.APPLICATION_ROLE,)
    assert settings.OWNER_DATABASE["USER"] != settings.APPLICATION_ROLE


@pytest.mark.usefixtures("told")
def test_the_application_owns_nothing() -> None:
    assert asked("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0
    assert asked("SELECT count(*) FROM pg_proc WHERE proowner = current_user::regrole") == 0
    assert asked("SELECT count(*) FROM pg_namespace WHERE nspowner = current_user::regrole") == 0
    assert asked("SELECT count(*) FROM pg_database WHERE datdba = current_user::regrole") == 0


@pytest.mark.usefixtures("told")
def test_the_application_is_an_ordinary_role_that_may_only_take_on_the_partners() -> None:
    assert (
        asked(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
            "FROM pg_roles WHERE rolname = current_user"
        )
        is False
    )
    memberships = "FROM pg_auth_members WHERE member = current_user::regrole"
    assert asked(f"SELECT array_agg(roleid::regrole::text) {memberships}") == ["tributary_partner"]
    assert asked(f"SELECT bool_or(inherit_option OR admin_option) {memberships}") is False


FORBIDDEN = [
    "CREATE TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name NAME) RETURNS boolean RETURN true",
    "DROP TABLE clients_invoice CASCADE",
    "ALTER TABLE clients_invoice DISABLE TRIGGER ALL",
    "ALTER TABLE clients_invoice DISABLE TRIGGER USER",
    "ALTER TABLE clients_invoice ADD COLUMN note text",
    "ALTER TABLE clients_invoice OWNER TO CURRENT_USER",
    "ALTER TABLE clients_invoice DROP CONSTRAINT invoice_total_is_not_negative",
    "CREATE TRIGGER mine BEFORE UPDATE ON clients_invoice EXECUTE FUNCTION tsvector_update_trigger()",
    "CREATE RULE mine AS ON UPDATE TO clients_invoice DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "SELECT setval('clients_invoice_id_seq', 1)",
    "LOCK TABLE clients_invoice IN ACCESS EXCLUSIVE MODE",
    "COPY clients_invoice TO '/tmp/stolen'",
    "COPY clients_invoice TO PROGRAM 'cat'",
    "ALTER ROLE CURRENT_USER SUPERUSER",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.usefixtures("told")
def test_the_application_may_not(statement: str) -> None:
    with rolled_back(as_owner=False) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


@pytest.mark.usefixtures("told")
def test_the_application_cannot_give_itself_a_right() -> None:
    with rolled_back(as_owner=False) as cursor:
        cursor.execute("GRANT ALL ON clients_invoice TO CURRENT_USER")  # A warning is all that comes of it.
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("UPDATE clients_invoice SET total = total")


@pytest.mark.usefixtures("told")
def test_the_application_cannot_become_the_owner() -> None:
    with rolled_back(as_owner=False) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(SQL("SET ROLE {}").format(Identifier(settings.OWNER_DATABASE["USER"])))


@pytest.mark.usefixtures("told")
def test_every_table_can_be_read_and_added_to_by_the_application() -> None:
    for model in apps.get_models():
        table = model._meta.db_table
        assert asked(f"SELECT has_table_privilege('{table}', 'SELECT')")
        assert asked(f"SELECT has_table_privilege('{table}', 'INSERT')")
        assert not asked(f"SELECT has_table_privilege('{table}', 'TRUNCATE')")
        assert bool(asked(f"SELECT has_any_column_privilege('{table}', 'UPDATE')")) != is_append_only(model)
        assert bool(asked(f"SELECT has_table_privilege('{table}', 'DELETE')")) != is_append_only(model)
