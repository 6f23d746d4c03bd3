"""Each value of a row: what is refused, where it stands, and that nothing was saved (INTERFACE.md)."""

import pytest

from affiliates.models import Partner
from clients.models import Client, Invoice, InvoiceLine, Payment
from clients.recording.problems import SHOWN
from tests.imports.folder import Folder

pytestmark = pytest.mark.django_db

# A file, a row to add to it, and how its problem begins: file, line, key and column, with a word of it.
BAD_AMOUNTS = [
    "1e3",
    "NaN",
    "Infinity",
    "-Infinity",
    "1.005",
    " 12",
    "12 ",
    "+5",
    ".5",
    "5.",
    "0x10",
    "1_000",
]
BAD_AMOUNTS += [
    "1 000.00",
    "1000,00",
    "$5.00",
    "5.00 USD",
    "١٢٣",
    "１２",
    "12345678901",
    "--5",
    "5-",
    "1.0.0",
    "−5",
]
BAD_DAYS = ["2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-5", "26-01-05"]
BAD_DAYS += [
    "2026/01/05",
    "05.01.2026",
    "20260105",
    "2026-01-05T00:00",
    " 2026-01-05",
    "yesterday",
    "0000-01-01",
]
BAD_DAYS += ["9999-12-31", "1066-10-14", "٢٠٢٦-٠١-٠٥", "2026-W01-1", "2026-01"]
BAD_KEYS = ["P 9", "P/9", "P€9", "ä", "P,9", "x" * 65, "-" * 65, "P9\t", "P\u200b9", "P9'", "#9"]


def quoted(value: str) -> str:
    escaped = value.replace('"', '""')
    return f'"{escaped}"'


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
@pytest.mark.parametrize(
    ("name", "row", "place"),
    [
        (
            "invoices.csv",
            "I9,acme,2026-03-01,1,subscription,{},2026-03,1",
            "invoices.csv:5: invoice I9 amount: ",
        ),
        ("payments.csv", "P9,I1,{},2026-03-01", "payments.csv:4: payment P9 amount: "),
        ("reversals.csv", "R9,P1,refund,{},2026-03-01", "reversals.csv:3: reversal R9 amount: "),
    ],
)
def test_an_amount_is_a_plain_decimal(folder: Folder, name: str, row: str, place: str, amount: str) -> None:
    folder.append(name, row.format(quoted(amount)))
    problem = folder.refused_once()
    assert problem.startswith(f"{place}“{amount}” does not do; ")
    assert "plain decimal" in problem


def test_an_amount_with_a_comma_makes_a_value_too_many(folder: Folder) -> None:
    folder.append("payments.csv", "P9,I1,1,200.00,2026-03-01")
    assert folder.refused_once() == (
        "payments.csv:4: P9: has 5 values where the header has 4; "
        "give each column its value, and put a value that holds a comma in double quotes"
    )


def test_an_amount_with_a_comma_in_quotes_is_no_amount(folder: Folder) -> None:
    folder.append("payments.csv", 'P9,I1,"1,200.00",2026-03-01')
    assert folder.refused_once().startswith("payments.csv:4: payment P9 amount: “1,200.00” does not do; ")


@pytest.mark.parametrize(
    ("name", "row", "place"),
    [
        ("payments.csv", "P9,I1,{},2026-03-01", "payments.csv:4: payment P9 amount: "),
        ("reversals.csv", "R9,P1,refund,{},2026-03-01", "reversals.csv:3: reversal R9 amount: "),
    ],
)
@pytest.mark.parametrize("amount", ["0", "0.00", "0.0", "-1.00", "-0.01", "000"])
def test_money_that_comes_or_goes_is_more_than_zero(
    folder: Folder, name: str, row: str, place: str, amount: str
) -> None:
    folder.append(name, row.format(amount))
    assert folder.refused_once().startswith(f"{place}“{amount}” does not do; ")


@pytest.mark.parametrize(
    ("amount", "kept"), [("7", "7.00"), ("7.5", "7.50"), ("07.25", "7.25"), ("-7.25", "-7.25"), ("0", "0.00")]
)
def test_good_amounts(folder: Folder, amount: str, kept: str) -> None:
    folder.append("invoices.csv", "I9,acme,2026-03-01,1,tax,100.00,,", f"I9,acme,2026-03-01,2,tax,{amount},,")
    folder.accepted()
    assert f"{InvoiceLine.objects.get(invoice__reference='I9', number=2).amount}" == kept


DAYS = [
    ("partners.csv", "cal,Cal,affiliate,cal@x.example,{},,", "partners.csv:4: partner cal joined_on: "),
    (
        "partners.csv",
        "cal,Cal,affiliate,cal@x.example,2025-01-01,{},",
        "partners.csv:4: partner cal terminated_on: ",
    ),
    ("clients.csv", "bolt,ada,Bolt,,{},", "clients.csv:4: client bolt closed_on: "),
    ("clients.csv", "bolt,ada,Bolt,,2025-01-01,{}", "clients.csv:4: client bolt canceled_on: "),
    ("invoices.csv", "I9,acme,{},1,tax,5.00,,", "invoices.csv:5: invoice I9 issued_on: "),
    ("payments.csv", "P9,I1,1.00,{}", "payments.csv:4: payment P9 received_on: "),
    ("reversals.csv", "R9,P1,refund,1.00,{}", "reversals.csv:3: reversal R9 occurred_on: "),
]


@pytest.mark.parametrize(("name", "row", "place"), DAYS, ids=[place.split(": ")[1] for _, _, place in DAYS])
def test_a_day_exists_and_is_written_one_way(folder: Folder, name: str, row: str, place: str) -> None:
    folder.append(name, *(row.format(day) for day in BAD_DAYS))
    line, problems = int(place.split(":")[1]), folder.refused()
    for number, (day, problem) in enumerate(zip(BAD_DAYS, problems, strict=True), line):
        assert problem.startswith(place.replace(f":{line}:", f":{number}:"))
        assert f"“{day}”" in problem
        assert "write an existing day like 2026-03-31" in problem


def test_a_leap_day_exists(folder: Folder) -> None:
    folder.append("payments.csv", "P9,I1,1.00,2028-02-29")
    folder.accepted()


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "9999-12", "26-01", "2026-1", "2026-02-30", "January", "2026"])
def test_a_service_month_exists(folder: Folder, month: str) -> None:
    folder.append("invoices.csv", f"I9,acme,2026-03-01,1,subscription,5.00,{month},1")
    problem = folder.refused_once()
    assert problem.startswith("invoices.csv:5: invoice I9 service_from: ")
    assert "write an existing day like 2026-03-01" in problem


@pytest.mark.parametrize(
    ("months", "wrong"),
    [
        ("0", "“0” does not do"),
        ("-1", "“-1” does not do"),
        ("1.5", "“1.5” does not do"),
        ("121", "“121” is too many"),
        ("1000", "“1000” does not do"),
        ("three", "“three” does not do"),
    ],
)
def test_service_months_are_a_number_from_1_to_120(folder: Folder, months: str, wrong: str) -> None:
    folder.append("invoices.csv", f"I9,acme,2026-03-01,1,subscription,5.00,2026-03,{months}")
    assert folder.refused_once() == (
        f"invoices.csv:5: invoice I9 service_months: {wrong}; write a number from 1 to 120"
    )


@pytest.mark.parametrize(
    ("since", "months", "missing"),
    [("", "", "service_from"), ("", "1", "service_from"), ("2026-03", "", "service_months")],
)
def test_a_subscription_says_its_months(folder: Folder, since: str, months: str, missing: str) -> None:
    folder.append("invoices.csv", f"I9,acme,2026-03-01,1,subscription,5.00,{since},{months}")
    assert folder.refused_once().startswith(f"invoices.csv:5: invoice I9 {missing}: is missing; ")


@pytest.mark.parametrize("key", BAD_KEYS, ids=[f"{key[:4]!r}" for key in BAD_KEYS])
def test_a_key_is_1_to_64_plain_characters(folder: Folder, key: str) -> None:
    folder.append("payments.csv", f"{quoted(key)},I1,1.00,2026-03-01")
    problem = folder.refused_once()
    assert problem.startswith("payments.csv:4: payment ")
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in key[:40])
    assert f" payment: “{shown}" in problem
    assert problem.endswith("a key is 1 to 64 letters, digits, “.”, “_”, “-” or “:”")


@pytest.mark.parametrize("key", ["x", "x" * 64, "a.b_c-d:e", "0", "-", "..", "007"])
def test_good_keys(folder: Folder, key: str) -> None:
    folder.append("payments.csv", f"{key},I1,1.00,2026-03-01")
    folder.accepted()
    assert Payment.objects.filter(reference=key).exists()


MISSING = [
    ("partners.csv", ",Cal,affiliate,cal@x.example,2025-01-01,,", "partners.csv:4: partner partner: "),
    ("partners.csv", "cal,,affiliate,cal@x.example,2025-01-01,,", "partners.csv:4: partner cal name: "),
    ("partners.csv", "cal,Cal,,cal@x.example,2025-01-01,,", "partners.csv:4: partner cal kind: "),
    ("partners.csv", "cal,Cal,affiliate,,2025-01-01,,", "partners.csv:4: partner cal email: "),
    ("partners.csv", "cal,Cal,affiliate,cal@x.example,,,", "partners.csv:4: partner cal joined_on: "),
    ("clients.csv", "bolt,,Bolt,,2025-01-01,", "clients.csv:4: client bolt partner: "),
    ("clients.csv", "bolt,ada,,,2025-01-01,", "clients.csv:4: client bolt name: "),
    ("clients.csv", "bolt,ada,Bolt,,,", "clients.csv:4: client bolt closed_on: "),
    ("invoices.csv", "I9,,2026-03-01,1,tax,5.00,,", "invoices.csv:5: invoice I9 client: "),
    ("invoices.csv", "I9,acme,,1,tax,5.00,,", "invoices.csv:5: invoice I9 issued_on: "),
    ("invoices.csv", "I9,acme,2026-03-01,,tax,5.00,,", "invoices.csv:5: invoice I9 line: "),
    ("invoices.csv", "I9,acme,2026-03-01,1,,5.00,,", "invoices.csv:5: invoice I9 category: "),
    ("invoices.csv", "I9,acme,2026-03-01,1,tax,,,", "invoices.csv:5: invoice I9 amount: "),
    ("payments.csv", "P9,,1.00,2026-03-01", "payments.csv:4: payment P9 invoice: "),
    ("payments.csv", "P9,I1,,2026-03-01", "payments.csv:4: payment P9 amount: "),
    ("payments.csv", "P9,I1,1.00,", "payments.csv:4: payment P9 received_on: "),
    ("reversals.csv", "R9,P1,,1.00,2026-03-01", "reversals.csv:3: reversal R9 kind: "),
]


@pytest.mark.parametrize(("name", "row", "place"), MISSING, ids=[place for _, _, place in MISSING])
def test_a_value_that_is_needed_is_missed(folder: Folder, name: str, row: str, place: str) -> None:
    folder.append(name, row)
    assert folder.refused_once().startswith(f"{place}is missing; ")


WORDS = [
    (
        "partners.csv",
        "cal,Cal,Affiliate,cal@x.example,2025-01-01,,",
        "partners.csv:4: partner cal kind: “Affiliate”",
    ),
    ("partners.csv", "cal,Cal,affiliate,cal,2025-01-01,,", "partners.csv:4: partner cal email: “cal”"),
    ("partners.csv", "cal,Cal,affiliate,c@a@l,2025-01-01,,", "partners.csv:4: partner cal email: “c@a@l”"),
    (
        "partners.csv",
        "cal,Cal,affiliate,cal@x.example,2025-01-01,2026-01-01,nobody",
        "partners.csv:4: partner cal terminated_by: “nobody”",
    ),
    (
        "partners.csv",
        "cal,Cal,affiliate,cal@x.example,2025-01-01,,partner",
        "partners.csv:4: partner cal terminated_by: says who ended it, but not when",
    ),
    (
        "partners.csv",
        "cal,Cal,affiliate,cal@x.example,2025-01-02,2025-01-01,",
        "partners.csv:4: partner cal terminated_on: lies before joined_on",
    ),
    (
        "partners.csv",
        "cal, Cal,affiliate,cal@x.example,2025-01-01,,",
        "partners.csv:4: partner cal name: “ Cal”",
    ),
    ("clients.csv", f"bolt,ada,{'x' * 201},,2025-01-01,", "clients.csv:4: client bolt name: “xxx"),
    (
        "clients.csv",
        "bolt,ada,Bolt,a b.example,2025-01-01,",
        "clients.csv:4: client bolt domain: “a b.example”",
    ),
    (
        "clients.csv",
        "bolt,ada,Bolt,,2025-01-02,2025-01-01",
        "clients.csv:4: client bolt canceled_on: lies before closed_on",
    ),
    ("invoices.csv", "I9,acme,2026-03-01,one,tax,5.00,,", "invoices.csv:5: invoice I9 line: “one”"),
    ("invoices.csv", "I9,acme,2026-03-01,-1,tax,5.00,,", "invoices.csv:5: invoice I9 line: “-1”"),
    ("invoices.csv", "I9,acme,2026-03-01,1.0,tax,5.00,,", "invoices.csv:5: invoice I9 line: “1.0”"),
    ("invoices.csv", f"I9,acme,2026-03-01,1,{'x' * 65},5.00,,", "invoices.csv:5: invoice I9 category: “xxx"),
    ("reversals.csv", "R9,P1,Refund,1.00,2026-03-01", "reversals.csv:3: reversal R9 kind: “Refund”"),
    ("reversals.csv", "R9,P1,dispute,1.00,2026-03-01", "reversals.csv:3: reversal R9 kind: “dispute”"),
]


@pytest.mark.parametrize(("name", "row", "begins"), WORDS, ids=[begins for _, _, begins in WORDS])
def test_a_value_that_is_no_such_thing(folder: Folder, name: str, row: str, begins: str) -> None:
    folder.append(name, row)
    assert folder.refused_once().startswith(begins)


CONTROLS = ["\0", "\t", "\x1b", "\x7f", "\n", "\r"]


@pytest.mark.parametrize("character", CONTROLS, ids=[repr(character) for character in CONTROLS])
def test_control_characters_are_refused(folder: Folder, character: str) -> None:
    folder.append("clients.csv", f'bolt,ada,"Bo{character}lt",,2025-01-01,')
    problem = folder.refused_once()
    assert problem.startswith("clients.csv:4: client bolt name: “Bo\N{REPLACEMENT CHARACTER}lt” does not do; ")
    assert problem.isprintable()


@pytest.mark.parametrize("character", ["\0", "\x1b"])
def test_control_characters_in_a_key_are_refused(folder: Folder, character: str) -> None:
    folder.append("clients.csv", f'"bo{character}lt",ada,Bolt,,2025-01-01,')
    assert folder.refused_once().startswith("clients.csv:4: client bo")


def test_names_of_all_the_world_are_kept_as_they_are(folder: Folder) -> None:
    names = [
        "Łódź Ñandú GmbH & Co. KG",
        "株式会社アクメ",
        'Say "hi", Inc.',
        "back\\slash \\N \\. {}",
        "🦊" * 200,
    ]
    folder.append("clients.csv", *(f"c{number},ada,{quoted(name)},,2025-01-01," for number, name in enumerate(names)))
    folder.accepted()
    kept = Client.objects.filter(reference__regex="^c[0-9]").order_by("reference")
    assert [client.name for client in kept] == names


def test_all_bad_rows_of_all_files_are_reported_at_once(folder: Folder) -> None:
    folder.append("partners.csv", "cal,Cal,friend,cal@x.example,2025-01-01,,")
    folder.append("clients.csv", "bolt,ada,Bolt,,2025-02-30,")
    folder.append("invoices.csv", "I9,acme,2026-03-01,1,tax,1e3,,")
    folder.append("payments.csv", "P9,I1,NaN,2026-02-31", "P8,I8,1.00,2026-03-01")
    folder.append("reversals.csv", "R9,P8,refund,,2026-03-01", "R8,P2,refund,400.01,2026-03-01")
    assert [problem.split(": ")[0] + " " + problem.split(": ")[1] for problem in folder.refused()] == [
        "partners.csv:4 partner cal kind",
        "clients.csv:4 client bolt closed_on",
        "invoices.csv:5 invoice I9 amount",
        "payments.csv:4 payment P9 amount",
        "payments.csv:4 payment P9 received_on",
        "reversals.csv:3 reversal R9 amount",
        "payments.csv:5 payment P8 invoice",
        "reversals.csv:4 payment P2 amount",
    ]


def test_what_refers_to_a_refused_row_is_not_reported_again(folder: Folder) -> None:
    folder.append("partners.csv", "cal,Cal,friend,cal@x.example,2025-01-01,,")
    folder.append("clients.csv", "bolt,cal,Bolt,,2025-01-01,")
    folder.append("invoices.csv", "I9,bolt,2026-03-01,1,tax,5.00,,", "I9,bolt,2026-03-01,2,tax,5.001,,")
    folder.append("payments.csv", "P9,I9,10.00,2026-03-05")
    folder.append("reversals.csv", "R9,P9,refund,10.00,2026-03-05")
    assert [problem.split(": ")[1] for problem in folder.refused()] == [
        "partner cal kind",
        "invoice I9 amount",
    ]


@pytest.mark.parametrize("rows", [1, 99, 100, 101, 150])
def test_a_hundred_problems_are_shown_and_the_rest_is_counted(folder: Folder, rows: int) -> None:
    folder.append("payments.csv", *(f"P{number},I1,bad,2026-03-01" for number in range(100, 100 + rows)))
    outcome = folder.run()
    shown = [problem for problem in outcome.problems if problem.startswith("payments.csv:")]
    assert len(shown) == min(rows, SHOWN)
    assert shown[0].startswith("payments.csv:4: payment P100 amount: ")
    assert outcome.problems[len(shown) :] == ([f"… and {rows - 100} more"] if rows > SHOWN else [])
    assert outcome.error == f"Nothing was recorded: {rows} problem{'s' * (rows != 1)}"
    assert not Partner.objects.exists()


def test_a_hundred_problems_that_only_the_database_finds_are_counted_too(folder: Folder) -> None:
    folder.append("payments.csv", *(f"P{number},I9,1.00,2026-03-01" for number in range(100, 250)))
    problems = folder.refused()
    assert len(problems) == SHOWN + 1
    assert problems[0].startswith("payments.csv:4: payment P100 invoice: there is no invoice “I9”; ")
    assert problems[-1] == "… and 50 more"


def test_the_good_program_is_accepted(folder: Folder) -> None:
    folder.accepted()
    assert list(Invoice.objects.order_by("reference").values_list("reference", flat=True)) == ["I1", "I2"]
