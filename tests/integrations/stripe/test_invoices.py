"""Invoices of referred clients become facts: lines by category and months, in both shapes of Stripe's API."""

from typing import Any

import pytest

from integrations.stripe.models import CategoryRule
from tests.integrations.stripe.published import NEW, OLD, Object, event, invoice, line
from tests.integrations.stripe.telling import NOW, findings, lines, referred, tell

pytestmark = pytest.mark.django_db


def issued(*rows: Object, version: str = NEW, **said: Any) -> None:
    tell(event("invoice.finalized", invoice("in_1", "cus_a", *rows, version=version, **said), "2026-01-01"))


@pytest.mark.parametrize("version", [NEW, OLD])
def test_an_issued_invoice_is_a_fact_with_its_lines(version: str) -> None:
    referred("cus_a")
    issued(
        line(300_00, "2026-01-01", "2026-04-01", version=version),
        line(12_34, product="prod_sms", price="price_sms", version=version),
        version=version,
    )
    assert lines() == [
        "in_1 cus_a 2026-01-01 1 subscription 300.00 2026-01-01 3",
        "in_1 cus_a 2026-01-01 2 stripe:prod_sms 12.34 2026-01-01 1",
    ]
    assert findings() == []


@pytest.mark.parametrize("version", [NEW, OLD])
def test_tax_and_discounts_stand_in_lines_of_their_own(version: str) -> None:
    referred("cus_a")
    issued(line(100_00, discount=20_00, tax=8_00, version=version), version=version)
    assert lines() == [
        "in_1 cus_a 2026-01-01 1 subscription 100.00 2026-01-01 1",
        "in_1 cus_a 2026-01-01 2 subscription -20.00 2026-01-01 1",
        "in_1 cus_a 2026-01-01 3 tax 8.00 None None",
    ]


@pytest.mark.parametrize("version", [NEW, OLD])
def test_tax_inside_a_price_is_taken_out_of_it(version: str) -> None:
    referred("cus_a")
    issued(line(119_00, tax=19_00, is_inclusive=True, version=version), version=version)
    assert lines() == [
        "in_1 cus_a 2026-01-01 1 subscription 100.00 2026-01-01 1",
        "in_1 cus_a 2026-01-01 2 tax 19.00 None None",
    ]


def test_a_discount_of_the_whole_invoice_is_spread_and_adds_up() -> None:
    referred("cus_a")
    off = [{"amount": 10_00, "discount": "di_1"}]
    issued(line(10_00), line(10_00), line(10_00), total=20_00, total_discount_amounts=off)
    amounts = [row.split()[5] for row in lines()]
    assert amounts == ["10.00", "10.00", "10.00", "-3.33", "-3.33", "-3.34"]


def test_the_metadata_of_a_line_wins_over_the_rule_of_its_product() -> None:
    referred("cus_a")
    CategoryRule.objects.create(stripe_id="price_special", category="compliance", decided_at=NOW)
    issued(
        line(1_00, metadata={"category": "One-time"}),
        line(2_00, metadata={"category": "AI minutes"}),
        line(3_00, price="price_special"),
        line(4_00, product="", price=""),
    )
    assert [row.split(" ", 4)[4] for row in lines()] == [
        "one_time 1.00 2026-01-01 1",
        "AI minutes 2.00 2026-01-01 1",
        "compliance 3.00 2026-01-01 1",
        "stripe:no_product 4.00 2026-01-01 1",
    ]


def test_a_proration_credits_and_charges_its_own_period() -> None:
    referred("cus_a")
    issued(line(-50_00, "2026-01-16", "2026-02-01"), line(75_00, "2026-01-16", "2026-02-01"))
    assert [row.split(" ", 4)[4] for row in lines()] == [
        "subscription -50.00 2026-01-16 1",
        "subscription 75.00 2026-01-16 1",
    ]


@pytest.mark.parametrize(("amount", "is_inclusive"), [(10_00, False), (10_80, True)])
@pytest.mark.parametrize("of_lines", [8_00, 0])
def test_shipping_stands_apart_with_its_tax(amount: int, is_inclusive: bool, of_lines: int) -> None:
    """Its tax is in no line: 10.00 of shipping and 0.80 of tax on it, on top or inside."""
    referred("cus_a")
    taxes = [{"amount": 80, "tax_behavior": "inclusive" if is_inclusive else "exclusive", "type": "tax_rate_details"}]
    taxes += [{"amount": of_lines, "tax_behavior": "exclusive", "type": "tax_rate_details"}] if of_lines else []
    cost = {"amount_subtotal": amount, "amount_tax": 80, "amount_total": 10_80, "shipping_rate": "shr_1"}
    issued(line(100_00, tax=of_lines), total=110_80 + of_lines, shipping_cost=cost, total_taxes=taxes)
    told = [" ".join(row.split()[4:6]) for row in lines()]
    expected = ["subscription 100.00", *(["tax 8.00"] if of_lines else []), "one_time 10.00", "tax 0.80"]
    assert told == expected


def test_what_lines_do_not_explain_stands_apart_for_finance() -> None:
    referred("cus_a")
    issued(line(100_00), total=101_00)
    assert lines()[1] == "in_1 cus_a 2026-01-01 2 stripe:unexplained 1.00 None None"


def test_zero_is_kept_and_negative_and_foreign_money_is_listed() -> None:
    referred("cus_a")
    tell(
        event("invoice.finalized", invoice("in_0", "cus_a", line(0), paid="2026-01-01"), "2026-01-01"),
        event("invoice.finalized", invoice("in_minus", "cus_a", line(-5_00)), "2026-01-01"),
        event("invoice.finalized", invoice("in_eur", "cus_a", line(5_00), currency="eur"), "2026-01-01"),
    )
    assert lines() == ["in_0 cus_a 2026-01-01 1 subscription 0.00 2026-01-01 1"]
    assert findings() == ["currency in_eur", "negative in_minus"]


def test_a_draft_is_nothing_yet_and_a_void_invoice_was_one() -> None:
    referred("cus_a")
    tell(event("invoice.created", invoice("in_1", "cus_a", status="draft"), "2026-01-01"))
    assert lines() == []
    tell(event("invoice.voided", invoice("in_1", "cus_a", status="void"), "2026-01-03"))
    assert lines() == ["in_1 cus_a 2026-01-01 1 subscription 100.00 2026-01-01 1"]


def test_lines_that_an_event_leaves_out_are_waited_for() -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", line(50_00), total=100_00)
    made["lines"]["has_more"] = True
    tell(event("invoice.finalized", made, "2026-01-01"))
    assert (lines(), findings()) == ([], ["lines in_1"])
    whole = invoice("in_1", "cus_a", line(50_00), line(50_00))
    tell(event("invoice.updated", whole, "2026-01-02"), event("invoice.updated", made, "2026-01-03"))
    assert len(lines()) == 2
    assert findings() == []
