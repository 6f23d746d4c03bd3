"""B: "In the event of a chargeback by a client, any paid or payable commissions are withheld"."""

from decimal import Decimal

import pytest

from affiliates.models import Program
from clients.models import ChargebackReview
from clients.services.decide_review import decide_review
from notices.models import Notice
from tests.cast import (
    AT,
    Facts,
    all_rows,
    balance,
    chargeback,
    client,
    close,
    earned,
    invoice,
    line,
    monthly,
    pam,
    payment,
    program,
    record,
    refund,
    the_partner,
    won_back,
)

pytestmark = pytest.mark.django_db


# -- Taken back and won back ------------------------------------------------------------------------------


def test_a_chargeback_takes_the_commission_back() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    record(chargeback("acme-2026-01-paid", "1000.00", "2026-02-05"))
    assert close("2026-02") == {"ada acme 2026-01": "-200.00"}
    assert balance("ada") == 0


def test_a_chargeback_that_is_won_brings_it_back() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    record(chargeback("acme-2026-01-paid", "1000.00", "2026-02-05"))
    close("2026-02")
    record(won_back("acme-2026-01-paid", "1000.00", "2026-03-05"))
    assert close("2026-03") == {"ada acme 2026-01": "200.00"}
    assert balance("ada") == Decimal("200.00")


def test_a_chargeback_before_the_run_is_never_posted() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        chargeback("acme-2026-01-paid", "1000.00", "2026-01-20"),
    )
    assert earned("2026-01") == {}


def test_a_chargeback_of_the_next_month_counts_in_the_next_month() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        chargeback("acme-2026-01-paid", "1000.00", "2026-02-01"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}
    assert close("2026-02") == {"ada acme 2026-01": "-200.00"}


def test_a_balance_may_become_negative_and_is_carried_forward() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"), monthly("acme", "2026-02", "100.00"))
    close("2026-01")
    record(
        refund("acme-2026-01-paid", "1000.00", "2026-02-05"),
        refund("acme-2026-02-paid", "100.00", "2026-03-05"),
    )
    assert close("2026-02") == {"ada acme 2026-01": "-200.00", "ada acme 2026-02": "20.00"}
    assert close("2026-03") == {"ada acme 2026-02": "-20.00"}
    assert balance("ada") == 0


PARTIAL = [
    # slice, total, reversed, net = slice − round(slice · reversed / total), commission at 20 %
    ("1000.00", "0.00", "250.00", "150.00"),  # 1,000 − 250 = 750
    ("1000.00", "0.00", "0.01", "200.00"),  # 999.99 · 20 % = 199.998
    ("700.00", "300.00", "100.00", "126.00"),  # 700 − 700 · 100 / 1,000 = 630: usage bears its share
    ("33.33", "66.67", "50.00", "3.33"),  # 33.33 − round(16.665) = 16.66; 20 % is 3.332
]


@pytest.mark.parametrize(("subscription", "usage", "reversed_", "commission"), PARTIAL)
def test_a_part_of_the_money_takes_back_its_share(
    subscription: str, usage: str, reversed_: str, commission: str
) -> None:
    total = f"{Decimal(subscription) + Decimal(usage)}"
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line(subscription, since="2026-01"), line(usage, "other_usage")),
        payment("P1", "I1", total, "2026-01-10"),
        refund("P1", reversed_, "2026-01-20"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": commission}


def test_a_refund_of_a_quarter_takes_a_part_of_each_month() -> None:
    """Half of the quarter comes back: each month's 100.00 becomes 50.00, also the one still to come."""
    program(
        client("acme"),
        invoice("I1", "acme", "2026-01-01", line("300.00", since="2026-01", months=3)),
        payment("P1", "I1", "300.00", "2026-01-10"),
    )
    close("2026-01")
    close("2026-02")
    record(refund("P1", "150.00", "2026-03-10"))
    assert close("2026-03") == {
        "ada acme 2026-01": "-10.00",
        "ada acme 2026-02": "-10.00",
        "ada acme 2026-03": "10.00",
    }


def test_the_reversals_of_all_payments_of_an_invoice_are_added() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00", paid=None),
        payment("P1", "acme-2026-01", "600.00", "2026-01-10"),
        payment("P2", "acme-2026-01", "400.00", "2026-01-11"),
        refund("P1", "300.00", "2026-01-20"),
        chargeback("P2", "200.00", "2026-01-21"),
    )
    assert earned("2026-01") == {"ada acme 2026-01": "100.00"}  # 20 % of 1,000 − 500


def test_a_won_chargeback_dated_before_its_chargeback_never_gives_more_than_was_paid() -> None:
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        won_back("acme-2026-01-paid", "1000.00", "2026-01-15"),
        chargeback("acme-2026-01-paid", "1000.00", "2026-02-15"),
    )
    assert close("2026-01") == {"ada acme 2026-01": "200.00"}  # Kept between 0 and the total.
    assert close("2026-02") == {}  # 1,000 − 1,000 = 0 reversed.


# -- Notice -----------------------------------------------------------------------------------------------


def test_the_partner_is_told_by_email_once() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    facts = chargeback("acme-2026-01-paid", "1000.00", "2026-02-05")
    record(facts)
    record(facts)
    (notice,) = Notice.objects.all()
    assert notice.recipient == "ada@partners.example"
    assert notice.subject == "A chargeback by Acme Inc."
    assert "USD 1,000.00 of invoice acme-2026-01 on 2026-02-05" in notice.body
    assert "appendix B" in notice.body
    assert (notice.created_at, notice.sent_at) == (AT, None)


def test_each_chargeback_is_told_and_refunds_are_not() -> None:
    program(
        client("acme"),
        client("cove", "ben"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("cove", "2026-01", "1000.00"),
        chargeback("acme-2026-01-paid", "100.00", "2026-02-05"),
        chargeback("acme-2026-01-paid", "200.00", "2026-02-06"),
        chargeback("cove-2026-01-paid", "300.00", "2026-02-07"),
        won_back("cove-2026-01-paid", "300.00", "2026-02-08"),
        refund("acme-2026-01-paid", "50.00", "2026-02-09"),
    )
    told = Notice.objects.order_by("id").values_list("recipient", flat=True)
    assert list(told) == ["ada@partners.example", "ada@partners.example", "ben@partners.example"]


def test_the_longest_name_fits_the_notice() -> None:
    program(client("acme", name="x" * 200), monthly("acme", "2026-01", "10.00"))
    record(chargeback("acme-2026-01-paid", "10.00", "2026-02-01"))
    assert Notice.objects.get().body.count("x" * 200) == 1


def test_a_dry_run_tells_nobody() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    before = all_rows()
    record(chargeback("acme-2026-01-paid", "1000.00", "2026-02-05"), dry_run=True)
    assert all_rows() == before


# -- Repeated chargebacks ---------------------------------------------------------------------------------


def charged_back(*days: str) -> Facts:
    """A payment of 100.00, with a chargeback of 1.00 on each of these days."""
    facts = monthly("acme", "2026-01", "100.00")
    for on in days:
        facts += chargeback("acme-2026-01-paid", "1.00", on)
    return facts


WINDOWS = [
    # the days of the chargebacks, and whether three of them lie within 365 days
    (("2026-01-10", "2026-01-11"), False),
    (("2026-01-10", "2026-01-11", "2026-01-12"), True),
    (("2026-01-10", "2026-05-10", "2027-01-09"), True),  # The last day of the 365 that begin on 10 January.
    (("2026-01-10", "2026-05-10", "2027-01-10"), False),  # A day later.
    (("2026-01-10", "2027-01-09", "2027-06-10"), False),
]


@pytest.mark.parametrize(("days", "raises"), WINDOWS)
def test_three_chargebacks_within_365_days_raise_one_review(days: tuple[str, ...], raises: bool) -> None:
    program(client("acme"), charged_back(*days))
    assert ChargebackReview.objects.count() == int(raises)


def test_the_review_says_whose_and_why() -> None:
    program(client("acme"), charged_back("2026-02-01", "2026-02-02"))
    assert not ChargebackReview.objects.exists()
    record(chargeback("acme-2026-01-paid", "1.00", "2026-02-03"))
    review = ChargebackReview.objects.get()
    assert (review.partner, review.chargebacks, review.raised_at) == (the_partner("ada"), 3, AT)
    assert f"{review.raised_by.occurred_on}" == "2026-02-03"


def test_a_fourth_chargeback_raises_no_second_review_while_the_first_is_open() -> None:
    program(client("acme"), charged_back("2026-02-01", "2026-02-02", "2026-02-03"))
    record(chargeback("acme-2026-01-paid", "1.00", "2026-02-04"))
    assert ChargebackReview.objects.count() == 1


def test_a_single_chargeback_long_after_a_decision_raises_no_review() -> None:
    program(client("acme"), charged_back("2026-02-01", "2026-02-02", "2026-02-03"))
    record(chargeback("acme-2026-01-paid", "1.00", "2026-02-04"))
    decide_review(review=ChargebackReview.objects.get(), decision="They know why", by=pam(), at=AT)
    record(chargeback("acme-2026-01-paid", "1.00", "2028-02-04"))
    assert ChargebackReview.objects.count() == 1


def test_chargebacks_of_all_clients_of_a_partner_count_and_of_others_do_not() -> None:
    program(
        client("acme"),
        client("bolt"),
        client("cove", "ben"),
        *(monthly(of, "2026-01", "100.00") for of in ("acme", "bolt", "cove")),
        chargeback("acme-2026-01-paid", "1.00", "2026-02-01"),
        chargeback("bolt-2026-01-paid", "1.00", "2026-02-02"),
        chargeback("cove-2026-01-paid", "1.00", "2026-02-03"),
    )
    assert not ChargebackReview.objects.exists()
    record(chargeback("bolt-2026-01-paid", "1.00", "2026-02-04"))
    assert ChargebackReview.objects.get().partner == the_partner("ada")


def test_refunds_do_not_count() -> None:
    program(
        client("acme"),
        charged_back("2026-02-01", "2026-02-02"),
        refund("acme-2026-01-paid", "1.00", "2026-02-03"),
    )
    assert not ChargebackReview.objects.exists()


def test_threshold_and_window_are_the_programs_to_set() -> None:
    Program.objects.update(chargeback_threshold=2, chargeback_window_days=10)
    program(client("acme"), charged_back("2026-02-01", "2026-02-11"))
    assert not ChargebackReview.objects.exists()  # The eleventh day.
    record(chargeback("acme-2026-01-paid", "1.00", "2026-02-10"))
    assert ChargebackReview.objects.count() == 1
