"""Three small programs whose sums were made by hand: the report's page, its file and its parts hold to them.

This Agreement: 20 % of a month's subscription money, from 5,000.00 MRR of a partner's month on 30 % of all of it.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from affiliates.money import show_money
from integrations.partnerstack.models import Difference
from integrations.partnerstack.services.compare import compare
from tests.cast import AT, close, pam, partner, record
from tests.integrations.partnerstack.standin import PartnerStack, customer, partnership, reward, transaction

pytestmark = pytest.mark.django_db
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def june() -> Iterator[None]:
    with time_machine.travel("2025-06-15T12:00:00Z", tick=False):
        yield


def imported(there: PartnerStack, **rows: list[Row]) -> str:
    there.rows.update(rows)
    said = StringIO()
    call_command("import_partnerstack", stdout=said)
    return said.getvalue()


def holds(*expected: tuple[str, str, str, str, dict[str, str]]) -> None:
    """Each month of a partner, paid there, given here, and the parts by kind: everywhere the same, and nothing else."""
    browser = Browser()
    browser.force_login(pam())
    told = browser.get(reverse("staff_partnerstack"), {"format": "csv"}).getvalue().decode()
    header, *lines = list(csv.reader(StringIO(told)))
    found = {(row.who, f"{row.month:%Y-%m}"): row for row in Difference.objects.all()}
    assert sorted(found) == sorted((who, month) for who, month, *_ in expected)
    assert len(lines) == len(expected)
    page = browser.get(reverse("staff_partnerstack")).content.decode()
    for who, month, paid, given, parts in expected:
        row = found[who, month]
        difference = Decimal(paid) - Decimal(given)
        assert (row.there, row.here, row.difference) == (Decimal(paid), Decimal(given), difference)
        sums: dict[str, Decimal] = {}
        for part in row.parts:
            sums[part["kind"]] = sums.get(part["kind"], Decimal(0)) + Decimal(part["amount"])
        assert sums == {kind: Decimal(amount) for kind, amount in parts.items()}
        assert sum(sums.values(), Decimal(0)) == difference
        (line,) = [each for each in lines if each[1] == who and Decimal(each[2]) == row.there and month in each[0]]
        values = dict(zip(header, line, strict=True))
        assert (Decimal(values["This Agreement"]), Decimal(values["Difference"])) == (Decimal(given), difference)
        assert sum(map(Decimal, line[7:-1])) == difference
        for amount in (row.there, row.here, difference):
            assert show_money(amount) in page
        of_month = browser.get(reverse("staff_partnerstack_difference", args=[row.pk])).content.decode()
        assert show_money(difference) in of_month
        assert "A payment counts whole in the month in which it was made" in of_month
    assert show_money(sum((Decimal(paid) for _, _, paid, *_ in expected), Decimal(0))) in page


def test_a_month_at_exactly_the_tier_and_one_a_cent_below(there: PartnerStack) -> None:
    said = imported(
        there,
        partnerships=[partnership()],
        customers=[customer("acme"), customer("birch")],
        transactions=[
            transaction("1", "2025-03-05", 300_000),
            transaction("2", "2025-03-06", 200_000, of="birch"),
            transaction("3", "2025-04-05", 300_000),
            transaction("4", "2025-04-06", 199_999, of="birch"),
        ],
        rewards=[
            reward("1", "2025-03-06", 60_000, "1"),
            reward("2", "2025-03-07", 40_000, "2"),
            reward("3", "2025-04-06", 60_000, "3"),
            reward("4", "2025-04-07", 39_999, "4"),
        ],
    )
    holds(
        # 3,000.00 + 2,000.00 = 5,000.00: 900.00 + 600.00 at 30 %, where 600.00 + 400.00 was paid.
        ("ada", "2025-03", "1000.00", "1500.00", {"rate": "-500.00"}),
        # 3,000.00 + 1,999.99 = 4,999.99: 600.00 + 400.00 (of 399.998) at 20 %, where 399.99 was paid.
        ("ada", "2025-04", "999.99", "1000.00", {"rate": "-0.01"}),
    )
    assert "Paid there 1,999.99, this Agreement gives 2,500.00, difference −500.01" in said


def test_a_refund_after_the_payout_an_ended_partner_and_a_reward_in_another_currency(there: PartnerStack) -> None:
    rows: dict[str, list[Row]] = {
        "partnerships": [partnership("ada"), partnership("ben")],
        "customers": [customer("acme"), customer("birch", "ben")],
        "transactions": [transaction("1", "2025-03-05", 100_000), transaction("3", "2025-03-08", 50_000, of="birch"),
                         transaction("4", "2025-05-08", 70_000, of="birch")],
        "rewards": [reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-03-06", 9_900, "1", currency="EUR"),
                    reward("3", "2025-03-09", 10_000, "3", "ben"), reward("4", "2025-05-09", 14_000, "4", "ben")],
    }  # fmt: skip
    imported(there, **rows)
    close("2025-03")
    record(partner("ben", ended="2025-04-10", ended_by="partner"), at=AT)
    rows["transactions"].append(transaction("2", "2025-06-02", -100_000))
    said = imported(there, **rows)
    assert "rewards rwrd_2 (20% of each payment): It is in EUR, the program’s money in USD" in said
    holds(
        # 1,000.00 came and went: 200.00 was paid there, and here the 200.00 that were posted are taken back.
        ("ada", "2025-03", "200.00", "0.00", {"reversed": "200.00"}),
        ("ben", "2025-03", "100.00", "100.00", {}),
        # Ben ended on 10 April: the 700.00 of May earn nothing here, and 140.00 was paid there.
        ("ben", "2025-05", "140.00", "0.00", {"not_counting": "140.00"}),
    )


def test_a_customer_who_moved_and_money_in_part_paid_for(there: PartnerStack) -> None:
    imported(
        there,
        partnerships=[partnership("ada"), partnership("ben")],
        customers=[customer("acme", "ben"), customer("birch", "ada")],
        transactions=[
            transaction("1", "2025-03-05", 100_000),
            transaction("2", "2025-03-06", 400_000, of="birch"),
            transaction("3", "2025-03-07", 100_000, of="birch"),
            transaction("4", "2025-03-08", -50_000, of="birch"),
        ],
        rewards=[
            reward("1", "2025-03-06", 20_000, "1", "ada"),
            reward("2", "2025-03-07", 80_000, "2", "ada"),
            reward("5", "2025-03-07", 5_000, None, "ada", description="Welcome"),
        ],
    )
    compare(by=None, at=timezone.now())
    holds(
        # Of Birch 4,000.00 was paid for with 800.00, 1,000.00 with nothing, and 500.00 went back: 4,500.00 stay, below
        # the tier: 20 %, 900.00. Rate: 800.00 - 800.00. Acme's 200.00 is Ben's here, and 50.00 is for no money.
        ("ada", "2025-03", "1050.00", "900.00",
         {"other_partner": "200.00", "no_money": "50.00", "not_paid": "-200.00", "reversed": "100.00"}),
        ("ben", "2025-03", "0.00", "200.00", {"not_paid": "-200.00"}),
    )  # fmt: skip
