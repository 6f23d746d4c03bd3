"""What went back: refunds once each, credits, disputes that took money and gave it back."""

from typing import Any

import pytest

from clients.models import PaymentProblem
from notices.models import Notice, NoticeKind
from tests.integrations.stripe.published import (
    OLD,
    charge,
    credit_note,
    dispute,
    event,
    invoice,
    invoice_payment,
    listed,
    refund,
)
from tests.integrations.stripe.telling import findings, paid_in_full, referred, reversals, tell

pytestmark = pytest.mark.django_db


def paid_invoice(**said: Any) -> None:
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10", **said)
    tell(event("invoice.paid", made, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))


def test_a_refund_finds_its_payment_by_the_payment_intent() -> None:
    referred("cus_a")
    paid_invoice()
    back = refund("re_1", 30_00, "2026-02-03", intent="pi_in_1", charge="ch_1")
    gone = charge("ch_1", "cus_a", 100_00, "2026-01-10", intent="pi_in_1", refunded=30_00)
    tell(
        event("charge.refunded", gone, "2026-02-03"),
        event("refund.created", back, "2026-02-03"),
        event("charge.refund.updated", back, "2026-02-04"),
    )
    assert reversals() == ["re_1 in_1:pi_in_1 refund 30.00 2026-02-03"]
    assert findings() == []


def test_a_refund_finds_its_payment_by_a_charge_that_comes_later() -> None:
    referred("cus_a")
    paid_invoice()
    tell(event("refund.created", refund("re_1", 30_00, "2026-02-03", charge="ch_1"), "2026-02-03"))
    assert reversals() == []
    gone = charge("ch_1", "cus_a", 100_00, "2026-01-10", intent="pi_in_1", refunded=30_00)
    tell(event("charge.refunded", gone, "2026-02-03"))
    assert reversals() == ["re_1 in_1:pi_in_1 refund 30.00 2026-02-03"]


def test_a_refund_waits_for_its_invoice() -> None:
    referred("cus_a")
    tell(event("refund.created", refund("re_1", 30_00, "2026-02-03", intent="pi_in_1"), "2026-02-03"))
    paid_invoice()
    assert reversals() == ["re_1 in_1:pi_in_1 refund 30.00 2026-02-03"]


def test_the_old_shape_lists_refunds_in_the_charge() -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1", intent="pi_1")
    first, second = (refund(f"re_{n}", 10_00, f"2026-02-0{n}", charge="ch_1") for n in (1, 2))
    gone = charge(
        "ch_1", "cus_a", 100_00, "2026-01-10", intent="pi_1", refunded=20_00, invoice="in_1",
        refunds=listed([first, second], "/v1/charges/ch_1/refunds"),
    )  # fmt: skip
    tell(event("charge.refunded", gone, "2026-02-02", version=OLD), event("invoice.paid", made, "2026-01-10"))
    assert reversals() == [
        "re_1 in_1:pi_1 refund 10.00 2026-02-01",
        "re_2 in_1:pi_1 refund 10.00 2026-02-02",
    ]


def test_a_charge_that_says_more_went_back_than_refunds_do_is_listed() -> None:
    referred("cus_a")
    paid_invoice()
    gone = charge("ch_1", "cus_a", 100_00, "2026-01-10", intent="pi_in_1", refunded=30_00)
    tell(event("charge.refunded", gone, "2026-02-03"))
    assert findings() == ["waiting ch_1"]


@pytest.mark.parametrize("status", ["pending", "requires_action", "failed", "canceled"])
def test_a_refund_that_did_not_succeed_is_none(status: str) -> None:
    referred("cus_a")
    paid_invoice()
    back = refund("re_1", 30_00, "2026-02-03", intent="pi_in_1", status=status)
    tell(event("refund.updated", back, "2026-02-03"))
    assert (reversals(), findings()) == ([], [])


def test_a_refund_that_failed_after_it_succeeded_stays_and_is_listed() -> None:
    referred("cus_a")
    paid_invoice()
    back = refund("re_1", 30_00, "2026-02-03", intent="pi_in_1")
    tell(
        event("refund.failed", back | {"status": "failed"}, "2026-02-09"),
        event("refund.created", back, "2026-02-03"),
    )
    assert reversals() == ["re_1 in_1:pi_in_1 refund 30.00 2026-02-03"]
    assert findings() == ["returned re_1"]


def test_more_than_was_paid_is_refused_listed_and_stops_nothing_else() -> None:
    referred("cus_a")
    paid_invoice()
    tell(
        event("refund.created", refund("re_1", 100_01, "2026-02-03", intent="pi_in_1"), "2026-02-03"),
        event("refund.created", refund("re_2", 10_00, "2026-02-03", intent="pi_in_1"), "2026-02-03"),
    )
    assert reversals() == ["re_2 in_1:pi_in_1 refund 10.00 2026-02-03"]
    assert findings() == ["refused re_1"]


def test_a_credit_note_after_payment_counts_what_went_to_the_balance_and_not_its_refund_again() -> None:
    referred("cus_a")
    paid_invoice()
    refunds = [{"amount_refunded": 20_00, "refund": "re_1", "type": "refund"}]
    note = credit_note(
        "cn_1", "in_1", "cus_a", 50_00, "2026-02-03", customer_balance_transaction="cbtxn_1", refunds=refunds
    )
    back = refund("re_1", 20_00, "2026-02-03", intent="pi_in_1")
    tell(event("credit_note.created", note, "2026-02-03"), event("refund.created", back, "2026-02-03"))
    assert reversals() == [
        "cn_1:balance in_1:pi_in_1 refund 30.00 2026-02-03",
        "re_1 in_1:pi_in_1 refund 20.00 2026-02-03",
    ]


def test_credits_to_the_balance_go_over_the_parts_that_were_not_given_back_already() -> None:
    """100.00 came in parts of 60.00 and 40.00. 45.00 of the first are refunded; the notes give back 30.00 and 25.00."""
    referred("cus_a")
    made = invoice("in_1", "cus_a", paid="2026-01-10")
    notes = [
        credit_note("cn_2", "in_1", "cus_a", 75_00, "2026-02-01", customer_balance_transaction="cbtxn_1", refunds=[
            {"refund": "re_1", "amount_refunded": 45_00}]),
        credit_note("cn_1", "in_1", "cus_a", 25_00, "2026-02-03", customer_balance_transaction="cbtxn_2"),
    ]  # fmt: skip
    tell(
        event("invoice.paid", made, "2026-01-10"),
        event("invoice_payment.paid", invoice_payment("ip_1", "in_1", 60_00, "2026-01-05"), "2026-01-05"),
        event("invoice_payment.paid", invoice_payment("ip_2", "in_1", 40_00, "2026-01-10"), "2026-01-10"),
        event("refund.created", refund("re_1", 45_00, "2026-02-01T12:00:09", intent="pi_ip_1"), "2026-02-01"),
        *(event("credit_note.created", note, "2026-02-03") for note in notes),
    )
    assert reversals() == [
        "cn_1:balance in_1:pi_ip_2 refund 25.00 2026-02-03",
        "cn_2:balance in_1:pi_ip_1 refund 15.00 2026-02-01",
        "cn_2:balance:2 in_1:pi_ip_2 refund 15.00 2026-02-01",
        "re_1 in_1:pi_ip_1 refund 45.00 2026-02-01",
    ]
    assert findings() == []


def test_the_old_credit_note_names_one_refund_whose_amount_is_not_the_balances() -> None:
    referred("cus_a")
    paid_invoice()
    note = credit_note(
        "cn_1", "in_1", "cus_a", 50_00, "2026-02-03", customer_balance_transaction="cbtxn_1", refund="re_1",
        out_of_band_amount=5_00,
    )  # fmt: skip
    del note["refunds"], note["post_payment_amount"], note["pre_payment_amount"]
    tell(event("credit_note.created", note, "2026-02-03", version=OLD))
    assert (reversals(), findings()) == ([], ["waiting cn_1"])
    tell(event("refund.created", refund("re_1", 20_00, "2026-02-03", intent="pi_in_1"), "2026-02-03"))
    assert reversals() == [
        "cn_1:balance in_1:pi_in_1 refund 25.00 2026-02-03",
        "cn_1:out_of_band in_1:pi_in_1 refund 5.00 2026-02-03",
        "re_1 in_1:pi_in_1 refund 20.00 2026-02-03",
    ]


def test_a_dispute_is_told_at_once_and_takes_money_when_it_goes() -> None:
    referred("cus_a")
    paid_invoice()
    opened = dispute("du_1", 100_00, "2026-05-20", intent="pi_in_1")
    tell(event("charge.dispute.created", opened, "2026-05-20"))
    assert reversals() == []
    problem = PaymentProblem.objects.get()
    assert (problem.key, problem.kind, str(problem.invoice)) == ("stripe:du_1", "disputed", "in_1")
    assert Notice.objects.filter(kind=NoticeKind.BILLING_PROBLEM).exists()
    taken = dispute("du_1", 100_00, "2026-05-20", intent="pi_in_1", taken="2026-05-21")
    tell(event("charge.dispute.funds_withdrawn", taken, "2026-05-21"))
    assert reversals() == ["du_1 in_1:pi_in_1 chargeback 100.00 2026-05-21"]


def test_a_won_dispute_gives_the_money_back_once() -> None:
    referred("cus_a")
    paid_invoice()
    said: dict[str, Any] = {"intent": "pi_in_1", "taken": "2026-02-02", "given": "2026-03-02", "status": "won"}
    won = dispute("du_1", 60_00, "2026-02-01", **said)
    tell(event("charge.dispute.closed", won, "2026-03-02"), event("charge.dispute.funds_reinstated", won, "2026-03-02"))
    assert reversals() == [
        "du_1 in_1:pi_in_1 chargeback 60.00 2026-02-02",
        "du_1:won in_1:pi_in_1 chargeback_won 60.00 2026-03-02",
    ]


def test_a_dispute_lost_without_word_of_its_money_is_a_chargeback_and_an_inquiry_is_none() -> None:
    referred("cus_a")
    paid_invoice()
    tell(
        event(
            "charge.dispute.closed", dispute("du_1", 60_00, "2026-02-01", intent="pi_in_1", status="lost"), "2026-03-02"
        ),
        event(
            "charge.dispute.closed",
            dispute("du_2", 10_00, "2026-02-01", intent="pi_in_1", status="warning_closed"),
            "2026-03-02",
        ),
    )
    assert reversals() == ["du_1 in_1:pi_in_1 chargeback 60.00 2026-02-01"]


def test_each_failed_attempt_is_told_once_and_old_ones_are_no_news() -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", issued="2026-05-01")
    for attempt, day in ((1, "2026-05-01"), (1, "2026-05-01"), (2, "2026-05-20")):
        tell(event("invoice.payment_failed", made | {"attempt_count": attempt}, day))
    assert sorted(PaymentProblem.objects.values_list("key", flat=True)) == ["stripe:in_1:failed:2"]


def test_a_dispute_that_is_won_waits_until_its_money_is_known_to_be_back() -> None:
    """The day on which it came again is the money's own, so that it is the same in every order."""
    referred("cus_a")
    paid_invoice()
    said: dict[str, Any] = {"intent": "pi_in_1", "taken": "2026-02-02", "status": "won"}
    tell(event("charge.dispute.closed", dispute("du_1", 60_00, "2026-02-01", **said), "2026-03-31"))
    assert reversals() == ["du_1 in_1:pi_in_1 chargeback 60.00 2026-02-02"]
    assert findings() == ["waiting du_1"]
    back = dispute("du_1", 60_00, "2026-02-01", given="2026-04-01", **said)
    tell(event("charge.dispute.funds_reinstated", back, "2026-04-01"))
    assert reversals()[1] == "du_1:won in_1:pi_in_1 chargeback_won 60.00 2026-04-01"
    assert findings() == []
