"""B: "All monies being received from end-clients referred" and "A 1-month waiting period after close"."""

import pytest

from clients.models import Invoice, Slice
from tests.cast import (
    client,
    close,
    earned,
    invoice,
    line,
    monthly,
    payment,
    posted,
    program,
    rates,
    record,
    waiting,
    why,
)

pytestmark = pytest.mark.django_db


# -- All monies received ----------------------------------------------------------------------------------


def test_an_invoice_that_was_not_paid_earns_nothing() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00", paid=None))
    assert earned("2026-01") == {}


def test_a_part_of_the_money_earns_nothing() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00", paid=None),
        payment("P1", "acme-2026-01", "999.99", "2026-01-10"),
    )
    assert earned("2026-01") == {}
    assert [invoice.reference for invoice in Invoice.objects.partly_paid()] == ["acme-2026-01"]


def test_the_last_cent_earns_it_all() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00", paid=None),
        payment("P1", "acme-2026-01", "999.99", "2026-01-10"),
    )
    record(payment("P2", "acme-2026-01", "0.01", "2026-01-31"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}


def test_all_lines_have_to_be_paid_not_only_the_subscription() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("1000.00", since="2026-01"), line("80.00", "tax")),
        payment("P1", "I1", "1000.00", "2026-01-10"),
    )
    assert earned("2026-01") == {}
    record(payment("P2", "I1", "80.00", "2026-01-20"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}


def test_money_of_the_next_month_does_not_count_yet() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00", paid="2026-02-01"))
    assert close("2026-01") == {}
    assert close("2026-02") == {"ada acme 2026-01": "200.00"}


def test_the_money_of_the_last_day_counts() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00", paid="2026-01-31"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}


def test_the_last_of_several_payments_collects_whatever_order_they_are_told_in() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00", paid=None),
        payment("P2", "acme-2026-01", "400.00", "2026-03-05"),
    )
    record(payment("P1", "acme-2026-01", "600.00", "2026-02-05"))
    assert [f"{row.collected_on}" for row in Slice.objects.all()] == ["2026-03-05"]
    assert close("2026-02") == {}
    assert close("2026-03") == {"ada acme 2026-01": "200.00"}


def test_money_in_advance_earns_when_its_service_month_comes() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00", paid="2026-01-10"))
    assert close("2026-01") == {}
    assert close("2026-02") == {}
    assert close("2026-03") == {"ada acme 2026-03": "200.00"}


def test_a_payment_before_its_invoice_counts_from_the_invoice() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-02-01", line("1000.00", since="2026-01")),
        payment("P1", "I1", "1000.00", "2026-01-20"),
    )
    assert close("2026-01") == {}
    assert close("2026-02") == {"ada acme 2026-01": "200.00"}


def test_a_total_of_zero_is_kept_and_earns_nothing() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("500.00", since="2026-01"), line("-500.00", since="2026-01")),
        invoice("I2", "acme", "2026-01-01", line("0.00", since="2026-01")),
    )
    assert earned("2026-01") == {}
    assert Invoice.objects.count() == 2


# -- Waiting period ---------------------------------------------------------------------------------------


MATURES = [
    # closed on, matured on, last month in which it waits
    ("2026-01-01", "2026-02-01", "2026-01"),
    ("2026-01-15", "2026-02-15", "2026-01"),
    ("2026-01-31", "2026-02-28", "2026-01"),  # No 31 February, so its last day,
    ("2028-01-31", "2028-02-29", "2028-01"),  # which is the 29th in 2028.
    ("2026-03-31", "2026-04-30", "2026-03"),
    ("2026-12-31", "2027-01-31", "2026-12"),
]


@pytest.mark.parametrize(("closed", "matured", "month"), MATURES)
def test_one_calendar_month_after_close(closed: str, matured: str, month: str) -> None:
    program(client("acme", closed=closed), monthly("acme", month, "1000.00", paid=closed))
    assert close(month) == {}
    assert waiting(month) == {f"ada acme {month}": "200.00"}
    assert f"{why(f'ada acme {month}', month).matured_on}" == matured
    assert close(matured[:7]) == {f"ada acme {month}": "200.00"}


def test_a_client_that_closed_on_the_first_is_matured_on_the_last_day_of_no_earlier_month() -> None:
    program(client("acme", closed="2026-02-01"), monthly("acme", "2026-02", "1000.00"))
    assert earned("2026-02") == {}  # Matured on 1 March, one day after.


def test_a_client_whose_month_ends_on_the_last_day_is_matured_then() -> None:
    program(client("acme", closed="2026-01-31"), monthly("acme", "2026-02", "1000.00", paid="2026-02-28"))
    assert earned("2026-02") == {"ada acme 2026-02": "200.00"}  # Matured on 28 February itself.


def test_waiting_money_counts_towards_the_tier() -> None:
    program(
        client("acme"),
        client("new", closed="2026-01-20"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("new", "2026-01", "2000.00", paid="2026-01-25"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "900.00"}  # 30 %, since 3,000 + 2,000 = 5,000
    assert waiting("2026-01") == {"ada new 2026-01": "600.00"}
    assert set(rates("2026-01").values()) == {"5000.00 at 0.30"}


def test_what_waited_is_posted_once() -> None:
    program(client("acme", closed="2026-01-20"), monthly("acme", "2026-01", "1000.00", paid="2026-01-25"))
    assert close("2026-01") == {}
    assert close("2026-02") == {"ada acme 2026-01": "200.00"}
    assert close("2026-03") == {}
    assert posted("2026-02") == {"ada acme 2026-01": "200.00"}
    assert waiting("2026-02") == {}


def test_a_client_that_closes_after_the_period_is_not_there_yet() -> None:
    program(client("acme", closed="2026-02-01"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {}
    assert waiting("2026-01") == {}
    assert close("2026-02") == {}
    assert close("2026-03") == {"ada acme 2026-01": "200.00"}


def test_a_close_date_that_is_corrected_to_a_later_day_takes_back_and_waits_again() -> None:
    program(client("acme", closed="2025-12-01"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    record(client("acme", closed="2026-02-10"))
    assert close("2026-02") == {"ada acme 2026-01": "-200.00"}
    assert waiting("2026-02") == {"ada acme 2026-01": "200.00"}
    assert close("2026-03") == {"ada acme 2026-01": "200.00"}
