"""RULES 9: a run posts what is missing and never edits what was posted; closing makes it final."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from affiliates.months import parse_month
from clients.recording.problems import FactsRefused
from commissions.export import export_rows
from commissions.models import Commission, LedgerEntry, Period, Run
from commissions.services.post_period import PeriodCannotClose
from commissions.services.start_run import PeriodIsClosed
from payouts.models import Payout
from payouts.services.close_period import close_period
from tests.cast import (
    AT,
    Facts,
    all_rows,
    balance,
    chargeback,
    client,
    close,
    close_months,
    earned,
    exported,
    fay,
    invoice,
    line,
    monthly,
    partner,
    payment,
    posted,
    program,
    rates,
    record,
    refund,
    run,
    the_partner,
    won_back,
)

pytestmark = pytest.mark.django_db


# -- Running ----------------------------------------------------------------------------------------------


def test_running_twice_posts_nothing_the_second_time() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    first = earned("2026-01")
    assert earned("2026-01") == first == {"ada acme 2026-01": "200.00"}
    assert Commission.objects.count() == 1


def test_the_month_after_posts_nothing_again() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    assert close("2026-02") == {}
    assert balance("ada") == Decimal("200.00")


def test_a_run_is_not_final() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}
    assert not LedgerEntry.objects.exists()
    record(refund("acme-2026-01-paid", "1000.00", "2026-01-20"))
    assert earned("2026-01") == {}


def test_an_unchanged_run_stands_as_it_is() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    before = all_rows()
    run("2026-01", at=AT + timedelta(days=1))
    assert all_rows() == before


def test_a_run_says_its_totals() -> None:
    program(
        client("acme"),
        client("new", closed="2026-01-20"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("new", "2026-01", "100.00", paid="2026-01-25"),
    )
    done = run("2026-01", by=fay())
    assert (done.posted, done.posted_rows, done.waiting, done.waiting_rows) == (
        Decimal("200.00"),
        1,
        Decimal("20.00"),
        1,
    )
    assert (done.state, done.computed_by, done.started_at, done.finished_at) == ("done", fay(), AT, AT)


# -- Closing ----------------------------------------------------------------------------------------------


def test_closing_enters_the_sum_of_each_partner_into_the_ledger() -> None:
    program(
        client("acme"),
        client("bolt"),
        client("cove", "ben"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("bolt", "2026-01", "500.00"),
        monthly("cove", "2026-01", "100.00"),
    )
    close("2026-01", by=fay())
    entries = LedgerEntry.objects.order_by("partner__reference")
    assert [(entry.partner.reference, entry.kind, f"{entry.amount}") for entry in entries] == [
        ("ada", "commission", "300.00"),  # 200.00 + 100.00
        ("ben", "commission", "20.00"),
    ]
    assert {f"{entry.dated_on}" for entry in entries} == {"2026-01-31"}
    assert Payout.objects.count() == 2


def test_amounts_that_cancel_out_make_no_entry() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
    )
    close("2026-01")
    record(refund("acme-2026-01-paid", "1000.00", "2026-02-01"), monthly("acme", "2026-02", "1000.00"))
    assert close("2026-02") == {"ada acme 2026-01": "-200.00", "ada acme 2026-02": "200.00"}
    assert [f"{entry.period}" for entry in LedgerEntry.objects.all()] == ["2026-01"]


def test_what_is_closed_never_changes() -> None:
    program(client("acme"), client("bolt"), monthly("acme", "2026-01", "3000.00"))
    close("2026-01")
    rows, ledger = list(Commission.objects.values()), list(LedgerEntry.objects.values())
    record(monthly("bolt", "2026-01", "2000.00"), refund("acme-2026-01-paid", "10.00", "2026-01-15"))
    record(client("acme", "ben"), client("bolt", canceled="2025-12-01"))
    close("2026-02")
    assert list(Commission.objects.filter(period=parse_month("2026-01")).values()) == rows
    assert list(LedgerEntry.objects.filter(period=parse_month("2026-01")).values()) == ledger


LATE: list[tuple[str, Facts, dict[str, str]]] = [
    ("money", monthly("acme", "2026-02", "1000.00", paid="2026-01-31"), {"ada acme 2026-02": "200.00"}),
    ("an earlier month", monthly("acme", "2025-12", "100.00"), {"ada acme 2025-12": "20.00"}),
    ("a refund", refund("acme-2026-01-paid", "500.00", "2026-01-20"), {"ada acme 2026-01": "-100.00"}),
    ("a chargeback", chargeback("acme-2026-01-paid", "1.00", "2026-02-02"), {"ada acme 2026-01": "-0.20"}),
    ("a cancellation", client("acme", canceled="2025-12-31"), {"ada acme 2026-01": "-200.00"}),
    ("a termination", partner("ada", ended="2026-01-09"), {"ada acme 2026-01": "-200.00"}),
    ("a later close", client("acme", closed="2026-02-20"), {"ada acme 2026-01": "-200.00"}),
    ("a later joining", partner("ada", joined="2026-03-01"), {"ada acme 2026-01": "-200.00"}),
    (
        "another partner",
        client("acme", "ben"),
        {"ada acme 2026-01": "-200.00", "ben acme 2026-01": "200.00"},
    ),
]


@pytest.mark.parametrize(("what", "facts", "difference"), LATE, ids=[what for what, _, _ in LATE])
def test_facts_after_the_close_come_in_the_next_month(what: str, facts: Facts, difference: dict[str, str]) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    record(facts)
    assert close("2026-02") == difference


def test_a_client_that_moves_takes_its_commission_along() -> None:
    program(
        client("acme"),
        client("bolt"),
        client("cove", "ben"),
        monthly("acme", "2026-01", "2000.00"),
        monthly("bolt", "2026-01", "3000.00"),
        monthly("cove", "2026-01", "1000.00"),
    )
    assert close("2026-01") == {
        "ada acme 2026-01": "600.00",
        "ada bolt 2026-01": "900.00",
        "ben cove 2026-01": "200.00",
    }
    record(client("acme", "ben"))
    assert close("2026-02") == {
        "ada acme 2026-01": "-600.00",
        "ada bolt 2026-01": "-300.00",  # 3,000 alone earns 20 %: 600 − 900
        "ben acme 2026-01": "400.00",  # 2,000 + 1,000 stay at 20 %
    }
    record(client("acme", "ada"))
    assert close("2026-03") == {
        "ada acme 2026-01": "600.00",
        "ada bolt 2026-01": "300.00",
        "ben acme 2026-01": "-400.00",
    }


def test_the_first_period_posts_whatever_was_earned_up_to_it() -> None:
    program(client("acme"), *(monthly("acme", month, "100.00") for month in ("2025-11", "2025-12", "2026-01")))
    assert close("2026-01") == {
        "ada acme 2025-11": "20.00",
        "ada acme 2025-12": "20.00",
        "ada acme 2026-01": "20.00",
    }


# -- What a close refuses ---------------------------------------------------------------------------------


def refused(expected: type[Exception], message: str, step: Callable[[], object]) -> None:
    before = all_rows()
    with pytest.raises(expected, match=message):
        step()
    assert all_rows() == before


def close_only(month: str) -> None:
    close_period(month=parse_month(month), by=None, at=AT)


def test_a_month_that_was_not_computed_cannot_be_closed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    refused(PeriodCannotClose, "2026-01 was not computed yet", lambda: close_only("2026-01"))


def test_a_month_cannot_be_closed_twice() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    refused(PeriodIsClosed, "2026-01 is closed", lambda: close_only("2026-01"))


def test_periods_close_in_order() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    run("2026-03")
    refused(PeriodCannotClose, "2026-02 is open and comes before 2026-03", lambda: close_only("2026-03"))


@pytest.mark.parametrize("month", ["2025-12", "2026-01", "2024-06"])
def test_months_up_to_the_last_closed_one_are_neither_run_nor_closed(month: str) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    refused(PeriodIsClosed, month, lambda: run(month))
    refused(PeriodIsClosed, month, lambda: run(month, full=True))
    refused(PeriodIsClosed, month, lambda: close_only(month))


NEWS: list[tuple[str, Facts]] = [
    ("money", monthly("acme", "2026-02", "1000.00", paid="2026-02-28")),
    ("a refund", refund("acme-2026-01-paid", "1.00", "2026-01-31")),
    ("a cancellation", client("acme", canceled="2026-02-01")),
    ("a moved client", client("acme", "ben")),
    ("a termination", partner("ada", ended="2026-02-10")),
    ("a new client", client("bolt", closed="2026-02-28")),
]


@pytest.mark.parametrize(("what", "facts"), NEWS, ids=[what for what, _ in NEWS])
def test_a_run_that_is_older_than_its_facts_cannot_be_closed(what: str, facts: Facts) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    run("2026-02")
    record(facts)
    refused(PeriodCannotClose, "2026-02 is older than its facts", lambda: close_only("2026-02"))
    run("2026-02")
    close_only("2026-02")
    assert Period.objects.get(month=parse_month("2026-02")).is_closed


def test_facts_of_a_later_month_or_without_money_keep_nobody_from_closing() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    record(monthly("acme", "2026-02", "1000.00"), client("bolt", closed="2026-02-01"))
    record(client("acme", name="Acme Ltd."))
    close_only("2026-01")
    assert posted("2026-01") == {"ada acme 2026-01": "200.00"}


def test_the_run_of_the_next_month_is_stale_once_the_month_before_closes() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert earned("2026-02") == {"ada acme 2026-01": "200.00"}
    close("2026-01")
    refused(PeriodCannotClose, "2026-02 is older than its facts", lambda: close_only("2026-02"))
    assert close("2026-02") == {}


def test_a_refused_recording_leaves_the_run_up_to_date() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    with pytest.raises(FactsRefused):
        record(refund("acme-2026-01-paid", "1000.01", "2026-01-31"))
    close_only("2026-01")
    assert balance("ada") == Decimal("200.00")


# -- The order of things ----------------------------------------------------------------------------------


STORY: list[Facts] = [
    client("acme") + client("bolt") + client("cove", "ben", closed="2026-01-20"),
    monthly("acme", "2026-01", "3000.00"),
    monthly("bolt", "2026-01", "2000.00", paid="2026-02-20"),
    monthly("cove", "2026-01", "100.00", paid="2026-01-25"),
    invoice("Q1", "acme", "2026-02-01", line("1000.00", since="2026-02", months=3), line("7.00", "tax")),
    payment("Q1-1", "Q1", "1000.00", "2026-02-03"),
    payment("Q1-2", "Q1", "7.00", "2026-03-03"),
    chargeback("bolt-2026-01-paid", "2000.00", "2026-03-05"),
    won_back("bolt-2026-01-paid", "500.00", "2026-04-05"),
    client("bolt", canceled="2026-02-10"),
    client("cove", "ada", closed="2026-01-20"),
    partner("ben", ended="2026-03-10", ended_by="company"),
]


def test_full_is_the_same_as_incremental_month_by_month() -> None:
    record(partner("ada"), partner("ben"), *STORY[:4])
    for month, late in (("2026-01", STORY[4:6]), ("2026-02", STORY[6:8]), ("2026-03", STORY[8:])):
        run(month)
        incremental = [(row.key, row.mrr, row.rate, row.amount, row.state) for row in exported(month)]
        run(month, full=True)
        assert [(row.key, row.mrr, row.rate, row.amount, row.state) for row in exported(month)] == incremental
        close_only(month)
        record(*late)
    incremental_amounts, incremental_rates = earned("2026-04"), rates("2026-04")
    assert (earned("2026-04", full=True), rates("2026-04")) == (incremental_amounts, incremental_rates)


def test_when_facts_are_told_changes_when_a_cent_is_posted_and_never_how_much() -> None:
    """All at once before the first close, or a fact a month: the sums by partner and client are the same."""
    record(partner("ada"), partner("ben"), *STORY[:1])
    months = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    for number, month in enumerate(months):
        record(*STORY[1 + 2 * number : 3 + 2 * number])
        close(month)
    close("2026-07")
    assert {key: amount for key, amount in sums().items() if amount} == {
        ("ada", "acme", "2026-01"): Decimal("900.00"),  # 30 % of 3,000: bolt's money reached 5,000 in time
        ("ada", "acme", "2026-02"): Decimal("66.67"),  # 20 % of 333.33
        ("ada", "acme", "2026-03"): Decimal("66.67"),  # 333.34
        ("ada", "acme", "2026-04"): Decimal("66.67"),
        ("ada", "bolt", "2026-01"): Decimal("150.00"),  # 30 % of 2,000 − 2,000 + 500
        ("ada", "cove", "2026-01"): Decimal("30.00"),  # 30 % of 100, moved from Ben
    }


def test_told_at_once_it_is_the_same() -> None:
    tell_the_story()
    close_months("2026-01", "2026-07")
    assert sums() == {
        ("ada", "acme", "2026-01"): Decimal("900.00"),
        ("ada", "acme", "2026-02"): Decimal("66.67"),
        ("ada", "acme", "2026-03"): Decimal("66.67"),
        ("ada", "acme", "2026-04"): Decimal("66.67"),
        ("ada", "bolt", "2026-01"): Decimal("150.00"),
        ("ada", "cove", "2026-01"): Decimal("30.00"),
    }


def tell_the_story() -> None:
    """All of it before the first month; what changes a client is told after the client."""
    *facts, cancellation, move, end = STORY
    record(partner("ada"), end, *facts)
    record(cancellation, move)


def sums() -> dict[tuple[str, str, str], Decimal]:
    """What was posted in all periods, by partner, client and service month."""
    totals: dict[tuple[str, str, str], Decimal] = {}
    for row in Commission.objects.posted().select_related("partner", "client"):
        key = (row.partner.reference, row.client.reference, f"{row.service_month:%Y-%m}")
        totals[key] = totals.get(key, Decimal("0.00")) + row.amount
    return totals


def test_lines_and_ledger_agree_for_each_partner() -> None:
    tell_the_story()
    close_months("2026-01", "2026-05")
    for of in ("ada", "ben"):
        lines = sum(row.amount for row in Commission.objects.posted().filter(partner=the_partner(of)))
        assert balance(of) == lines


def test_one_run_for_a_period() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    run("2026-01", full=True)
    assert Run.objects.count() == 1


def test_an_export_of_everything_has_no_amount_of_a_run_that_was_passed_by() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2026-01")
    run("2026-04")
    close("2026-03")
    assert [row[6:] for row in export_rows(None)] == [("200.00", "posted")]
    assert posted("2026-01") == {}


def test_a_month_years_ahead_is_not_closed_by_a_slip() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    run("2062-01")
    with pytest.raises(PeriodCannotClose, match="24 months ahead"):
        close_period(month=parse_month("2062-01"), by=None, at=AT)
