"""Every amount can be opened down to the clause, the facts and the arithmetic."""

from decimal import Decimal

import pytest

from commissions.explanation import explain
from commissions.models import Commission
from tests.cast import (
    chargeback,
    client,
    close,
    day,
    invoice,
    line,
    monthly,
    payment,
    program,
    record,
    run,
    why,
    won_back,
)

pytestmark = pytest.mark.django_db


def test_the_facts_behind_a_commission() -> None:
    program(
        client("acme"),
        invoice(
            "I1",
            "acme",
            "2026-01-05",
            line("300.00", since="2026-01", months=3),
            line("60.00", "toll_free"),
            line("40.00", "AI minutes"),
        ),
        payment("P1", "I1", "150.00", "2026-01-10"),
        payment("P2", "I1", "250.00", "2026-01-15"),
        chargeback("P1", "100.00", "2026-02-05", key="R1"),
    )
    close("2026-01")
    close("2026-02")
    told = why("ada acme 2026-02", "2026-02")
    assert told.agrees
    assert (told.as_of, told.closed_on, told.matured_on) == (
        day("2026-02-28"),
        day("2025-06-01"),
        day("2025-07-01"),
    )
    (fact,) = told.slices
    assert (fact.invoice, fact.line, fact.line_amount, fact.place, fact.months) == (
        "I1",
        1,
        Decimal("300.00"),
        2,  # The second
        3,  # of three months.
    )
    assert (fact.issued_on, fact.collected_on) == (day("2026-01-05"), day("2026-01-15"))
    assert (fact.amount, fact.invoice_total, fact.reversed) == (
        Decimal("100.00"),
        Decimal("400.00"),
        Decimal("100.00"),
    )
    assert fact.net == Decimal("75.00")  # 100 − 100 · 100 / 400
    assert [(part.key, part.kind, part.amount, part.occurred_on) for part in fact.reversals] == [
        ("R1", "chargeback", Decimal("100.00"), day("2026-02-05"))
    ]
    assert (fact.why_not, fact.clause) == ("", "")


def test_what_was_excluded_and_for_which_clause() -> None:
    program(
        client("acme"),
        invoice(
            "I1",
            "acme",
            "2026-01-05",
            line("300.00", since="2026-01"),
            line("60.00", "toll_free"),
            line("40.00", "AI minutes"),
        ),
        payment("P1", "I1", "400.00", "2026-01-10"),
    )
    close("2026-01")
    excluded = why("ada acme 2026-01", "2026-01").excluded
    assert [(part.invoice, part.line, part.category, part.amount, part.clause) for part in excluded] == [
        ("I1", 2, "toll_free", Decimal("60.00"), "B, subscription only"),
        ("I1", 3, "AI minutes", Decimal("40.00"), "B, subscription only"),
    ]
    assert excluded[0].why_not == "Toll-free minutes is not subscription revenue"
    assert "not mapped" in excluded[1].why_not


def test_the_tier_and_its_arithmetic() -> None:
    program(
        client("acme"),
        client("bolt"),
        client("gone", canceled="2025-12-01"),
        monthly("acme", "2026-01", "2000.00"),
        monthly("bolt", "2026-01", "3000.00"),
        monthly("gone", "2026-01", "9999.00"),
    )
    close("2026-01")
    told = why("ada acme 2026-01", "2026-01")
    assert told.agrees
    assert [(part.client, part.amount) for part in told.mrr_by_client] == [
        ("Bolt Inc.", Decimal("3000.00")),
        ("Acme Inc.", Decimal("2000.00")),
    ]
    assert (told.mrr, told.rate, told.base, told.target) == (
        Decimal("5000.00"),
        Decimal("0.3"),
        Decimal("2000.00"),
        Decimal("600.00"),
    )
    assert told.plan == "Standard plan (appendix B)"
    assert [(step.threshold, step.rate, step.applies) for step in told.tiers] == [
        (Decimal(0), Decimal("0.2"), False),
        (Decimal(5000), Decimal("0.3"), True),
    ]


def test_what_was_posted_before() -> None:
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("bolt", "2026-01", "2000.00", paid="2026-02-20"),
    )
    close("2026-01")
    close("2026-02")
    record(chargeback("acme-2026-01-paid", "1000.00", "2026-03-03"))
    close("2026-03")
    told = why("ada acme 2026-01", "2026-03")
    assert [(f"{part.period:%Y-%m}", part.amount) for part in told.posted_before] == [
        ("2026-01", Decimal("600.00")),  # 20 % of 3,000
        ("2026-02", Decimal("300.00")),  # 30 % of 3,000 − 600
    ]
    assert (told.base, told.target, told.amount) == (
        Decimal("2000.00"),
        Decimal("600.00"),  # 30 % of 2,000
        Decimal("-300.00"),  # 600 − 600 − 300
    )
    assert told.mrr == Decimal("5000.00")  # A chargeback after the month never lowers its MRR.
    assert told.agrees


def test_it_says_so_in_words() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    schedule = "by “Standard plan (appendix B)” earns 20 % of the whole month (B, commission schedule)"
    assert why("ada acme 2026-01", "2026-01").sentences == (
        "For 2026-01 the client's invoices brought 1,000.00 of subscription money that counts.",
        f"All clients together made an MRR of 1,000.00 in 2026-01, which {schedule}.",
        "20 % of 1,000.00 is 200.00.",
        "200.00 less 0.00 posted before leaves 200.00 for this period.",
    )


def test_a_waiting_amount_says_until_when() -> None:
    program(client("acme", closed="2026-01-20"), monthly("acme", "2026-01", "1000.00", paid="2026-01-25"))
    run("2026-01")
    told = why("ada acme 2026-01", "2026-01")
    assert told.agrees
    assert (told.full_target, told.target, told.amount) == (Decimal("200.00"), Decimal(0), Decimal("200.00"))
    assert any("nothing is posted before 2026-02-20" in sentence for sentence in told.sentences)


def test_a_client_that_left_its_partner_is_told_at_the_old_one() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(client("acme", "ben"))
    close("2026-02")
    old, new = why("ada acme 2026-01", "2026-02"), why("ben acme 2026-01", "2026-02")
    assert old.agrees
    assert new.agrees
    assert (old.base, old.amount, new.amount) == (Decimal(0), Decimal("-200.00"), Decimal("200.00"))
    assert "another partner" in old.slices[0].why_not


def test_a_closed_month_is_explained_by_what_its_run_saw() -> None:
    """What is recorded afterwards changes neither the amount nor its explanation."""
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    before = why("ada acme 2026-01", "2026-01")
    record(
        client("acme", "ben", canceled="2025-12-01"),
        chargeback("acme-2026-01-paid", "1000.00", "2026-01-15"),
        client("bolt"),
        monthly("bolt", "2026-01", "9000.00"),
    )
    assert why("ada acme 2026-01", "2026-01") == before
    assert before.agrees


def test_every_amount_of_a_busy_program_is_explained() -> None:
    program(
        client("acme"),
        client("bolt", closed="2026-01-31"),
        client("cove", "ben", canceled="2026-02-15"),
        *(monthly("acme", month, "4000.05") for month in ("2026-01", "2026-02", "2026-03")),
        *(monthly("bolt", month, "999.95", paid=f"{month}-28") for month in ("2026-01", "2026-02", "2026-03")),
        invoice("Q1", "cove", "2026-01-01", line("100.00", since="2026-01", months=3)),
        payment("Q1-paid", "Q1", "100.00", "2026-01-02"),
        chargeback("acme-2026-01-paid", "1234.56", "2026-02-03"),
        won_back("acme-2026-01-paid", "1000.01", "2026-03-03"),
    )
    for month in ("2026-01", "2026-02", "2026-03", "2026-04"):
        close(month)
        record(client("cove", "ada" if month == "2026-02" else "ben", canceled="2026-02-15"))
    amounts = list(Commission.objects.select_related("period__run"))
    assert len(amounts) > 10
    assert [f"{amount}" for amount in amounts if not explain(amount).agrees] == []
