"""Importing again, dry runs, and what the command says."""

import pytest

from affiliates.models import FactBatch
from clients.models import ClientHistory
from tests.cast import all_rows
from tests.imports.folder import FILES, Folder

pytestmark = pytest.mark.django_db


def test_importing_again_changes_nothing(folder: Folder) -> None:
    folder.accepted()
    before = all_rows()
    assert folder.accepted() == (
        "partners: 2 rows read, 0 new or changed\n"
        "clients: 2 rows read, 0 new or changed\n"
        "invoices: 3 rows read, 0 new or changed, 0 lines\n"
        "payments: 2 rows read, 0 new or changed\n"
        "reversals: 1 rows read, 0 new or changed\n"
        "Everything was recorded already.\n"
    )
    assert all_rows() == before


def test_each_file_again_by_itself_changes_nothing(folder: Folder) -> None:
    folder.accepted()
    before = all_rows()
    for name, text in FILES.items():
        folder.keep()
        folder.write(name, text)
        folder.accepted()
    assert all_rows() == before


def test_the_command_says_what_came(folder: Folder) -> None:
    assert folder.accepted() == (
        "partners: 2 rows read, 2 new or changed\n"
        "clients: 2 rows read, 2 new or changed\n"
        "invoices: 3 rows read, 2 new or changed, 3 lines\n"
        "payments: 2 rows read, 2 new or changed\n"
        "reversals: 1 rows read, 1 new or changed\n"
    )


def test_a_batch_notes_the_recording(folder: Folder) -> None:
    folder.accepted()
    batch = FactBatch.objects.get()
    assert (batch.source, batch.by, f"{batch.earliest}") == ("import_program program", None, "2025-01-01")
    assert batch.counts == {"partners": 2, "clients": 2, "invoices": 3, "payments": 2, "reversals": 1}


def test_a_dry_run_checks_and_records_nothing(folder: Folder) -> None:
    before = all_rows()
    assert folder.accepted("--dry-run").endswith("Dry run: everything is in order, and nothing was recorded.\n")
    assert all_rows() == before


def test_a_dry_run_refuses_what_an_import_refuses(folder: Folder) -> None:
    folder.append("payments.csv", "P9,I1,100.01,2026-03-01")
    assert folder.refused("--dry-run") == folder.refused()


def test_only_what_is_new_is_added(folder: Folder) -> None:
    folder.accepted()
    folder.append("payments.csv", "P3,I1,100.00,2026-03-01")
    assert "payments: 3 rows read, 1 new or changed\n" in folder.accepted()
    assert FactBatch.objects.count() == 2


def test_a_new_name_is_no_new_state_of_a_client(folder: Folder) -> None:
    folder.accepted()
    folder.change("clients.csv", "Acme Inc.", "Acme Ltd.")
    assert "clients: 2 rows read, 1 new or changed\n" in folder.accepted()
    assert ClientHistory.objects.filter(client__reference="acme").count() == 1


def test_a_refused_row_keeps_the_good_ones_out_too(folder: Folder) -> None:
    folder.append("reversals.csv", "R9,P9,refund,1.00,2026-03-01")
    folder.refused()
    assert not FactBatch.objects.exists()
