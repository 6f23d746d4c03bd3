"""One payment fact for each time that money really came, in whichever shape Stripe tells of it."""

import itertools

import pytest
from django.db import transaction

from tests.integrations.stripe.published import (
    NEW,
    OLD,
    Object,
    at,
    event,
    invoice,
    invoice_payment,
    line,
    listed,
    refund,
)
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


def test_a_newer_snapshot_of_the_newer_shape_forgets_no_payment_of_the_older() -> None:
    """The account moved to a newer version: what comes now of an old invoice does not name its charge any more."""
    referred("cus_a")
    old = invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_1", intent="pi_1")
    new = invoice("in_1", "cus_a", paid="2026-01-10")
    back = refund("re_1", 10_00, "2026-02-02", charge="ch_1")
    story = [
        event("invoice.paid", old, "2026-01-10", version=OLD),
        event("invoice.updated", new, "2026-02-01"),
        event("refund.created", back, "2026-02-02"),
    ]
    for order in itertools.permutations(story):
        with transaction.atomic():
            for each in order:
                tell(each)
            assert payments() == ["in_1:pi_1 in_1 100.00 2026-01-10"]
            assert reversals() == ["re_1 in_1:pi_1 refund 10.00 2026-02-02"]
            assert findings() == []
            transaction.set_rollback(True)


def test_paid_outside_stripe_after_a_charge_failed_is_the_same_in_both_shapes() -> None:
    referred("cus_a")
    old = invoice(
        "in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_failed", intent="pi_failed", paid_out_of_band=True
    )
    new = invoice("in_1", "cus_a", paid="2026-01-10", payments=listed([], "/v1/invoice_payments"))
    tell(*paid(old, version=OLD))
    tell(event("invoice.updated", new, "2026-02-01"))
    assert (payments(), findings()) == (["in_1:out_of_band in_1 100.00 2026-01-10"], [])


def test_a_part_of_an_invoice_that_asks_for_an_older_debt_too_is_listed_until_it_is_paid() -> None:
    referred("cus_a")
    made = invoice("in_1", "cus_a", starting_balance=25_00, amount_due=125_00)
    first, rest = (invoice_payment(f"ip_{n}", "in_1", n, f"2026-01-{n // 1000:02}") for n in (50_00, 75_00))
    tell(event("invoice.finalized", made, "2026-01-01"), event("invoice_payment.paid", first, "2026-01-05"))
    assert (payments(), findings()) == ([], ["waiting in_1"])
    whole = invoice("in_1", "cus_a", starting_balance=25_00, amount_due=125_00, paid="2026-01-07")
    tell(event("invoice_payment.paid", rest, "2026-01-07"), event("invoice.paid", whole, "2026-01-07"))
    assert payments() == ["in_1:pi_ip_5000 in_1 50.00 2026-01-05", "in_1:pi_ip_7500 in_1 50.00 2026-01-07"]
    assert findings() == []


def test_an_overpaid_invoice_whose_later_payment_was_learned_first_is_listed() -> None:
    referred("cus_a")
    early, late = (invoice_payment(f"ip_{day}", "in_1", 80_00, f"2026-01-{day}") for day in ("05", "09"))
    made = invoice("in_1", "cus_a", paid="2026-01-09", amount_overpaid=60_00)
    tell(event("invoice.paid", made, "2026-01-09"), event("invoice_payment.paid", late, "2026-01-09"))
    tell(event("invoice_payment.paid", early, "2026-01-05"))
    assert payments() == ["in_1:pi_ip_09 in_1 80.00 2026-01-09"]
    assert findings() == ["differs in_1:pi_ip_09", "refused in_1:pi_ip_05"]


def test_parts_that_the_older_shape_told_as_one_payment_are_listed_when_a_backfill_tells_them() -> None:
    referred("cus_a")
    tell(*paid(invoice("in_1", "cus_a", paid="2026-01-10", version=OLD, charge="ch_2", intent="pi_2"), version=OLD))
    parts = [
        invoice_payment("ip_1", "in_1", 40_00, "2026-01-05", intent="pi_1"),
        invoice_payment("ip_2", "in_1", 60_00, "2026-01-10", intent="pi_2"),
    ]
    tell(
        event(
            "invoice.updated", invoice("in_1", "cus_a", paid="2026-01-10", payments=listed(parts, "/p")), "2026-02-01"
        )
    )
    assert payments() == ["in_1:pi_2 in_1 100.00 2026-01-10"]
    assert findings() == ["differs in_1:pi_2", "refused in_1:pi_1"]
