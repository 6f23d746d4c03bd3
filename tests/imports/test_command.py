"""`manage.py import_program` as a process: exit status, standard output and standard error."""

import pytest

from affiliates.models import Partner
from clients.models import RefusedRecording
from tests.cast import all_rows
from tests.conftest import Databases
from tests.imports.folder import Folder, manage


def test_done_is_0_and_says_so_on_standard_output(folder: Folder, real_db: Databases) -> None:
    done = manage("import_program", str(folder.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "partners: 2 rows read, 2 new or changed"
    assert Partner.objects.count() == 2


def test_a_dry_run_is_0_and_saves_nothing(folder: Folder, real_db: Databases) -> None:
    before = all_rows()
    done = manage("import_program", "--dry-run", str(folder.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Dry run" in done.stdout
    assert all_rows() == before


def test_refused_is_1_with_every_reason_on_standard_error(folder: Folder, real_db: Databases) -> None:
    folder.append("payments.csv", "P8,I1,1e3,2026-03-01", "P9,I9,1.00,2026-03-01")
    before = all_rows()
    refused = manage("import_program", str(folder.path))
    kept = "clients_refusedrecording"
    assert (refused.returncode, refused.stdout) == (1, "")
    lines = refused.stderr.splitlines()
    assert lines[0].startswith("payments.csv:4: payment P8 amount: “1e3” does not do; ")
    assert lines[1].startswith("payments.csv:5: payment P9 invoice: there is no invoice “I9”; ")
    assert lines[2] == "CommandError: Nothing was recorded: 2 problems"
    assert len(lines) == 3
    assert {**all_rows(), kept: []} == before
    refusal = RefusedRecording.objects.get()
    assert (refusal.source, refusal.count) == (f"import_program {folder.path.name}", 2)
    assert [place for place, _, _ in refusal.rows] == [
        "payments.csv:4 payment P8 amount", "payments.csv:5 payment P9 invoice",
    ]  # fmt: skip


def test_a_missing_folder_is_1(folder: Folder, real_db: Databases) -> None:
    refused = manage("import_program", str(folder.path / "gone"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"CommandError: There is no folder {folder.path / 'gone'}.\n"


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("a", "--dry")])
def test_wrong_usage_is_2(arguments: tuple[str, ...], real_db: Databases) -> None:
    wrong = manage("import_program", *(*arguments, "--nonsense"))
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "usage: manage.py import_program" in wrong.stderr
