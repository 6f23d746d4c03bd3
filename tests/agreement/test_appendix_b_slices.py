"""B: "month-to-month billing cycles and quarterly contracts": a line earns month by month (RULES 3)."""

from decimal import Decimal

import pytest

from clients.models import Slice
from tests.cast import client, close, earned, invoice, line, payment, program

pytestmark = pytest.mark.django_db

SLICES = [
    # amount, months, slices: round(A·(k+1)/n) − round(A·k/n)
    ("300.00", 3, ["100.00", "100.00", "100.00"]),
    ("100.00", 3, ["33.33", "33.34", "33.33"]),  # 33.33, 66.67 − 33.33, 100.00 − 66.67
    ("200.00", 3, ["66.67", "66.66", "66.67"]),  # 66.67, 133.33 − 66.67, 200.00 − 133.33
    ("0.01", 3, ["0.00", "0.01", "0.00"]),  # 0.0033… → 0.00, 0.0066… → 0.01, 0.01
    ("0.05", 2, ["0.03", "0.02"]),  # 0.025 rounds half up to 0.03
    ("-100.00", 3, ["-33.33", "-33.34", "-33.33"]),  # A discount slices in the same way,
    ("-0.05", 2, ["-0.03", "-0.02"]),  # rounding half away from zero.
    ("1200.00", 1, ["1200.00"]),
]


@pytest.mark.parametrize(("amount", "months", "slices"), SLICES)
def test_a_line_is_cut_into_months_that_add_up(amount: str, months: int, slices: list[str]) -> None:
    rest = f"{Decimal('1000.00') - Decimal(amount)}"  # A second line keeps the invoice's total positive.
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line(amount, since="2026-01", months=months), line(rest, "tax")),
        payment("P1", "I1", "1000.00", "2026-01-10"),
    )
    cut = list(Slice.objects.filter(line__number=1).order_by("service_month"))
    assert [f"{piece.amount}" for piece in cut] == slices
    assert sum(piece.amount for piece in cut) == Decimal(amount)
    assert [piece.service_month.month for piece in cut] == list(range(1, months + 1))


def test_a_quarterly_contract_earns_a_third_each_month() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("100.00", since="2026-01", months=3)),
        payment("P1", "I1", "100.00", "2026-01-10"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "6.67"}  # 20 % of 33.33 = 6.666
    assert close("2026-02") == {"ada acme 2026-02": "6.67"}  # 20 % of 33.34 = 6.668
    assert close("2026-03") == {"ada acme 2026-03": "6.67"}
    assert close("2026-04") == {}


def test_a_quarter_paid_late_earns_its_past_months_at_once() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("300.00", since="2026-01", months=3)),
        payment("P1", "I1", "300.00", "2026-02-10"),
    )
    assert close("2026-01") == {}
    assert close("2026-02") == {"ada acme 2026-01": "20.00", "ada acme 2026-02": "20.00"}
    assert close("2026-03") == {"ada acme 2026-03": "20.00"}


@pytest.mark.parametrize("since", ["2026-01", "2026-01-01", "2026-01-31"])
def test_the_first_service_month_is_that_of_service_from(since: str) -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("200.00", since=since, months=2)),
        payment("P1", "I1", "200.00", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "20.00"}
    assert [f"{piece.service_month}" for piece in Slice.objects.order_by("service_month")] == [
        "2026-01-01",
        "2026-02-01",
    ]


def test_a_year_in_advance_crosses_the_turn_of_the_year() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-11-01", line("1200.00", since="2026-11", months=12)),
        payment("P1", "I1", "1200.00", "2026-11-10"),
    )
    assert [f"{piece.service_month:%Y-%m}" for piece in Slice.objects.order_by("service_month")][:3] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]
    assert Slice.objects.count() == 12


def test_slices_of_one_month_are_summed_before_the_rate_rounds() -> None:
    """Two lines of 0.02 earn 20 % of 0.04 = 0.008 → 0.01, not twice 0.00."""
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("0.02", since="2026-01"), line("0.02", since="2026-01")),
        payment("P1", "I1", "0.04", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "0.01"}


ROUNDED = [
    ("0.02", None),  # 0.004 → 0.00
    ("0.03", "0.01"),  # 0.006
    ("0.12", "0.02"),  # 0.024
    ("0.13", "0.03"),  # 0.026
    ("99.98", "20.00"),  # 19.996
    ("33.33", "6.67"),  # 6.666
    ("33.32", "6.66"),  # 6.664
]


@pytest.mark.parametrize(("amount", "commission"), ROUNDED)
def test_the_commission_is_rounded_half_up_to_the_cent(amount: str, commission: str | None) -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line(amount, since="2026-01")),
        payment("P1", "I1", amount, "2026-01-10"),
    )
    assert earned("2026-01") == ({"ada acme 2026-01": commission} if commission else {})


def test_exactly_half_a_cent_is_rounded_up() -> None:
    """30 % of 5,000.05 is 1,500.015."""
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("5000.05", since="2026-01")),
        payment("P1", "I1", "5000.05", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "1500.02"}
