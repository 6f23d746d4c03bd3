"""Large files: refused in words, in little time and memory, and nothing saved.

The rows of the valid-looking one are 60 MB, since 300 MB of them take half a minute; memory is the same.
"""

from pathlib import Path

import pytest

from tests.cast import ADA, all_rows, record
from tests.conftest import Databases
from tests.imports.folder import FILES, KEPT, Folder, manage

MEGABYTE = 1024 * 1024
ENDLESS = 300 * MEGABYTE
VALID_LOOKING = 60 * MEGABYTE
MOST_MEMORY = 400 * 1024  # In kB, of the Python process.
MEASURE = """
import atexit, re
def peak():
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
atexit.register(peak)
"""

pytestmark = pytest.mark.xdist_group("large_files")


def refused(folder: Folder) -> tuple[list[str], int]:
    """This function will import a folder in a process of its own, which must refuse it.

    It gives what was said on standard error, and the most memory that the process held, in kB.
    """
    before = all_rows()
    done = manage("import_program", str(folder.path), code=MEASURE)
    assert done.returncode == 1, done.stderr
    assert all_rows() | {KEPT: []} == before | {KEPT: []}
    return done.stderr.splitlines(), int(done.stdout.removeprefix("peak "))


def write_blocks(path: Path, first: bytes, block: bytes) -> None:
    """This function will write a file of 300 MB or a little more, the same block again and again."""
    with path.open("wb") as file:
        file.write(first)
        for _ in range(ENDLESS // len(block) + 1):
            file.write(block)


def test_one_endless_line(folder: Folder, real_db: Databases) -> None:
    folder.keep("partners.csv")
    write_blocks(folder.path / "clients.csv", b"", b"x" * MEGABYTE)
    said, memory = refused(folder)
    assert said == [
        "clients.csv:1: is longer than 65,536 bytes; is this a CSV file with one row a line?",
        "CommandError: Nothing was recorded: 1 problem",
    ]
    assert memory < MOST_MEMORY


def test_one_endless_row_after_good_ones(folder: Folder, real_db: Databases) -> None:
    folder.keep("partners.csv")
    write_blocks(folder.path / "clients.csv", FILES["clients.csv"].encode(), b"x," * MEGABYTE)
    said, memory = refused(folder)
    assert said[0].startswith("clients.csv:4: is longer than 65,536 bytes; ")
    assert memory < MOST_MEMORY


def test_an_error_in_the_last_line(folder: Folder, real_db: Databases) -> None:
    """A hundred thousand clients, with names and domains as long as they may be."""
    record(ADA)
    folder.keep()
    rest = f",ada,{'n' * 200},{'d' * 240}.example,2025-06-01\n"
    rows = VALID_LOOKING // (len(rest) + 9) + 1
    with (folder.path / "clients.csv").open("w") as file:
        file.write("client,partner,name,domain,closed_on\n")
        file.writelines(f"c{number:08}{rest}" for number in range(rows))
        file.write("last,ada,Last,,2025-02-30\n")
    assert (folder.path / "clients.csv").stat().st_size > VALID_LOOKING
    said, memory = refused(folder)
    place = f"clients.csv:{rows + 2}: client last closed_on: "
    assert said[0].startswith(f"{place}“2025-02-30” is no day of the calendar; ")
    assert said[1:] == ["CommandError: Nothing was recorded: 1 problem"]
    assert memory < MOST_MEMORY
