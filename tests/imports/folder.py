"""A folder with a small, correct program in the files of INTERFACE.md, to spoil and to import.

Ada has the client `acme` with two invoices: I1 (1,000.00, of which 900.00 are paid) and I2 (500.00, paid and
partly refunded). Ben has the client `cove`.
"""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from tests.cast import all_rows

ROOT = Path(settings.BASE_DIR)
KEPT = "clients_refusedrecording"
FILES = {
    "partners.csv": """\
partner,name,kind,email,joined_on,terminated_on,terminated_by
ada,Ada Partners,affiliate,ada@partners.example,2025-01-01,,
ben,"Ben ""B."" & Sons, Ltd.",lead_referral,ben@partners.example,2025-01-01,2026-12-31,company
""",
    "clients.csv": """\
client,partner,name,domain,closed_on,canceled_on
acme,ada,Acme Inc.,acme.example,2025-06-01,
cove,ben,Cove Inc.,,2025-06-01,2026-06-30
""",
    "invoices.csv": """\
invoice,client,issued_on,line,category,amount,service_from,service_months
I1,acme,2026-01-01,1,subscription,900.00,2026-01,1
I1,acme,2026-01-01,2,toll_free,100.00,,
I2,acme,2026-02-01,1,subscription,500,2026-02-01,1
""",
    "payments.csv": """\
payment,invoice,amount,received_on
P1,I1,900.00,2026-01-10
P2,I2,500.00,2026-02-10
""",
    "reversals.csv": """\
reversal,payment,kind,amount,occurred_on
R1,P2,refund,100.00,2026-02-20
""",
}


@dataclass(frozen=True)
class Outcome:
    """What the command said; `error` is the reason of a refusal, empty where there was none."""

    out: str
    problems: list[str]
    error: str


class Folder:
    """A folder to import."""

    def __init__(self, path: Path, files: Mapping[str, str] = FILES) -> None:
        self.path = path
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str | bytes) -> None:
        """This function will write a file as it is, line ends included."""
        (self.path / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.path / name).read_bytes().decode()

    def append(self, name: str, *rows: str) -> None:
        """This function will add rows at the end of a file."""
        self.write(name, self.read(name) + "".join(f"{row}\n" for row in rows))

    def change(self, name: str, old: str, new: str) -> None:
        """This function will replace a text that stands in a file once."""
        text = self.read(name)
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def keep(self, *names: str) -> None:
        """This function will remove all files but these."""
        for path in self.path.iterdir():
            if path.name not in names:
                path.unlink()

    def run(self, *options: str) -> Outcome:
        """This function will import the folder in this process."""
        out, err = io.StringIO(), io.StringIO()
        error = ""
        try:
            call_command("import_program", str(self.path), *options, stdout=out, stderr=err)
        except CommandError as refused:
            error = str(refused)
        return Outcome(out.getvalue(), err.getvalue().splitlines(), error)

    def accepted(self, *options: str) -> str:
        """This function will import the folder, which must do, and say what the command said."""
        outcome = self.run(*options)
        assert (outcome.problems, outcome.error) == ([], "")
        return outcome.out

    def refused(self, *options: str) -> list[str]:
        """This function will import the folder, which must be refused and change nothing: the problems.

        What finance reads about a refusal is kept; a dry run keeps not even that.
        """
        before = all_rows()
        outcome = self.run(*options)
        assert outcome.error
        assert outcome.out == ""
        may_keep: dict[str, list[str]] = {} if "--dry-run" in options else {KEPT: []}
        assert all_rows() | may_keep == before | may_keep
        return outcome.problems

    def refused_once(self, *options: str) -> str:
        """This function will import the folder, which must be refused for one reason: that reason."""
        (problem,) = self.refused(*options)
        return problem


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with the correct program."""
    path = tmp_path / "program"
    path.mkdir()
    return Folder(path)


def manage(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """This function will run `manage.py` in a process of its own on this test's database.

    `code` is Python to run before it.
    """
    program = (
        f"{code}\nimport sys\nsys.argv[0] = 'manage.py'\n"
        "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def environment() -> dict[str, str]:
    """What a process needs to use this test's database rather than one of its own."""
    database = connection.settings_dict
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url(database, str(database["NAME"])),
        "OWNER_DATABASE_URL": url(settings.OWNER_DATABASE, str(database["NAME"])),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "DETAILS_KEYS": settings.DETAILS_KEYS,
    }


def url(database: Mapping[str, object], name: str) -> str:
    """The address of a database with the server, the role and the password of another."""
    host = str(database["HOST"]).replace("/", "%2F")
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{host}:{database['PORT']}/{name}"
