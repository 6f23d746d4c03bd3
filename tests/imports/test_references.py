"""What rows say about each other, about what is recorded already, and sums: refused in words, nothing saved."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from clients.models import Client, Invoice, Payment, Reversal
from clients.recording.problems import FactsRefused
from tests.cast import (
    ADA,
    BEN,
    Facts,
    all_rows,
    chargeback,
    client,
    invoice,
    line,
    monthly,
    partner,
    payment,
    program,
    record,
    refund,
    the_partner,
    won_back,
)
from tests.imports.folder import Folder

pytestmark = pytest.mark.django_db


def refused(*facts: Facts, currency: str | None = None) -> list[str]:
    """This function will record facts that must be refused and change nothing, and give the problems."""
    before = all_rows()
    with pytest.raises(FactsRefused) as refusal:
        record(*facts, currency=currency)
    assert all_rows() == before
    return [str(problem) for problem in refusal.value.problems.shown]


# -- Unknown keys -----------------------------------------------------------------------------------------


UNKNOWN = [
    ("clients.csv", "bolt,cal,Bolt,,2025-01-01,", "clients.csv:4: client bolt partner: there is no partner “cal”"),
    ("invoices.csv", "I9,bolt,2026-03-01,1,tax,5.00,,", "invoices.csv:5: invoice I9 client: there is no client “bolt”"),
    ("payments.csv", "P9,I9,1.00,2026-03-01", "payments.csv:4: payment P9 invoice: there is no invoice “I9”"),
    (
        "reversals.csv",
        "R9,P9,refund,1.00,2026-03-01",
        "reversals.csv:3: reversal R9 payment: there is no payment “P9”",
    ),
]


@pytest.mark.parametrize(("name", "row", "begins"), UNKNOWN, ids=[name for name, _, _ in UNKNOWN])
@pytest.mark.parametrize("known", [False, True], ids=["in the files", "in the database"])
def test_an_unknown_key(folder: Folder, name: str, row: str, begins: str, *, known: bool) -> None:
    if known:
        folder.accepted()
        header = folder.read(name).splitlines()[0]
        folder.keep()
        begins = begins.replace(begins.split(":")[1], "2", 1)
        folder.write(name, f"{header}\n")
    folder.append(name, row)
    problem = folder.refused_once()
    assert problem.startswith(begins)
    assert "; name a known " in problem


def test_rows_may_refer_to_files_that_come_later_in_the_alphabet_or_to_the_database(folder: Folder) -> None:
    payments = folder.read("payments.csv")
    (folder.path / "payments.csv").unlink()
    (folder.path / "reversals.csv").unlink()
    folder.accepted()
    folder.keep()
    folder.write("payments.csv", payments)
    folder.accepted()
    assert Payment.objects.count() == 2


# -- Keys that differ in case only ------------------------------------------------------------------------


KEYS_IN_A_FILE = [
    ("partners.csv", "ADA,Ada,affiliate,ada@x.example,2025-01-01,,", "partners.csv:2: partner ADA partner: "),
    ("clients.csv", "Acme,ada,Acme,,2025-01-01,", "clients.csv:2: client Acme client: "),
    ("invoices.csv", "i2,acme,2026-02-01,2,tax,5.00,,", "invoices.csv:4: invoice I2 invoice: "),
    ("payments.csv", "p1,I1,1.00,2026-03-01", "payments.csv:2: payment P1 payment: "),
    ("reversals.csv", "r1,P2,refund,1.00,2026-03-01", "reversals.csv:2: reversal R1 reversal: "),
]


@pytest.mark.parametrize(("name", "row", "begins"), KEYS_IN_A_FILE, ids=[name for name, _, _ in KEYS_IN_A_FILE])
def test_keys_that_differ_in_case_only_in_a_file(folder: Folder, name: str, row: str, begins: str) -> None:
    folder.append(name, row)
    problem = folder.refused_once()
    assert problem.startswith(begins)
    assert "differs only in case from another key in the same table; give each" in problem


KNOWN_KEYS = [
    ("partners.csv", "ADA,Ada,affiliate,ada@x.example,2025-01-01,,", "partner ADA partner: ", "ada"),
    ("clients.csv", "Acme,ada,Acme,,2025-01-01,", "client Acme client: ", "acme"),
    ("invoices.csv", "i2,acme,2026-02-01,2,tax,5.00,,", "invoice i2 invoice: ", "I2"),
    ("payments.csv", "p1,I1,1.00,2026-03-01", "payment p1 payment: ", "P1"),
    ("reversals.csv", "r1,P2,refund,1.00,2026-03-01", "reversal r1 reversal: ", "R1"),
]


@pytest.mark.parametrize(("name", "row", "place", "known"), KNOWN_KEYS, ids=[name for name, _, _, _ in KNOWN_KEYS])
def test_keys_that_differ_in_case_only_from_a_known_one(
    folder: Folder, name: str, row: str, place: str, known: str
) -> None:
    folder.accepted()
    header = folder.read(name).splitlines()[0]
    folder.keep()
    folder.write(name, f"{header}\n{row}\n")
    assert folder.refused_once() == (
        f"{name}:2: {place}differs only in case from the known “{known}”; "
        "write the known key as it is, or choose another one"
    )


CASED_REFERENCES: list[tuple[Facts, str]] = [
    (client("bolt", "ADA"), "clients.csv:2: client bolt partner: there is no partner “ADA”"),
    (invoice("I9", "ACME", "2026-03-01", line("5.00", "tax")), "invoices.csv:2: invoice I9 client: there is no"),
    (payment("P9", "ACME-2026-01", "1.00", "2026-03-01"), "payments.csv:2: payment P9 invoice: there is no"),
    (refund("ACME-2026-01-paid", "1.00", "2026-03-01", key="R9"), "reversals.csv:2: reversal R9 payment: there is"),
]


@pytest.mark.parametrize(("facts", "begins"), CASED_REFERENCES)
def test_references_are_written_as_their_keys_are(facts: Facts, begins: str) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    (problem,) = refused(facts)
    assert problem.startswith(begins)


@pytest.mark.parametrize(("facts", "begins"), CASED_REFERENCES)
def test_references_within_the_files_too(facts: Facts, begins: str) -> None:
    problems = refused(ADA, facts, client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert any("there is no" in problem for problem in problems)


# -- Payments ---------------------------------------------------------------------------------------------


def test_a_payment_over_what_is_owed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00", paid=None))
    assert refused(payment("P1", "acme-2026-01", "1000.01", "2026-01-10")) == [
        (
            "payments.csv:2: invoice acme-2026-01 amount: payments would add up to 1000.01, more than its total of "
            "1000.00; record at most 1000.00 more"
        )
    ]


def test_a_payment_over_what_is_owed_together_with_a_known_one() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00", paid=None),
        payment("P1", "acme-2026-01", "600.00", "2026-01-10"),
    )
    assert refused(payment("P2", "acme-2026-01", "400.01", "2026-01-11")) == [
        (
            "payments.csv:2: invoice acme-2026-01 amount: payments would add up to 1000.01, more than its total of "
            "1000.00; record at most 400.00 more"
        )
    ]
    record(payment("P2", "acme-2026-01", "400.00", "2026-01-11"))
    (problem,) = refused(payment("P3", "acme-2026-01", "0.01", "2026-01-12"))
    assert problem.endswith("record at most 0.00 more")


def test_two_payments_of_one_file_over_what_is_owed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00", paid=None))
    (problem,) = refused(
        payment("P1", "acme-2026-01", "600.00", "2026-01-10"),
        payment("P2", "acme-2026-01", "400.01", "2026-01-11"),
    )
    assert problem.startswith("payments.csv:3: invoice acme-2026-01 amount: payments would add up to 1000.01")


def test_an_invoice_and_too_much_for_it_in_the_same_files(folder: Folder) -> None:
    folder.append("payments.csv", "P9,I1,100.01,2026-03-01")
    assert folder.refused_once().startswith(
        "payments.csv:4: invoice I1 amount: payments would add up to 1000.01, more than its total of 1000.00; "
    )


def test_a_known_payment_that_comes_again_is_not_added_twice() -> None:
    facts = monthly("acme", "2026-01", "1000.00", paid=None)
    first = payment("P1", "acme-2026-01", "600.00", "2026-01-10")
    program(client("acme"), facts, first)
    record(facts, first, payment("P2", "acme-2026-01", "400.00", "2026-01-11"))
    assert sum(row.amount for row in Payment.objects.all()) == Decimal("1000.00")


def test_an_invoice_over_zero_takes_no_payment() -> None:
    program(client("acme"), invoice("I1", "acme", "2026-01-01", line("0.00", since="2026-01")))
    (problem,) = refused(payment("P1", "I1", "0.01", "2026-01-10"))
    assert "more than its total of 0.00" in problem


# -- Invoices ---------------------------------------------------------------------------------------------


def test_a_negative_total_is_refused() -> None:
    program(client("acme"))
    assert refused(
        invoice("I1", "acme", "2026-01-01", line("10.00", since="2026-01"), line("-10.01", since="2026-01"))
    ) == [
        (
            "invoices.csv:2: invoice I1 amount: its lines add up to -0.01, less than 0; "
            "money that goes back is a reversal of a payment"
        )
    ]


def test_a_total_of_zero_is_kept() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("10.00", since="2026-01"), line("-10.00", since="2026-01")),
        invoice("I2", "acme", "2026-01-01", line("0", "tax")),
    )
    assert [row.total for row in Invoice.objects.all()] == [0, 0]


def test_a_total_beyond_ten_digits_is_refused() -> None:
    program(client("acme"))
    (problem,) = refused(invoice("I1", "acme", "2026-01-01", line("9999999999.99", "tax"), line("0.01", "tax")))
    assert problem.startswith("invoices.csv:2: invoice I1 amount: its lines add up to more than 9999999999.99")


def test_an_invoice_has_one_client_and_one_day(folder: Folder) -> None:
    folder.append("invoices.csv", "I2,cove,2026-02-02,2,tax,5.00,,")
    assert folder.refused() == [
        "invoices.csv:4: invoice I2 client: has lines for different clients; an invoice is for one client",
        "invoices.csv:4: invoice I2 issued_on: has lines with different days; an invoice is issued on one day",
    ]


def test_two_different_lines_with_one_number(folder: Folder) -> None:
    folder.append("invoices.csv", "I2,acme,2026-02-01,01,tax,5.00,,")
    assert folder.refused_once() == (
        "invoices.csv:4: invoice I2 line: line 1 stands here more than once; number the lines of an invoice differently"
    )


def test_a_line_more_for_a_recorded_invoice_is_refused(folder: Folder) -> None:
    folder.accepted()
    folder.append("invoices.csv", "I2,acme,2026-02-01,2,tax,5.00,,")
    assert folder.refused_once() == (
        "invoices.csv:5: invoice I2 line 2: the invoice is recorded already, without this line; "
        "what was recorded stays; correct it by another invoice or a reversal"
    )


def test_a_line_less_of_a_recorded_invoice_changes_nothing(folder: Folder) -> None:
    folder.accepted()
    folder.change("invoices.csv", "I1,acme,2026-01-01,2,toll_free,100.00,,\n", "")
    before = all_rows()
    assert "Everything was recorded already." in folder.accepted()
    assert all_rows() == before


# -- Reversals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [refund, chargeback])
def test_a_reversal_over_its_payment(kind: Callable[[str, str, str], Facts]) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert refused(kind("acme-2026-01-paid", "1000.01", "2026-02-01")) == [
        (
            "reversals.csv:2: payment acme-2026-01-paid amount: reversals would add up to 1000.01, "
            "more than its amount of 1000.00; reverse at most what was paid"
        )
    ]


def test_reversals_together_over_their_payment() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        refund("acme-2026-01-paid", "600.00", "2026-02-01"),
    )
    (problem,) = refused(chargeback("acme-2026-01-paid", "400.01", "2026-02-02"))
    assert "reversals would add up to 1000.01" in problem
    record(chargeback("acme-2026-01-paid", "400.00", "2026-02-02"))
    assert Reversal.objects.count() == 2


def test_reversals_and_their_payment_in_the_same_files(folder: Folder) -> None:
    folder.append("reversals.csv", "R2,P2,chargeback,400.01,2026-03-01")
    (problem,) = folder.refused()
    assert problem.startswith("reversals.csv:3: payment P2 amount: reversals would add up to 500.01")


def test_a_chargeback_won_without_a_chargeback() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert refused(won_back("acme-2026-01-paid", "1.00", "2026-02-01")) == [
        (
            "reversals.csv:2: payment acme-2026-01-paid kind: a chargeback is won that was never recorded; "
            "record the chargeback first, and win back at most its amount"
        )
    ]


def test_a_refund_is_not_won_back() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        refund("acme-2026-01-paid", "500.00", "2026-02-01"),
    )
    (problem,) = refused(won_back("acme-2026-01-paid", "500.00", "2026-02-02"))
    assert "a chargeback is won that was never recorded" in problem


def test_more_won_than_was_charged_back() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        chargeback("acme-2026-01-paid", "500.00", "2026-02-01"),
    )
    (problem,) = refused(won_back("acme-2026-01-paid", "500.01", "2026-02-02"))
    assert "chargebacks won would add up to 500.01, more than the 500.00 charged back" in problem


def test_what_was_won_can_be_reversed_again() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        chargeback("acme-2026-01-paid", "1000.00", "2026-02-01"),
        won_back("acme-2026-01-paid", "1000.00", "2026-02-02"),
    )
    record(refund("acme-2026-01-paid", "1000.00", "2026-02-03"))
    (problem,) = refused(chargeback("acme-2026-01-paid", "0.01", "2026-02-04"))
    assert "reversals would add up to 1000.01" in problem


# -- Currency ---------------------------------------------------------------------------------------------


def test_money_in_another_currency_is_refused() -> None:
    assert refused(ADA, currency="EUR") == [
        "test: currency: the money is in EUR, the program's currency is USD; record it in USD"
    ]


def test_money_in_the_programs_currency_is_fine() -> None:
    record(ADA, BEN, currency="USD")


@pytest.mark.parametrize("word", ["currency", "Currency", "CURRENCY"])
def test_a_currency_column_is_refused_with_the_way_out(folder: Folder, word: str) -> None:
    folder.write("payments.csv", f"payment,invoice,amount,{word},received_on\nP9,I1,1.00,EUR,2026-03-01\n")
    folder.keep("partners.csv", "clients.csv", "invoices.csv", "payments.csv")
    assert folder.refused_once() == (
        f"payments.csv:1: column “{word}”: is not known; leave it out; amounts are in the program's one currency"
    )


# -- Repeats ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["partners.csv", "clients.csv", "invoices.csv", "payments.csv", "reversals.csv"])
def test_the_same_row_twice_is_fine(folder: Folder, name: str) -> None:
    folder.accepted()
    before = all_rows()
    folder.append(name, *folder.read(name).splitlines()[1:])
    folder.accepted()
    assert all_rows() == before


def test_the_same_rows_twice_the_first_time(folder: Folder) -> None:
    for name in ("partners.csv", "clients.csv", "invoices.csv", "payments.csv", "reversals.csv"):
        folder.append(name, *folder.read(name).splitlines()[1:])
    folder.accepted()
    assert [f"{row.total}" for row in Invoice.objects.order_by("reference")] == ["1000.00", "500.00"]
    assert (Payment.objects.count(), Reversal.objects.count()) == (2, 1)


def test_the_same_values_written_otherwise_are_the_same(folder: Folder) -> None:
    folder.append("invoices.csv", "I2,acme,2026-02-01,001,subscription,500.0,2026-02,01".replace(",01", ",1"))
    folder.append("payments.csv", "P1,I1,900,2026-01-10")
    folder.accepted()
    assert Payment.objects.count() == 2


CONTRADICTIONS = [
    ("partners.csv", "ada,Ada,affiliate,ada@x.example,2025-01-01,,", "partners.csv:2: partner ada partner: ", 4),
    ("clients.csv", "acme,ben,Acme Inc.,acme.example,2025-06-01,", "clients.csv:2: client acme client: ", 4),
    ("payments.csv", "P1,I1,900.01,2026-01-10", "payments.csv:2: payment P1 payment: ", 4),
    ("reversals.csv", "R1,P2,chargeback,100.00,2026-02-20", "reversals.csv:2: reversal R1 reversal: ", 3),
]


@pytest.mark.parametrize(
    ("name", "row", "place", "last"), CONTRADICTIONS, ids=[name for name, _, _, _ in CONTRADICTIONS]
)
def test_rows_that_contradict_each_other(folder: Folder, name: str, row: str, place: str, last: int) -> None:
    folder.append(name, row)
    assert folder.refused_once().startswith(
        f"{place}stands here more than once with different values, last in line {last}; "
    )


# -- What is recorded already -----------------------------------------------------------------------------


OTHER_VALUES: list[tuple[Facts, str]] = [
    (
        invoice("acme-2026-01", "acme", "2026-01-01", line("1000.01", since="2026-01")),
        (
            "invoices.csv:2: invoice acme-2026-01 line 1: is recorded already with other values "
            "(acme, 2026-01-01, subscription, 1000.00, 2026-01-01, 1); "
        ),
    ),
    (
        invoice("acme-2026-01", "acme", "2026-01-02", line("1000.00", since="2026-01")),
        "invoices.csv:2: invoice acme-2026-01 line 1: is recorded already with other values",
    ),
    (
        invoice("acme-2026-01", "bolt", "2026-01-01", line("1000.00", since="2026-01")),
        "invoices.csv:2: invoice acme-2026-01 line 1: is recorded already with other values",
    ),
    (
        invoice("acme-2026-01", "acme", "2026-01-01", line("1000.00", "tax", since="2026-01")),
        "invoices.csv:2: invoice acme-2026-01 line 1: is recorded already with other values",
    ),
    (
        invoice("acme-2026-01", "acme", "2026-01-01", line("1000.00", since="2026-01", months=2)),
        "invoices.csv:2: invoice acme-2026-01 line 1: is recorded already with other values",
    ),
    (
        payment("acme-2026-01-paid", "acme-2026-01", "999.99", "2026-01-10"),
        (
            "payments.csv:2: payment acme-2026-01-paid payment: is recorded already with other values "
            "(acme-2026-01, 1000.00, 2026-01-10); what was recorded stays; correct it by a further payment or reversal"
        ),
    ),
    (
        payment("acme-2026-01-paid", "bolt-2026-01", "1000.00", "2026-01-10"),
        "payments.csv:2: payment acme-2026-01-paid payment: is recorded already with other values",
    ),
    (
        payment("acme-2026-01-paid", "acme-2026-01", "1000.00", "2026-01-11"),
        "payments.csv:2: payment acme-2026-01-paid payment: is recorded already with other values",
    ),
    (
        refund("acme-2026-01-paid", "5.01", "2026-02-01", key="R1"),
        (
            "reversals.csv:2: reversal R1 reversal: is recorded already with other values "
            "(acme-2026-01-paid, refund, 5.00, 2026-02-01); what was recorded stays; correct it by a further reversal"
        ),
    ),
    (
        chargeback("acme-2026-01-paid", "5.00", "2026-02-01", key="R1"),
        "reversals.csv:2: reversal R1 reversal: is recorded already with other values",
    ),
]


@pytest.mark.parametrize(("facts", "begins"), OTHER_VALUES)
def test_a_known_fact_with_other_values_is_refused(facts: Facts, begins: str) -> None:
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("bolt", "2026-01", "1000.00", paid=None),
        refund("acme-2026-01-paid", "5.00", "2026-02-01", key="R1"),
    )
    (problem,) = refused(facts)
    assert problem.startswith(begins)


def test_master_data_is_updated() -> None:
    program(client("acme"))
    changed = partner("ada", joined="2024-05-01", ended="2026-12-31", ended_by="company")
    record(changed, client("acme", "ben", closed="2025-07-01", canceled="2026-03-31", name="Acme Ltd."))
    owner = Client.objects.get()
    assert (owner.partner.reference, owner.name, f"{owner.closed_on}", f"{owner.canceled_on}") == (
        "ben",
        "Acme Ltd.",
        "2025-07-01",
        "2026-03-31",
    )
    ada = the_partner("ada")
    assert (f"{ada.joined_on}", f"{ada.terminated_on}", ada.terminated_by) == (
        "2024-05-01",
        "2026-12-31",
        "company",
    )
