"""What a partner's page may read from the database, with every filter of the views taken away."""

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from accounts.models import AuditEntry
from accounts.reading import read_rows
from accounts.row_security import rows_of, whole_program
from affiliates.models import Partner
from clients.models import Client
from commissions.models import Commission, LedgerEntry
from tests.cast import client, close, monthly, program, record

pytestmark = pytest.mark.django_db
EVERYBODYS = "true"


@pytest.fixture
def two_partners() -> tuple[Partner, Partner]:
    program(client("acme"), client("brim", of="ben"), monthly("acme", "2026-01", "100.00"))
    record(monthly("brim", "2026-01", "200.00"))
    close("2026-01")
    return Partner.objects.get(reference="ada"), Partner.objects.get(reference="ben")


def guarded() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "seen_by_partner", "") not in ("", EVERYBODYS)]


def test_without_any_filter_there_are_only_the_partners_own_rows(two_partners: tuple[Partner, Partner]) -> None:
    ada, _ = two_partners
    with rows_of(ada.pk):
        assert [partner.pk for partner in Partner.objects.all()] == [ada.pk]
        assert {row.reference for row in Client.objects.all()} == {"acme"}
        for model in (Commission, LedgerEntry):
            assert {row.partner_id for row in model.objects.all()} == {ada.pk}
    assert Partner.objects.count() == 2


def test_a_statement_that_was_planned_for_the_company_shows_each_partner_its_own(
    two_partners: tuple[Partner, Partner],
) -> None:
    def seen() -> list[str]:
        """Asked often enough that PostgreSQL keeps one plan for all."""
        asked = "SELECT {client} FROM clients_client AS client ORDER BY reference"
        rows = [[client.reference for (client,) in read_rows(asked, client=Client)] for _ in range(7)]
        assert all(row == rows[0] for row in rows)
        return rows[0]

    ada, ben = two_partners
    for _ in range(2):
        assert seen() == ["acme", "brim"]
        with rows_of(ada.pk):
            assert seen() == ["acme"]
        with rows_of(ben.pk):
            assert seen() == ["brim"]
            with whole_program():
                assert seen() == ["acme", "brim"]
            assert seen() == ["brim"]


@pytest.mark.parametrize("model", guarded(), ids=lambda model: model._meta.label)
def test_a_partner_without_anything_sees_no_row(model: type[models.Model], two_partners: object) -> None:
    with rows_of(0):
        assert not model._default_manager.exists()


def test_a_table_that_is_not_for_partners_cannot_be_read(two_partners: tuple[Partner, Partner]) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), rows_of(two_partners[0].pk):
        AuditEntry.objects.exists()
    assert AuditEntry.objects.exists()


def test_a_page_writes_nothing_by_itself(two_partners: tuple[Partner, Partner]) -> None:
    ada, _ = two_partners
    with pytest.raises(ProgrammingError, match="permission denied"), rows_of(ada.pk):
        Partner.objects.update(name="Mine")
    ada.refresh_from_db()
    assert ada.name == "Ada Partners"


def test_a_step_of_the_program_has_the_applications_rights_and_the_page_goes_on_without(
    two_partners: tuple[Partner, Partner],
) -> None:
    ada, _ = two_partners
    with rows_of(ada.pk):
        with whole_program():
            assert Partner.objects.count() == 2
        assert Partner.objects.count() == 1


def test_a_step_that_fails_leaves_the_page_with_its_own_rights_only(two_partners: tuple[Partner, Partner]) -> None:
    with rows_of(two_partners[0].pk):
        with pytest.raises(ValueError, match="no"), whole_program():
            raise ValueError("no")
        assert Partner.objects.count() == 1


def test_every_model_that_knows_a_partner_says_who_sees_it() -> None:
    silent = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "partner" for field in model._meta.get_fields() if isinstance(field, models.ForeignKey))
        and not hasattr(model, "seen_by_partner")
    }
    assert silent == set()


def test_the_policies_hold_for_the_owner_of_the_tables_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {name for (name,) in cursor.fetchall()}
    assert forced == {model._meta.db_table for model in guarded()}


def test_nobody_signs_in_as_the_partners_role() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'tributary_partner'")
        assert cursor.fetchall() == [(False, False, False)]
