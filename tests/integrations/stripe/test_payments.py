"""One payment fact for each time that money really came, in whichever shape Stripe tells of it."""

import pytest

from tests.integrations.stripe.published import NEW, OLD, Object, at, event, invoice, invoice_payment, line, listed
from tests.integrations.stripe.telling import findings, paid_in_full, payments, referred, reversals, tell

pytestmark = pytest.mark.django_db


def paid(of: Object, on: str = "2026-01-10", version: str = NEW) -> list[Object]:
    """Both events that Stripe sends for one payment."""
    return [event("invoice.paid", of, on, version=version), event("invoice.payment_succeeded", of, on, version=version)]


def test_the_old_shape_names_its_charge() -> None:
    referred("cus_a")
    tell(*paid(invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1", intent="pi_1"), version=OLD))
    assert payments() == ["in_1:pi_1 in_1 100.00 2026-01-10"]


def test_the_new_shape_waits_for_its_invoice_payment() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(*paid(made))
    assert (payments(), findings()) == ([], ["waiting in_1"])
    tell(event("invoice_payment.paid", payment, "2026-01-10"))
    assert (payments(), findings()) == (["in_1:pi_in_1 in_1 100.00 2026-01-10"], [])


def test_both_shapes_of_one_payment_are_one_payment() -> None:
    referred("cus_a")
    old = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1", intent="pi_in_1")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(*paid(old, version=OLD))
    tell(*paid(made), event("invoice_payment.paid", payment, "2026-01-10"))
    assert payments() == ["in_1:pi_in_1 in_1 100.00 2026-01-10"]
    assert findings() == []


def test_a_payment_known_before_its_invoice_is_found_with_it() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(event("invoice_payment.paid", payment, "2026-01-10"))
    assert payments() == []
    tell(event("invoice.finalized", made | {"status": "open"}, "2026-01-01"))
    assert payments() == ["in_1:pi_in_1 in_1 100.00 2026-01-10"]


def test_parts_are_payments_of_their_own() -> None:
    referred("cus_a")
    tell(
        event("invoice.finalized", invoice("in_1", "cus_a"), "2026-01-01"),
        event("invoice_payment.paid", invoice_payment("inpay_1", "in_1", 30_00, "2026-01-05"), "2026-01-05"),
    )
    assert payments() == ["in_1:pi_inpay_1 in_1 30.00 2026-01-05"]
    tell(event("invoice_payment.paid", invoice_payment("inpay_2", "in_1", 70_00, "2026-01-09"), "2026-01-09"))
    assert payments() == ["in_1:pi_inpay_1 in_1 30.00 2026-01-05", "in_1:pi_inpay_2 in_1 70.00 2026-01-09"]


def test_paid_outside_stripe_in_the_old_shape() -> None:
    referred("cus_a")
    tell(*paid(invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, paid_out_of_band=True), version=OLD))
    assert payments() == ["in_1:out_of_band in_1 100.00 2026-01-10"]


def test_paid_outside_stripe_in_the_new_shape_once_all_payments_are_known() -> None:
    referred("cus_a")
    part = invoice_payment("inpay_1", "in_1", 40_00, "2026-01-05")
    tell(event("invoice.paid", invoice("in_1", "cus_a", paid="2026-01-10"), "2026-01-10"))
    assert findings() == ["waiting in_1"]
    whole = invoice("in_1", "cus_a", paid="2026-01-10", payments=listed([part], "/v1/invoice_payments"))
    tell(event("invoice.updated", whole, "2026-01-11"))
    assert payments() == ["in_1:out_of_band in_1 60.00 2026-01-10", "in_1:pi_inpay_1 in_1 40.00 2026-01-05"]


def test_a_balance_pays_its_part_and_a_debt_is_no_payment_of_this_invoice() -> None:
    referred("cus_a")
    used, payment = paid_in_full("in_1", "cus_a", "2026-01-10", starting_balance=-40_00, amount_due=60_00)
    owed, more = paid_in_full("in_2", "cus_a", "2026-01-10", starting_balance=25_00, amount_due=125_00)
    tell(event("invoice.paid", used, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    tell(event("invoice_payment.paid", more, "2026-01-10"), event("invoice.paid", owed, "2026-01-10"))
    assert payments() == [
        "in_1:balance in_1 40.00 2026-01-01",
        "in_1:pi_in_1 in_1 60.00 2026-01-10",
        "in_2:pi_in_2 in_2 100.00 2026-01-10",
    ]


def test_a_sum_too_small_to_charge_is_put_on_the_balance_and_counts_as_paid_by_it() -> None:
    referred("cus_a")
    tell(*paid(invoice("in_1", "cus_a", line(30), paid="2026-01-01", amount_due=0, ending_balance=30), "2026-01-01"))
    assert payments() == ["in_1:balance in_1 0.30 2026-01-01"]


def test_what_was_credited_before_payment_is_collected_and_reversed_the_same_day() -> None:
    referred("cus_a")
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10", amount_due=75_00, pre_payment_credit_notes_amount=25_00)
    tell(event("invoice.paid", made, "2026-01-10"), event("invoice_payment.paid", payment, "2026-01-10"))
    assert payments() == ["in_1:credited in_1 25.00 2026-01-01", "in_1:pi_in_1 in_1 75.00 2026-01-10"]
    assert reversals() == ["in_1:credited:reversed in_1:credited refund 25.00 2026-01-01"]


@pytest.mark.parametrize("version", [NEW, OLD])
@pytest.mark.parametrize("status", ["void", "uncollectible", "open"])
def test_what_is_not_paid_earns_nothing(version: str, status: str) -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", status=status, version=version, charge="ch_1", starting_balance=-40_00)
    tell(event("invoice.updated", made, "2026-02-01", version=version))
    assert payments() == []


def test_the_day_is_the_programs() -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1")
    made["status_transitions"] = {"finalized_at": at("2026-01-01T03:00"), "paid_at": at("2026-01-10T07:59")}
    tell(*paid(made, version=OLD))
    assert payments() == ["in_1:ch_1 in_1 100.00 2026-01-09"]  # 23:59 in Los Angeles.
