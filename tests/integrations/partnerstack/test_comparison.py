"""What was paid there against what this Agreement gives: each difference in parts that add up to it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from clients.models import Client, Payment
from clients.models.category import Category
from clients.services.map_category import map_category
from integrations.partnerstack.models import Difference
from integrations.partnerstack.services.compare import compare
from tests.cast import AT, Facts, chargeback, client, fay, invoice, line, partner, payment, record
from tests.integrations.partnerstack.standin import PartnerStack, customer, partnership, reward, transaction

pytestmark = pytest.mark.django_db
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def june() -> Iterator[None]:
    with time_machine.travel("2025-06-15T12:00:00Z", tick=False):
        yield


def imported(there: PartnerStack, **rows: list[Row]) -> None:
    there.rows.update({"partnerships": [partnership()], "customers": [customer()]} | rows)
    call_command("import_partnerstack", stdout=StringIO())


def recorded(*facts: Facts) -> None:
    """Facts that come from elsewhere, after which is compared anew."""
    record(*facts, at=AT)
    compare(by=None, at=timezone.now())


def month(text: str, who: str = "ada") -> Difference:
    found = Difference.objects.get(who=who, month=f"{text}-01")
    assert sum(Decimal(part["amount"]) for part in found.parts) == found.there - found.here
    return found


def parts(text: str, who: str = "ada") -> dict[str, str]:
    return {part["kind"]: part["amount"] for part in month(text, who).parts}


def says(text: str, kind: str, who: str = "ada") -> str:
    return next(str(part["says"]) for part in month(text, who).parts if part["kind"] == kind)


def test_what_agrees_has_no_parts(there: PartnerStack) -> None:
    imported(
        there, transactions=[transaction("1", "2025-03-05", 100_000)], rewards=[reward("1", "2025-03-06", 20_000, "1")]
    )
    found = month("2025-03")
    assert (found.there, found.here, found.parts) == (Decimal("200.00"), Decimal("200.00"), [])


def test_their_20_percent_is_30_here_when_the_months_mrr_reaches_the_tier(there: PartnerStack) -> None:
    # 6,000.00 in March: 20 % there is 1,200.00; from 5,000.00 MRR on the whole month earns 30 %, 1,800.00.
    imported(
        there,
        transactions=[transaction("1", "2025-03-05", 400_000), transaction("2", "2025-03-09", 200_000)],
        rewards=[reward("1", "2025-03-06", 80_000, "1"), reward("2", "2025-03-10", 40_000, "2")],
    )
    assert parts("2025-03") == {"rate": "-600.00"}
    assert "20 % of 6,000.00. Here 30 % is the rate of the month’s MRR of 6,000.00" in says("2025-03", "rate")


def test_a_reward_counts_in_the_month_of_its_money(there: PartnerStack) -> None:
    imported(
        there, transactions=[transaction("1", "2025-03-31", 100_000)], rewards=[reward("1", "2025-04-20", 20_000, "1")]
    )
    assert not Difference.objects.filter(month="2025-04-01").exists()
    assert parts("2025-03") == {}


def test_phone_numbers_and_words_that_nobody_mapped_earn_nothing(there: PartnerStack) -> None:
    money = [
        transaction("1", "2025-03-05", 10_000, product="phone_numbers"),
        transaction("2", "2025-03-06", 50_000, product={"name": "Gold plan"}),
    ]
    imported(
        there,
        transactions=money,
        rewards=[reward("1", "2025-03-06", 2_000, "1"), reward("2", "2025-03-07", 10_000, "2")],
    )
    assert [part["amount"] for part in month("2025-03").parts] == ["20.00", "100.00"]
    assert "100.00 of Acme was for phone numbers, which earns nothing (B, subscription only)" in str(
        month("2025-03").parts
    )
    assert "“Gold plan”, not mapped yet" in str(month("2025-03").parts)
    map_category(word="Gold plan", category=Category.SUBSCRIPTION, by=fay(), at=timezone.now())
    compare(by=None, at=timezone.now())
    assert parts("2025-03") == {"not_subscription": "20.00"}


def test_a_reward_without_a_transaction_is_nothing_here(there: PartnerStack) -> None:
    imported(there, rewards=[reward("1", "2025-03-06", 5_000, description="$50 for each sign-up")])
    assert parts("2025-03") == {"no_money": "50.00"}
    assert "“$50 for each sign-up” was paid there; the Agreement pays a share of money" in says("2025-03", "no_money")


def test_a_reward_for_money_that_was_not_received_says_so(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000, approved=False)]
    imported(
        there, transactions=money, rewards=[reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-03-06", 7, "x")]
    )
    assert [part["amount"] for part in month("2025-03").parts] == ["200.00", "0.07"]
    assert "not approved there, so its money is taken for not received" in str(month("2025-03").parts)
    assert "Transaction tran_x is not recorded here: PartnerStack did not give it" in str(month("2025-03").parts)


def test_what_was_given_back_is_taken_back_here_and_was_not_there(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000), transaction("2", "2025-04-02", -40_000)]
    imported(there, transactions=money, rewards=[reward("1", "2025-03-06", 20_000, "1")])
    # 20 % of 1,000.00 was paid; 20 % of the 600.00 that stayed is 120.00.
    assert parts("2025-03") == {"reversed": "80.00"}
    assert "400.00 went back, which takes 80.00 here (B, chargebacks); there nothing was taken back" in says(
        "2025-03", "reversed"
    )


def test_what_was_taken_back_there_too_makes_no_difference(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000), transaction("2", "2025-04-02", -40_000)]
    rewards = [reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-04-03", -8_000, "2")]
    imported(there, transactions=money, rewards=rewards)
    assert parts("2025-03") == {}
    assert not Difference.objects.filter(month="2025-04-01").exists()


def test_a_chargeback_that_only_billing_knows_is_taken_back(there: PartnerStack) -> None:
    imported(
        there, transactions=[transaction("1", "2025-03-05", 100_000)], rewards=[reward("1", "2025-03-06", 20_000, "1")]
    )
    recorded(chargeback("tran_1", "1000.00", "2025-05-01"))
    assert parts("2025-03") == {"reversed": "200.00"}


def test_money_that_partnerstack_paid_nothing_for(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000), transaction("2", "2025-03-06", 50_000)]
    rewards = [reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-03-07", 10_000, "2", status="scheduled")]
    imported(there, transactions=money, rewards=rewards)
    assert parts("2025-03") == {"not_paid": "-100.00"}
    assert month("2025-03").scheduled == Decimal("100.00")
    assert "500.00 of Acme was paid nothing there yet, 100.00 is scheduled" in says("2025-03", "not_paid")


def test_declined_rewards_are_not_paid(there: PartnerStack) -> None:
    rewards = [reward("1", "2025-03-06", 20_000, "1", status="declined")]
    imported(there, transactions=[transaction("1", "2025-03-05", 100_000)], rewards=rewards)
    assert (month("2025-03").there, parts("2025-03")) == (Decimal("0.00"), {"not_paid": "-200.00"})


def test_money_that_came_by_another_way(there: PartnerStack) -> None:
    imported(
        there, transactions=[transaction("1", "2025-03-05", 100_000)], rewards=[reward("1", "2025-03-06", 20_000, "1")]
    )
    other = invoice("in-1", "oak", "2025-03-20", line("450.00", since="2025-03"))
    recorded(client("oak", of="ada", closed="2025-01-01"), other, payment("in-1-paid", "in-1", "450.00", "2025-03-21"))
    assert parts("2025-03") == {"other_money": "-90.00"}
    assert "450.00 of Oak Inc. came by another way than PartnerStack" in says("2025-03", "other_money")


def test_a_client_in_its_first_month_waits_here(there: PartnerStack) -> None:
    imported(
        there,
        customers=[customer(day="2025-06-01")],
        transactions=[transaction("1", "2025-06-01", 100_000)],
        rewards=[reward("1", "2025-06-02", 20_000, "1")],
    )
    found = month("2025-06")
    assert (found.here, found.waiting) == (Decimal("0.00"), Decimal("200.00"))
    assert parts("2025-06") == {"waiting": "200.00"}
    assert "waits here until 1 July 2025 (B, waiting period)" in says("2025-06", "waiting")


def test_what_a_cancelled_client_and_an_ended_partner_bring_does_not_count(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000), transaction("2", "2025-04-05", 100_000)]
    rewards = [reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-04-06", 20_000, "2")]
    imported(there, transactions=money, rewards=rewards)
    found = Client.objects.get()
    recorded(client("acme", of="ada", name=found.name, closed=str(found.closed_on), canceled="2025-03-20"))
    assert parts("2025-03") == {}
    assert parts("2025-04") == {"not_counting": "200.00"}
    assert "Acme cancelled on 20 March 2025 (B, cancellations)" in says("2025-04", "not_counting")


def test_money_that_came_after_the_partnership_ended_does_not_count(there: PartnerStack) -> None:
    money = [transaction("1", "2025-03-05", 100_000), transaction("2", "2025-03-25", 60_000)]
    rewards = [reward("1", "2025-03-06", 20_000, "1"), reward("2", "2025-03-26", 12_000, "2")]
    imported(there, transactions=money, rewards=rewards)
    recorded(partner("ada", ended="2025-03-10", ended_by="partner"))
    assert parts("2025-03") == {"not_counting": "120.00"}
    assert "600.00 of Acme was received after the partnership had ended (10, termination)" in says(
        "2025-03", "not_counting"
    )


def test_a_client_that_moved_is_the_other_partners(there: PartnerStack) -> None:
    imported(
        there,
        partnerships=[partnership("ben"), partnership("ada")],
        transactions=[transaction("1", "2025-03-05", 100_000)],
        rewards=[reward("1", "2025-03-06", 20_000, "1")],
    )
    found = Client.objects.get()
    recorded(client("acme", of="ben", name=found.name, closed=str(found.closed_on)))
    assert parts("2025-03") == {"other_partner": "200.00"}
    assert parts("2025-03", "ben") == {"not_paid": "-200.00"}
    assert "Acme is a client of Ben Referrals here" in says("2025-03", "other_partner")


def test_a_partner_who_is_not_known_here_is_a_line_of_its_own(there: PartnerStack) -> None:
    imported(there, rewards=[reward("1", "2025-03-06", 5_000, partner="gone")])
    assert parts("2025-03", "part_gone (there)") == {"unknown_partner": "50.00"}
    assert Difference.objects.get().partner is None


def test_cents_that_rounding_makes_are_named(there: PartnerStack) -> None:
    # 20 % of 0.03 is 0.01 for each alone, of both together 0.01.
    imported(
        there,
        transactions=[transaction("1", "2025-03-05", 3), transaction("2", "2025-03-06", 3)],
        rewards=[reward("1", "2025-03-06", 1, "1")],
    )
    assert parts("2025-03") == {"not_paid": "-0.01", "rounding": "0.01"}


def test_every_difference_is_the_sum_of_its_parts_whatever_happened(there: PartnerStack) -> None:
    """200 transactions and rewards drawn at random: all sums come out, and nothing is left unexplained."""
    drawn = Random(5)
    names = ["acme", "birch", "cedar", "dogwood"]
    days = [f"2025-0{number}-{day:02}" for number in range(2, 7) for day in (1, 9, 14)]
    money, rewards = [], []
    for number in range(200):
        name, day = drawn.choice(names), drawn.choice(days)
        amount = drawn.choice([drawn.randrange(-30_000, 0), drawn.randrange(1, 300_000), drawn.randrange(1, 300_000)])
        product = drawn.choice(["subscription", "subscription", "tax", "odd"])
        money.append(transaction(str(number), day, amount, of=name, product=product))
        if drawn.random() < 0.8:
            share, status = drawn.choice([20, 25]), drawn.choice(["approved", "approved", "scheduled", "declined"])
            whose = drawn.choice(["ada", "ada", "ben", "gone"])
            rewards.append(reward(str(number), day, amount * share // 100, str(number), whose, status))
    there.most = 60
    imported(
        there,
        partnerships=[partnership("ada"), partnership("ben")],
        customers=[customer(name, drawn.choice(["ada", "ben"])) for name in names],
        transactions=money,
        rewards=rewards,
    )
    owner = Client.objects.get(reference="cedar").partner.reference
    recorded(client("cedar", of=owner, name="Cedar", closed="2025-02-01", canceled="2025-04-03"))
    paid = [each for each in rewards if each["reward_status"] == "approved"]
    assert sum(each.there for each in Difference.objects.all()) == Decimal(sum(each["amount"] for each in paid)) / 100
    for each in Difference.objects.all():
        assert sum(Decimal(part["amount"]) for part in each.parts) == each.difference == each.there - each.here
        assert "unexplained" not in {part["kind"] for part in each.parts}, each.parts
    assert Payment.objects.filter(received_on__lte=date(2025, 6, 30)).count() > 100
