"""For how many months a period is."""

from datetime import date

import pytest

from integrations.stripe.money import amount_of
from integrations.stripe.months import service_months


@pytest.mark.parametrize(
    ("first", "end", "months"),
    [
        ("2026-01-01", "2026-02-01", 1),
        ("2026-01-31", "2026-02-28", 1),  # Billed on the 31st: February ends before it.
        ("2026-02-28", "2026-03-31", 1),
        ("2028-01-31", "2028-02-29", 1),
        ("2026-02-28", "2026-03-28", 1),
        ("2026-01-30", "2026-02-28", 1),
        ("2026-02-28", "2026-05-31", 3),
        ("2026-01-15", "2026-04-15", 3),
        ("2026-01-01", "2027-01-01", 12),
        ("2028-02-29", "2029-02-28", 12),
        ("2026-03-20", "2027-01-01", 9),  # 9 months and 12 days: the rest of a year.
        ("2026-03-10", "2027-01-01", 10),  # 9 months and 22 days.
        ("2026-01-01", "2026-01-16", 1),  # A proration.
        ("2026-01-01", "2026-01-01", 1),  # A moment, as one-time items have.
        ("2026-01-05", "2026-01-01", 1),  # Nonsense.
        ("2026-01-01", "2029-01-01", 36),
    ],
)
def test_months_of_a_period(first: str, end: str, months: int) -> None:
    assert service_months(date.fromisoformat(first), date.fromisoformat(end)) == months


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (1234, "usd", "12.34"),
        (1234, "jpy", "1234"),
        (12340, "kwd", "12.340"),
        (-5, "USD", "-0.05"),
        (100, "ugx", "1.00"),
    ],
)
def test_amounts_of_a_currency(units: int, currency: str, amount: str) -> None:
    assert str(amount_of(units, currency)) == amount
