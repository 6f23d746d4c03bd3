"""The files as such: header, encoding, quotes, lines, folders (INTERFACE.md, "Files of a program")."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from affiliates.models import Partner
from clients.models import Client
from tests.cast import all_rows, the_partner
from tests.imports.folder import FILES, Folder

pytestmark = pytest.mark.django_db

REQUIRED = {
    "partners.csv": ["partner", "name", "kind", "email", "joined_on"],
    "clients.csv": ["client", "partner", "name", "domain", "closed_on"],
    "invoices.csv": ["invoice", "client", "issued_on", "line", "category", "amount"],
    "payments.csv": ["payment", "invoice", "amount", "received_on"],
    "reversals.csv": ["reversal", "payment", "kind", "amount", "occurred_on"],
}
OPTIONAL = {
    "partners.csv": ["terminated_on", "terminated_by"],
    "clients.csv": ["canceled_on"],
    "invoices.csv": ["service_from", "service_months"],
}
NAMES = list(FILES)


def header_of(name: str) -> list[str]:
    return FILES[name].splitlines()[0].split(",")


def reasons(problems: list[str], name: str) -> list[str]:
    """What is wrong with one file."""
    return [problem for problem in problems if problem.startswith(name)]


# -- Header -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in REQUIRED.items() for column in columns]
)
def test_a_missing_column_is_named(folder: Folder, name: str, column: str) -> None:
    folder.keep()
    names = [other for other in header_of(name) if other != column]
    folder.write(name, ",".join(names) + "\n")
    assert folder.refused() == [f"{name}:1: column “{column}”: is missing; add it to the header row and to each row"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extra", ["note", "Amount", " name", "", "name ", "x" * 100, "partner_id"])
def test_an_extra_column_is_refused_by_name(folder: Folder, name: str, extra: str) -> None:
    folder.keep()
    folder.write(name, ",".join([*header_of(name), extra]) + "\n")
    assert folder.refused() == [
        f"{name}:1: column “{extra[:60]}”: is not known; the columns are {', '.join(header_of(name))}"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_column_twice_is_refused(folder: Folder, name: str) -> None:
    folder.keep()
    first = header_of(name)[0]
    folder.write(name, ",".join([*header_of(name), first]) + "\n")
    assert folder.refused() == [f"{name}:1: column “{first}”: stands there more than once; keep one of them"]


def test_all_that_is_wrong_with_a_header_is_said_at_once(folder: Folder) -> None:
    folder.keep()
    folder.write("payments.csv", "payment,payment,money,received_on\n")
    assert [problem.split(";")[0] for problem in folder.refused()] == [
        "payments.csv:1: column “payment”: stands there more than once",
        "payments.csv:1: column “money”: is not known",
        "payments.csv:1: column “invoice”: is missing",
        "payments.csv:1: column “amount”: is missing",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_says_how_to_begin(folder: Folder, name: str) -> None:
    folder.keep()
    folder.write(name, "")
    assert folder.refused() == [f"{name}:1: is empty; begin with a header row: {','.join(header_of(name))}"]


def test_a_header_only_is_fine(folder: Folder) -> None:
    for name in NAMES:
        folder.write(name, FILES[name].splitlines()[0] + "\n")
    before = all_rows()
    assert "Everything was recorded already." in folder.accepted()
    assert all_rows() == before


def test_columns_in_any_order(folder: Folder) -> None:
    for name in NAMES:
        rows = [row.split(",") for row in FILES[name].replace('"Ben ""B."" & Sons, Ltd."', "Ben").splitlines()]
        folder.write(name, "".join(",".join(reversed(row)) + "\n" for row in rows))
    folder.accepted()
    ben = the_partner("ben")
    assert (ben.name, f"{ben.terminated_on}", ben.terminated_by) == ("Ben", "2026-12-31", "company")


# -- Optional columns -------------------------------------------------------------------------------------


def test_an_optional_column_that_is_left_out_leaves_values_as_they_are(folder: Folder) -> None:
    folder.accepted()
    before = all_rows()
    folder.keep()
    folder.write("partners.csv", without(FILES, "partners.csv"))
    folder.write("clients.csv", without(FILES, "clients.csv"))
    assert "Everything was recorded already." in folder.accepted()
    assert all_rows() == before


def test_an_optional_column_that_is_blank_clears_its_value(folder: Folder) -> None:
    folder.accepted()
    folder.change("partners.csv", "2026-12-31,company", ",")
    folder.change("clients.csv", "2026-06-30", "")
    folder.accepted()
    ben = the_partner("ben")
    assert (ben.terminated_on, ben.terminated_by) == (None, "")
    assert Client.objects.get(reference="cove").canceled_on is None


def test_optional_columns_left_out_of_new_rows_are_blank(folder: Folder) -> None:
    folder.keep("invoices.csv")
    folder.write("partners.csv", without(FILES, "partners.csv"))
    folder.write("clients.csv", without(FILES, "clients.csv"))
    folder.accepted()
    assert (the_partner("ben").terminated_on, the_partner("ben").terminated_by) == (None, "")
    assert Client.objects.get(reference="cove").canceled_on is None


def test_invoices_without_the_optional_columns_can_hold_no_subscription(folder: Folder) -> None:
    folder.keep("partners.csv", "clients.csv")
    header = "invoice,client,issued_on,line,category,amount\n"
    folder.write("invoices.csv", f"{header}I1,acme,2026-01-01,1,tax,5.00\n")
    folder.accepted()
    folder.write("invoices.csv", f"{header}I2,acme,2026-01-01,1,subscription,5.00\n")
    assert folder.refused_once().startswith("invoices.csv:2: invoice I2 service_from: is missing; ")


def test_a_later_close_of_a_cancelled_client_without_the_column_canceled_on(folder: Folder) -> None:
    folder.accepted()
    folder.keep()
    folder.write("clients.csv", "client,partner,name,domain,closed_on\ncove,ben,Cove Inc.,,2026-07-15\n")
    assert folder.refused_once().startswith("clients.csv:2: client cove canceled_on: lies before closed_on; ")


def test_a_later_joining_of_an_ended_partner_without_the_column_terminated_on(folder: Folder) -> None:
    folder.accepted()
    folder.keep()
    folder.write("partners.csv", "partner,name,kind,email,joined_on\nben,Ben,affiliate,b@x.example,2027-07-15\n")
    assert folder.refused_once().startswith("partners.csv:2: partner ben terminated_on: lies before joined_on; ")


def test_a_termination_that_is_cleared_takes_who_ended_it_along(folder: Folder) -> None:
    folder.accepted()
    folder.keep()
    header = "partner,name,kind,email,joined_on,terminated_on"
    folder.write("partners.csv", f"{header}\nben,Ben,affiliate,b@x.example,2025-01-01,\n")
    folder.accepted()
    assert (the_partner("ben").terminated_on, the_partner("ben").terminated_by) == (None, "")


def without(files: Mapping[str, str], name: str) -> str:
    """A file without its optional columns."""
    text = files[name].replace('"Ben ""B."" & Sons, Ltd."', "Ben ~B.~ & Sons~")
    rows = [row.split(",")[: -len(OPTIONAL[name])] for row in text.splitlines()]
    return "".join(",".join(row) + "\n" for row in rows).replace("Ben ~B.~ & Sons~", '"Ben ""B."" & Sons, Ltd."')


# -- Rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "values"),
    [("P9,I1,1.00", 3), ("P9,I1,1.00,2026-03-01,", 5), ("P9,I1,1.00,2026-03-01,x,y", 6), ("P9", 1), ("  ", 1)],
)
def test_a_row_with_another_number_of_values(folder: Folder, row: str, values: int) -> None:
    folder.append("payments.csv", row)
    problem = folder.refused_once()
    assert problem.startswith("payments.csv:4: ")
    assert f"has {values} values where the header has 4; " in problem.replace("1 value ", "1 values ")


def test_extra_blank_lines_are_nothing(folder: Folder) -> None:
    for name in NAMES:
        folder.write(name, FILES[name].replace("\n", "\n\n") + "\n\n\n")
    folder.accepted()
    assert Partner.objects.count() == 2


def test_a_problem_after_blank_and_long_rows_still_has_its_line(folder: Folder) -> None:
    folder.append(
        "partners.csv", "", '"cal","Cal",affiliate,cal@x.example,2025-01-01,,', "", "dan,Dan,x,d@x.example,2025-01-01,,"
    )
    assert folder.refused_once().startswith("partners.csv:7: partner dan kind: ")


def test_the_last_line_needs_no_end(folder: Folder) -> None:
    for name in NAMES:
        folder.write(name, FILES[name].rstrip("\n"))
    folder.accepted()
    assert Partner.objects.count() == 2


def test_windows_line_ends_are_fine(folder: Folder) -> None:
    for name in NAMES:
        folder.write(name, FILES[name].replace("\n", "\r\n"))
    folder.accepted()
    assert the_partner("ben").terminated_by == "company"


def test_windows_line_ends_count_lines_as_others_do(folder: Folder) -> None:
    folder.append("payments.csv", "P9,I1,bad,2026-03-01")
    folder.write("payments.csv", folder.read("payments.csv").replace("\n", "\r\n"))
    assert folder.refused_once().startswith("payments.csv:4: payment P9 amount: ")


def test_a_byte_order_mark_is_fine(folder: Folder) -> None:
    for name in NAMES:
        folder.write(name, b"\xef\xbb\xbf" + FILES[name].encode())
    folder.accepted()
    assert Partner.objects.count() == 2


def test_quoted_commas_and_quotes_are_kept(folder: Folder) -> None:
    folder.accepted()
    assert the_partner("ben").name == 'Ben "B." & Sons, Ltd.'


def test_everything_may_be_quoted(folder: Folder) -> None:
    folder.keep("partners.csv")
    folder.write("payments.csv", '"payment","invoice","amount","received_on"\n')
    folder.accepted()


BROKEN = [
    ('P9,"I1,1.00,2026-03-01\n', "unexpected end of data"),  # Never closed.
    ('P9,"I1"x,1.00,2026-03-01\n', "',' expected after '\"'"),
    ('"P9,I1,1.00,2026-03-01\nP8,I1,1.00,2026-03-01\n', "unexpected end of data"),
]


@pytest.mark.parametrize(("rows", "reason"), BROKEN)
def test_broken_quotes(folder: Folder, rows: str, reason: str) -> None:
    folder.write("payments.csv", FILES["payments.csv"] + rows)
    problem = next(iter(reasons(folder.refused(), "payments.csv")))
    assert reason in problem
    assert problem.endswith("check its double quotes")


def test_blank_lines_before_the_header_are_nothing(folder: Folder) -> None:
    folder.write("partners.csv", "\n\n" + FILES["partners.csv"])
    folder.accepted()


def test_a_quote_that_is_never_closed_is_found_where_it_begins(folder: Folder) -> None:
    folder.append("payments.csv", '"P9,I1,1.00,2026-03-01', "P8,I1,1.00,2026-03-01", "P7,I1,1.00,2026-03-01")
    assert folder.refused()[0].startswith("payments.csv:4: ")


def test_old_macintosh_line_ends_are_refused(folder: Folder) -> None:
    folder.keep()
    folder.write("payments.csv", FILES["payments.csv"].replace("\n", "\r"))
    assert folder.refused_once().startswith("payments.csv:1: is not readable as CSV ")


# -- Bytes ------------------------------------------------------------------------------------------------


NOT_UTF8 = [
    ("café".encode("latin-1"), 11),
    (b"\xff", 8),
    (b"\xed\xa0\x80", 8),  # Half of a surrogate pair.
    (b"\xc0\xaf", 8),  # Longer than need be.
]


@pytest.mark.parametrize(("text", "byte"), NOT_UTF8, ids=[repr(text) for text, _ in NOT_UTF8])
def test_a_file_that_is_not_utf_8(folder: Folder, text: bytes, byte: int) -> None:
    folder.keep("partners.csv")
    folder.write("clients.csv", FILES["clients.csv"].encode() + b"bolt,ada," + text + b",,2025-01-01,\n")
    assert folder.refused() == [f"clients.csv:4: is not UTF-8 (byte {byte + 2} of the line); save the file as UTF-8"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_file_in_another_unicode(folder: Folder, encoding: str) -> None:
    folder.keep()
    folder.write("partners.csv", FILES["partners.csv"].encode(encoding))
    assert all(problem.startswith("partners.csv:1: ") for problem in folder.refused())


def test_zero_bytes(folder: Folder) -> None:
    folder.keep()
    folder.write("partners.csv", bytes(1000))
    problems = folder.refused()
    assert problems[0].startswith("partners.csv:1: column “\N{REPLACEMENT CHARACTER}")
    assert {problem.split(":")[1] for problem in problems} == {"1"}


def test_a_picture_is_no_program(folder: Folder) -> None:
    folder.keep()
    folder.write("partners.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    assert folder.refused_once() == "partners.csv:1: is not UTF-8 (byte 1 of the line); save the file as UTF-8"


@pytest.mark.parametrize("place", ["header", "row"])
def test_a_line_longer_than_64_kb(folder: Folder, place: str) -> None:
    folder.keep("partners.csv")
    before = "" if place == "header" else FILES["clients.csv"]
    folder.write("clients.csv", before + "x" * 70_000 + "\n")
    assert folder.refused() == [
        f"clients.csv:{before.count(chr(10)) + 1}: is longer than 65,536 bytes; is this a CSV file with one row a line?"
    ]


def test_a_quoted_value_over_many_lines_ends_somewhere(folder: Folder) -> None:
    folder.keep("partners.csv")
    folder.write("clients.csv", FILES["clients.csv"] + 'bolt,ada,"' + "and so on\n" * 50_000)
    problem = folder.refused_once()
    assert problem.startswith("clients.csv:")
    assert problem.endswith("check its double quotes")


@pytest.mark.parametrize(
    "clients",
    [
        "client,partner,name,domain,closed_on\nbolt,ada,Bolt, Inc.,,2025-01-01\n",  # A value too many.
        "client,partner,name,domain,closed\nbolt,ada,Bolt,,2025-01-01\n",  # A header that does not do.
        'client,partner,name,domain,closed_on\nbolt,ada,"Bolt,,2025-01-01\n',  # A quote never closed.
        "",
    ],
)
def test_what_refers_to_an_unreadable_row_is_not_reported_as_unknown(folder: Folder, clients: str) -> None:
    folder.keep("partners.csv")
    folder.write("clients.csv", clients)
    folder.write("invoices.csv", FILES["invoices.csv"].splitlines()[0] + "\nI9,bolt,2026-01-01,1,tax,5.00,,\n")
    assert not [problem for problem in folder.refused() if problem.startswith("invoices.csv")]


def test_an_invoice_with_a_refused_line_is_not_reported_for_its_sum(folder: Folder) -> None:
    folder.append("invoices.csv", "I9,acme,2026-01-01,1,tax,1e3,,", "I9,acme,2026-01-01,2,tax,-5.00,,")
    assert folder.refused_once().startswith("invoices.csv:5: invoice I9 amount: “1e3”")


# -- Folder -----------------------------------------------------------------------------------------------


def test_a_folder_that_is_missing(folder: Folder) -> None:
    gone = Folder(folder.path / "gone", {})
    assert gone.refused() == []
    assert gone.run().error == f"There is no folder {gone.path}."


def test_a_file_is_no_folder(folder: Folder) -> None:
    file = Folder(folder.path / "partners.csv", {})
    assert file.refused() == []
    assert file.run().error == f"There is no folder {file.path}."


def test_an_empty_folder(folder: Folder) -> None:
    folder.keep()
    assert folder.refused() == []
    assert folder.run().error == (
        f"{folder.path} has none of partners.csv, clients.csv, invoices.csv, payments.csv, reversals.csv."
    )


def test_other_files_of_the_folder_are_left_alone(folder: Folder) -> None:
    folder.write("notes.csv", "anything,goes\n")
    folder.write("README", b"\xff\xff")
    (folder.path / "archive").mkdir()
    folder.accepted()


@pytest.mark.parametrize("names", [("partners.csv",), ("partners.csv", "clients.csv")])
def test_whichever_files_are_there(folder: Folder, names: tuple[str, ...]) -> None:
    folder.keep(*names)
    assert len(folder.accepted().splitlines()) == len(names)


def test_the_folder_is_not_written_to(folder: Folder) -> None:
    before = {path: path.read_bytes() for path in sorted(Path(folder.path).iterdir())}
    folder.accepted()
    assert {path: path.read_bytes() for path in sorted(folder.path.iterdir())} == before
