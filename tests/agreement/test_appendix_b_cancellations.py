"""B: "Canceled referred accounts will seize to incur commission payments to the Partner." """

import pytest

from tests.cast import client, close, earned, invoice, line, monthly, payment, program, record, why

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("canceled", ["2026-01-01", "2026-01-15", "2026-01-31"])
def test_the_month_of_the_cancellation_still_earns_and_the_next_does_not(canceled: str) -> None:
    program(
        client("acme", canceled=canceled),
        monthly("acme", "2026-01", "1000.00"),
        monthly("acme", "2026-02", "1000.00"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    assert close("2026-02") == {}


def test_money_for_the_time_before_still_earns_when_it_comes_after() -> None:
    program(client("acme", canceled="2026-01-15"), monthly("acme", "2026-01", "1000.00", paid="2026-03-01"))
    assert close("2026-02") == {}
    assert close("2026-03") == {"ada acme 2026-01": "200.00"}


def test_a_quarter_paid_in_advance_stops_after_the_month_of_the_cancellation() -> None:
    program(
        client("acme", canceled="2026-02-10"),
        invoice("I1", "acme", "2026-01-01", line("300.00", since="2026-01", months=3)),
        payment("P1", "I1", "300.00", "2026-01-10"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "20.00"}
    assert close("2026-02") == {"ada acme 2026-02": "20.00"}
    assert close("2026-03") == {}


def test_a_cancellation_in_the_future_changes_nothing_yet() -> None:
    program(client("acme", canceled="2026-02-01"), monthly("acme", "2026-01", "1000.00"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}


def test_a_cancellation_told_late_takes_back_what_was_posted_since() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"))
    close("2026-01")
    close("2026-02")
    record(client("acme", canceled="2026-01-20"))
    assert close("2026-03") == {"ada acme 2026-02": "-200.00"}
    explained = why("ada acme 2026-02", "2026-03")
    assert [fact.clause for fact in explained.slices] == ["B, cancellations"]
    assert explained.agrees


def test_a_cancellation_that_was_an_error_gives_it_back() -> None:
    program(client("acme", canceled="2025-12-20"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {}
    record(client("acme"))
    assert close("2026-02") == {"ada acme 2026-01": "200.00"}


def test_a_cancelled_client_lowers_the_tier_of_the_others() -> None:
    program(
        client("acme"),
        client("bolt", canceled="2026-01-10"),
        monthly("acme", "2026-02", "3000.00"),
        monthly("bolt", "2026-02", "2000.00"),
    )
    assert earned("2026-02") == {"ada acme 2026-02": "600.00"}
