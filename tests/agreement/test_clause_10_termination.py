"""10: "Partner will be paid for any qualifying referral until the date of termination."."""

import pytest

from tests.cast import (
    balance,
    client,
    close,
    earned,
    invoice,
    line,
    monthly,
    partner,
    payment,
    program,
    record,
    refund,
    why,
)

pytestmark = pytest.mark.django_db


COLLECTED = [
    # terminated on, service month, paid on, period, whether it counts
    ("2026-02-10", "2026-01", "2026-01-10", "2026-02", True),
    ("2026-02-10", "2026-02", "2026-02-10", "2026-02", True),  # The day of termination is the last.
    ("2026-02-10", "2026-02", "2026-02-11", "2026-02", False),  # Collected after it.
    ("2026-02-10", "2026-01", "2026-02-11", "2026-02", False),
    ("2026-02-10", "2026-03", "2026-02-01", "2026-03", False),  # Paid in advance, for a month after it.
    ("2026-03-01", "2026-02", "2026-02-11", "2026-02", True),  # It ends only in the next month.
]


@pytest.mark.parametrize(("ended", "month", "paid", "period", "counts"), COLLECTED)
def test_what_is_collected_until_the_end_counts(ended: str, month: str, paid: str, period: str, counts: bool) -> None:
    program(client("acme"), monthly("acme", month, "1000.00", paid=paid))
    record(partner("ada", ended=ended, ended_by="partner"))
    assert earned(period) == ({f"ada acme {month}": "200.00"} if counts else {})


def test_a_termination_told_in_advance_changes_nothing_before_its_day() -> None:
    program(client("acme"), *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02", "2026-03")))
    record(partner("ada", ended="2026-02-20", ended_by="company"))
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    assert close("2026-02") == {"ada acme 2026-02": "200.00"}
    assert close("2026-03") == {}


def test_a_quarter_stops_with_the_month_of_the_termination() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("300.00", since="2026-01", months=3)),
        payment("P1", "I1", "300.00", "2026-01-10"),
    )
    record(partner("ada", ended="2026-02-20", ended_by="partner"))
    assert close("2026-01") == {"ada acme 2026-01": "20.00"}
    assert close("2026-02") == {"ada acme 2026-02": "20.00"}
    assert close("2026-03") == {}


def test_a_termination_told_late_takes_back_what_was_posted_since() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"))
    close("2026-01")
    close("2026-02")
    record(partner("ada", ended="2026-01-31", ended_by="company"))
    assert close("2026-03") == {"ada acme 2026-02": "-200.00"}
    explained = why("ada acme 2026-02", "2026-03")
    assert [fact.clause for fact in explained.slices] == ["10, termination"]
    assert explained.agrees


def test_what_was_earned_stays_in_the_ledger() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(partner("ada", ended="2026-02-10", ended_by="partner"))
    assert close("2026-02") == {}
    assert f"{balance('ada')}" == "200.00"


def test_money_that_goes_back_after_the_end_is_still_taken_back() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(partner("ada", ended="2026-02-10", ended_by="partner"))
    record(refund("acme-2026-01-paid", "500.00", "2026-03-10"))
    assert close("2026-02") == {}
    assert close("2026-03") == {"ada acme 2026-01": "-100.00"}


def test_a_client_still_waiting_at_the_end_is_paid_when_it_matures() -> None:
    """It qualified and was collected before the end; the waiting period only says when it is posted."""
    program(client("acme", closed="2026-01-25"), monthly("acme", "2026-01", "1000.00", paid="2026-01-28"))
    record(partner("ada", ended="2026-02-01", ended_by="partner"))
    assert close("2026-01") == {}
    assert close("2026-02") == {"ada acme 2026-01": "200.00"}


def test_a_partner_that_joins_later_is_not_there_before() -> None:
    record(
        partner("cal", joined="2026-02-01"),
        client("acme", "cal", closed="2025-06-01"),
        monthly("acme", "2026-01", "1000.00"),
    )
    assert close("2026-01") == {}
    assert close("2026-02") == {"cal acme 2026-01": "200.00"}
