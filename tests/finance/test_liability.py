"""What the program owes on any day, by age, is what the ledger says; and an error is found and named."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from affiliates.models import Program
from commissions.models import LedgerEntry
from commissions.services.adjust_balance import approve_adjustment, enter_adjustment
from payouts.books.liability import Liability, gather_liability, partners_owed
from payouts.models import Payout
from payouts.services.approve_payout import approve_payout
from payouts.services.hold_payout import hold_payout
from payouts.services.settle_payout import fail_payout, pay_payout
from tests.cast import (
    AT,
    abe,
    another_abe,
    client,
    close,
    close_months,
    day,
    fay,
    monthly,
    pam,
    program,
    refund,
    sam,
    the_partner,
)
from tests.finance.paying import ready_payouts
from tests.payouts.finance import ready_payout

pytestmark = pytest.mark.django_db


def on(text: str) -> Liability:
    return gather_liability(Program.current(), on=day(text))


def parts(found: Liability) -> dict[str, str]:
    return {part: str(found.total(part)) for part in found.ages if found.total(part)}


def test_what_was_posted_is_payable_by_age_from_its_months_end_on() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-03", "500.00"))
    close_months("2026-01", "2026-03")
    assert parts(on("2026-01-30")) == {}
    assert [str(each) for each in on("2026-01-31").ages["payable"]] == ["200.00", "0.00", "0.00", "0.00", "0.00"]
    # January ended 59 days before 31 March, March on the day itself.
    assert [str(each) for each in on("2026-03-31").ages["payable"]] == ["100.00", "0.00", "200.00", "0.00", "0.00"]
    assert [str(each) for each in on("2026-05-02").ages["payable"]] == ["0.00", "0.00", "100.00", "0.00", "200.00"]


@pytest.mark.parametrize(("age", "bucket"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)])
def test_the_buckets_of_age_begin_where_they_say(age: int, bucket: int) -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    ages = gather_liability(Program.current(), on=date(2026, 1, 31) + timedelta(days=age)).ages["payable"]
    assert [place for place, amount in enumerate(ages) if amount] == [bucket]


def test_what_the_waiting_period_holds_back_is_waiting_and_not_in_the_ledger() -> None:
    program(client("new", closed="2026-01-15"), monthly("new", "2026-01", "1000.00"))
    close_months("2026-01", "2026-02")
    assert parts(on("2026-01-31")) == {"waiting": "200.00"}
    assert parts(on("2026-02-28")) == {"payable": "200.00"}


def test_a_payout_is_approved_and_then_paid_on_its_days() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    pay_payout(payout=payout, on=day("2027-01-04"), by=fay(), at=AT + timedelta(days=3))
    assert parts(on("2026-12-31")) == {"payable": "200.00"}
    assert parts(on("2027-01-01")) == parts(on("2027-01-03")) == {"approved": "200.00"}
    assert parts(on("2027-01-04")) == {"paid": "200.00"}
    assert parts(on("2027-02-01")) == {}


def test_a_returned_payout_is_payable_again_and_what_was_paid_less() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    payout = pay_payout(payout=payout, on=day("2027-01-04"), by=fay(), at=AT + timedelta(days=3))
    fail_payout(payout=payout, on=day("2027-01-08"), reason="Closed", by=fay(), at=AT + timedelta(days=7))
    assert parts(on("2027-01-03")) == {"approved": "200.00"}
    assert parts(on("2027-01-05")) == {"paid": "200.00"}
    assert parts(on("2027-01-08")) == {"payable": "200.00"}


def test_an_approval_that_was_taken_back_counts_while_it_stood() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    hold_payout(payout=payout, reason="A look", by=fay(), at=AT + timedelta(days=2))
    assert parts(on("2027-01-02")) == {"approved": "200.00"}
    assert parts(on("2027-01-03")) == {"payable": "200.00"}


def test_a_negative_balance_is_carried_and_does_not_lessen_what_others_are_owed() -> None:
    ready_payouts("ada", "ben")
    found = enter_adjustment(
        partner=the_partner("ben"), amount=Decimal("-250.00"), reason="Paid twice", by=fay(), at=AT
    )
    approve_adjustment(adjustment=found, by=abe(), at=AT, on=day("2026-05-05"))
    assert parts(on("2026-05-04")) == {"payable": "400.00"}
    now = on("2026-05-05")
    assert parts(now) == {"payable": "200.00", "carried": "-50.00"}
    assert (now.ledger, now.difference) == (Decimal("150.00"), Decimal(0))


def test_payments_settle_the_oldest_months_first() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    pay_payout(payout=payout, on=day("2026-05-02"), by=fay(), at=AT)
    adjustment = enter_adjustment(partner=payout.partner, amount=Decimal("30.00"), reason="Goodwill", by=fay(), at=AT)
    approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=day("2026-05-02"))
    # March earned 200.00 and was paid; what is left is the adjustment, which is as old as May.
    assert [str(each) for each in on("2026-06-10").ages["payable"]] == ["0.00", "30.00", "0.00", "0.00", "0.00"]


def test_every_day_of_a_story_ties_to_the_ledger() -> None:
    first, second = ready_payouts("ada", "ben")
    pay_payout(payout=approve_payout(payout=first, by=abe(), at=AT), on=day("2027-01-04"), by=fay(), at=AT)
    approve_payout(payout=second, by=abe(), at=AT + timedelta(days=1))
    found = enter_adjustment(partner=first.partner, amount=Decimal("-40.00"), reason="Paid twice", by=fay(), at=AT)
    approve_adjustment(adjustment=found, by=another_abe(), at=AT, on=day("2026-11-11"))
    for number in range(0, 300, 3):
        found_on = gather_liability(Program.current(), on=date(2026, 3, 20) + timedelta(days=number))
        assert found_on.difference == 0, found_on.on
        assert found_on.differing == [], found_on.on
    # On 1 January 200.00 are approved of what is left of 160.00: the rest is carried.
    assert parts(on("2027-01-01"))["carried"] == "-40.00"


def test_what_does_not_tie_says_by_how_much_and_for_whom() -> None:
    ready_payouts("ada", "ben")
    ledger = LedgerEntry.objects.get(partner=the_partner("ben"))
    LedgerEntry.objects.create(
        key="stray", partner=ledger.partner, kind="adjustment", amount=Decimal("7.00"), text="?",
        dated_on=day("2026-05-01"), recorded_at=AT,
    )  # fmt: skip
    assert on("2026-04-30").difference == 0
    found = on("2026-05-01")
    assert found.difference == Decimal("7.00")
    assert [(each.partner, str(each.ledger), str(each.found)) for each in found.differing] == [
        ("Ben Partners", "207.00", "200.00")
    ]


def test_clawbacks_are_taken_from_what_is_open() -> None:
    program(
        client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "1000.00"),
        refund("acme-2026-01-paid", "1000.00", "2026-02-20"),
    )  # fmt: skip
    close_months("2026-01", "2026-02")
    assert [str(each) for each in on("2026-02-28").ages["payable"]] == ["200.00", "0.00", "0.00", "0.00", "0.00"]
    assert on("2026-02-28").difference == 0


def test_each_partner_has_its_parts() -> None:
    approve_payout(payout=ready_payouts("ada", "ben")[0], by=abe(), at=AT)
    with transaction.atomic():
        on("2027-01-02")
        owed: Any = partners_owed()
        rows = {row.name: (str(row.part_payable), str(row.part_approved), str(row.owed)) for row in owed}
    assert rows == {"Ada Partners": ("0.00", "200.00", "200.00"), "Ben Partners": ("200.00", "0.00", "200.00")}


def test_the_page_shows_the_day_of_the_address_and_refuses_one_to_come() -> None:
    approve_payout(payout=ready_payouts("ada", "ben")[0], by=abe(), at=AT)
    browser = Client()
    browser.force_login(pam())
    page = browser.get("/admin/finance/liability/?on=2026-04-15")
    shown = page.content.decode()
    assert page.status_code == 200
    assert "By age on 15 April 2026" in shown
    assert "Agrees" in shown
    assert "400.00" in shown
    later = timezone.now() + timedelta(days=3)
    for wrong in (f"{later:%Y-%m-%d}", "yesterday", "1815-12-10"):
        assert browser.get("/admin/finance/liability/", {"on": wrong}).status_code == 422
    assert browser.get("/admin/finance/liability/").status_code == 200
    browser.force_login(sam())
    assert browser.get("/admin/finance/liability/").status_code == 403


def test_the_csv_has_every_partner_with_plain_numbers() -> None:
    ready_payouts("ada", "ben")
    browser = Client()
    browser.force_login(fay())
    answer = browser.get("/admin/finance/liability/?on=2026-04-15&format=csv")
    lines = b"".join(answer).decode().splitlines()
    assert lines[0] == "partner,name,waiting,payable,approved,carried,paid,owed,ledger"
    assert lines[1:] == [
        "ben,Ben Partners,0.00,200.00,0.00,0.00,0.00,200.00,200.00",
        "ada,Ada Partners,0.00,200.00,0.00,0.00,0.00,200.00,200.00",
    ]


def test_the_page_costs_the_same_for_2_partners_and_for_12() -> None:
    browser = Client()
    browser.force_login(fay())

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/admin/finance/liability/?on=2026-04-15").status_code == 200
        return len(captured)

    program(client("c0"), client("d0", "ben"), monthly("c0", "2026-03", "100.00"), monthly("d0", "2026-03", "100.00"))
    close("2026-03")
    few = queries()
    ready_payouts(*(f"p{number}" for number in range(10)), month="2026-04")
    assert queries() == few


def test_a_months_money_is_proved_on_its_page() -> None:
    ready_payouts("ada")
    browser = Client()
    browser.force_login(fay())
    shown = browser.get("/admin/finance/proof/2026-03/").content.decode()
    assert "It holds" in shown
    assert "1,000.00" in shown
    assert browser.get("/admin/finance/proof/2026-04/").status_code == 404
    assert browser.get("/admin/finance/proof/march/").status_code == 404


def test_an_approval_is_known_from_the_moment_of_its_day_in_the_programs_time_zone() -> None:
    at = datetime.fromisoformat("2027-01-02T06:30:00+00:00")  # Still 1 January in Los Angeles.
    approve_payout(payout=ready_payout(), by=abe(), at=at)
    assert parts(on("2027-01-01")) == {"approved": "200.00"}
    assert parts(on("2026-12-31")) == {"payable": "200.00"}
    assert Payout.objects.get().state == "approved"


def test_documents_and_ledger_are_read_in_one_statement() -> None:
    """A month that is closed between two statements would stand in one of them alone, and look like an error."""
    ready_payouts("ada")
    with CaptureQueriesContext(connection) as captured:
        on("2026-04-15")
    reading = [query["sql"] for query in captured.captured_queries if "commissions_" in query["sql"]]
    assert len(reading) == 1
