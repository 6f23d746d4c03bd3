"""B, commission schedule: 20 % of the MRR below $5,000 per month, 30 % from $5,000."""

from decimal import Decimal

import pytest

from commissions.models import Plan
from commissions.services.give_plan import PlanHasNoLowestTier, give_plan, make_plan
from tests.cast import (
    AT,
    all_rows,
    balance,
    chargeback,
    client,
    close,
    day,
    earned,
    monthly,
    program,
    rates,
    record,
    refund,
    the_partner,
)

pytestmark = pytest.mark.django_db


def test_4999_99_earns_twenty_percent() -> None:
    program(client("acme"), monthly("acme", "2026-01", "4999.99"))
    assert earned("2026-01") == {"ada acme 2026-01": "1000.00"}  # 999.998
    assert rates("2026-01") == {"ada acme 2026-01": "4999.99 at 0.20"}


def test_exactly_5000_earns_thirty_percent() -> None:
    program(client("acme"), monthly("acme", "2026-01", "5000.00"))
    assert earned("2026-01") == {"ada acme 2026-01": "1500.00"}
    assert rates("2026-01") == {"ada acme 2026-01": "5000.00 at 0.30"}


TOGETHER = [
    # acme, bolt, rate, their commissions
    ("2500.00", "2499.99", "0.20", "500.00", "500.00"),  # 4,999.99: 499.998 → 500.00
    ("2500.00", "2500.00", "0.30", "750.00", "750.00"),  # 5,000.00: all of it at 30 %
    ("4999.99", "0.01", "0.30", "1500.00", None),  # 1,499.997 → 1,500.00; 30 % of a cent is nothing
    ("9000.00", "1000.00", "0.30", "2700.00", "300.00"),
]


@pytest.mark.parametrize(("acme", "bolt", "rate", "for_acme", "for_bolt"), TOGETHER)
def test_the_clients_of_a_partner_reach_the_tier_together(
    acme: str, bolt: str, rate: str, for_acme: str, for_bolt: str | None
) -> None:
    program(client("acme"), client("bolt"), monthly("acme", "2026-01", acme), monthly("bolt", "2026-01", bolt))
    expected = {"ada acme 2026-01": for_acme}
    if for_bolt:
        expected["ada bolt 2026-01"] = for_bolt
    assert earned("2026-01") == expected
    assert {text.split()[-1] for text in rates("2026-01").values()} == {rate}


def test_two_partners_do_not_add_up() -> None:
    program(
        client("acme", "ada"),
        client("cove", "ben"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("cove", "2026-01", "3000.00"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "600.00", "ben cove 2026-01": "600.00"}


def test_each_service_month_has_its_own_tier() -> None:
    program(client("acme"), monthly("acme", "2026-01", "5000.00"), monthly("acme", "2026-02", "4000.00"))
    assert close("2026-01") == {"ada acme 2026-01": "1500.00"}
    assert close("2026-02") == {"ada acme 2026-02": "800.00"}


def test_late_money_lifts_a_past_month_for_every_client() -> None:
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("bolt", "2026-01", "2000.00", paid="2026-02-20"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "600.00"}  # 20 % of 3,000
    assert close("2026-02") == {
        "ada acme 2026-01": "300.00",  # 30 % of 3,000 − 600
        "ada bolt 2026-01": "600.00",  # 30 % of 2,000
    }
    assert balance("ada") == Decimal("1500.00")  # 30 % of 5,000


def test_money_recorded_late_lifts_a_closed_month_in_the_next_run() -> None:
    program(client("acme"), monthly("acme", "2026-01", "4999.99"))
    assert close("2026-01") == {"ada acme 2026-01": "1000.00"}
    record(client("bolt"), monthly("bolt", "2026-01", "0.01"))  # Paid in January, told in February.
    assert close("2026-02") == {"ada acme 2026-01": "500.00"}  # 1,499.997 → 1,500.00 − 1,000.00


def test_a_chargeback_within_the_month_lowers_its_tier() -> None:
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("bolt", "2026-01", "2000.00"),
        chargeback("bolt-2026-01-paid", "2000.00", "2026-01-31"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "600.00"}  # MRR is 3,000: 20 %
    assert rates("2026-01") == {"ada acme 2026-01": "3000.00 at 0.20"}


def test_a_chargeback_after_the_month_takes_its_own_commission_and_never_lowers_the_tier() -> None:
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("bolt", "2026-01", "2000.00"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "900.00", "ada bolt 2026-01": "600.00"}
    record(chargeback("bolt-2026-01-paid", "2000.00", "2026-02-01"))
    assert close("2026-02") == {"ada bolt 2026-01": "-600.00"}  # Acme keeps its 30 %.
    assert rates("2026-02") == {"ada bolt 2026-01": "5000.00 at 0.30"}


def test_a_refund_dated_within_the_month_but_told_after_its_close_lowers_the_tier() -> None:
    """The result does not depend on when facts arrive: the same as if it had been known in January."""
    program(
        client("acme"),
        client("bolt"),
        monthly("acme", "2026-01", "3000.00"),
        monthly("bolt", "2026-01", "2000.00"),
    )
    close("2026-01")
    record(refund("bolt-2026-01-paid", "500.00", "2026-01-31"))
    assert close("2026-02") == {
        "ada acme 2026-01": "-300.00",  # 20 % of 3,000 − 900
        "ada bolt 2026-01": "-300.00",  # 20 % of 1,500 − 600
    }


def test_a_partner_crosses_and_comes_back() -> None:
    program(
        client("acme"),
        client("bolt", canceled="2026-02-15"),
        *(monthly("acme", month, "3000.00") for month in ("2026-01", "2026-02", "2026-03")),
        *(monthly("bolt", month, "2000.00") for month in ("2026-01", "2026-02", "2026-03")),
    )
    assert close("2026-01") == {"ada acme 2026-01": "900.00", "ada bolt 2026-01": "600.00"}
    assert close("2026-02") == {"ada acme 2026-02": "900.00", "ada bolt 2026-02": "600.00"}
    assert close("2026-03") == {"ada acme 2026-03": "600.00"}  # 20 % of 3,000


# -- Other plans ------------------------------------------------------------------------------------------


def test_another_plan_holds_from_its_month_on() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"))
    plan = make_plan(name="Early partner", tiers=[(Decimal(0), Decimal("0.25"))], by=None, at=AT)
    give_plan(partner=the_partner("ada"), plan=plan, first_month=day("2026-02-01"), reason="", by=None, at=AT)
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    assert close("2026-02") == {"ada acme 2026-02": "250.00"}


def test_a_plan_given_afterwards_settles_the_closed_month_in_the_next_run() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    plan = make_plan(name="Early partner", tiers=[(Decimal(0), Decimal("0.25"))], by=None, at=AT)
    give_plan(partner=the_partner("ada"), plan=plan, first_month=day("2026-01-01"), reason="", by=None, at=AT)
    assert close("2026-02") == {"ada acme 2026-01": "50.00"}


def test_a_plan_without_a_lowest_tier_is_refused() -> None:
    before = all_rows()
    with pytest.raises(PlanHasNoLowestTier):
        make_plan(name="Nothing at first", tiers=[(Decimal(100), Decimal("0.25"))], by=None, at=AT)
    assert all_rows() == before


def test_the_standard_plan_is_appendix_b() -> None:
    tiers = Plan.objects.get(is_standard=True).tiers.order_by("threshold")
    assert [(f"{tier.threshold}", f"{tier.rate}") for tier in tiers] == [
        ("0.00", "0.2000"),
        ("5000.00", "0.3000"),
    ]
