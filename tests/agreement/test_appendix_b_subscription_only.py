"""B: "The commission is only payable on subscription fees paid by Clients to Aloware." """

import pytest

from clients.models import InvoiceLine, Slice
from clients.models.category import Category
from tests.cast import client, close, earned, invoice, line, monthly, payment, program, rates, why

pytestmark = pytest.mark.django_db


def test_subscription_earns_twenty_percent() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert earned("2026-01") == {"ada acme 2026-01": "200.00"}  # 20 % of 1,000.00


@pytest.mark.parametrize("category", [name for name in Category.values if name != Category.SUBSCRIPTION])
def test_peripheral_fees_earn_nothing(category: str) -> None:
    """Phone number rental, local presence, toll-free minutes, compliance, automated SMS and the like."""
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("700.00", since="2026-01"), line("300.00", category)),
        payment("P1", "I1", "1000.00", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "140.00"}  # 20 % of 700.00, nothing of 300.00
    assert rates("2026-01") == {"ada acme 2026-01": "700.00 at 0.20"}


def test_peripheral_fees_do_not_lift_the_tier() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("4900.00", since="2026-01"), line("900.00", "toll_free")),
        payment("P1", "I1", "5800.00", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "980.00"}  # 20 % of 4,900.00


def test_a_peripheral_fee_with_months_earns_nothing_either() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("300.00", "phone_numbers", since="2026-01", months=3)),
        payment("P1", "I1", "300.00", "2026-01-10"),
    )
    assert earned("2026-01") == {}
    assert not Slice.objects.exists()


def test_an_unknown_category_is_kept_earns_nothing_and_is_listed() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("700.00", since="2026-01"), line("300.00", "AI minutes")),
        payment("P1", "I1", "1000.00", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "140.00"}
    assert [entry.category for entry in InvoiceLine.objects.unmapped()] == ["AI minutes"]


@pytest.mark.parametrize("category", ["Subscription", "SUBSCRIPTION", "subscriptions"])
def test_a_word_that_only_looks_like_subscription_earns_nothing(category: str) -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("700.00", category, since="2026-01")),
        payment("P1", "I1", "700.00", "2026-01-10"),
    )
    assert earned("2026-01") == {}
    assert InvoiceLine.objects.unmapped().count() == 1


def test_a_discount_on_the_subscription_lowers_what_is_earned() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("1000.00", since="2026-01"), line("-150.00", since="2026-01")),
        payment("P1", "I1", "850.00", "2026-01-10"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "170.00"}  # 20 % of 1,000.00 − 150.00


def test_the_explanation_names_the_clause_of_an_excluded_line() -> None:
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("700.00", since="2026-01"), line("50.00", "tax")),
        payment("P1", "I1", "750.00", "2026-01-10"),
    )
    close("2026-01")
    (excluded,) = why("ada acme 2026-01", "2026-01").excluded
    assert (excluded.category, f"{excluded.amount}", excluded.clause) == (
        "tax",
        "50.00",
        "B, subscription only",
    )
