"""From Stripe's signed events to what partners earn: each amount worked out by hand, the arithmetic beside it.

Ada's client `cus_a` is matured long ago and pays for seats. Below 5,000.00 a month Ada earns 20 %.
"""

import json
import random
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from tests.cast import AT, close, close_months, earned, posted
from tests.integrations.stripe.published import (
    NEW,
    OLD,
    SECRET,
    Object,
    charge,
    credit_note,
    dispute,
    event,
    invoice,
    invoice_payment,
    line,
    listed,
    refund,
    signed,
    subscription,
)
from tests.integrations.stripe.telling import findings, paid_in_full, parked, referred, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connected(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    referred("cus_a")


def come(*events: Object) -> None:
    """This function will send events to the real address in any order, and work them."""
    shuffled = list(events)
    random.Random(len(json.dumps(events))).shuffle(shuffled)
    for each in shuffled:
        body = json.dumps(each)
        answer = Browser().post(
            "/integrations/stripe/", body, content_type="application/json",
            headers={"Stripe-Signature": signed(body)},
        )  # fmt: skip
        assert answer.status_code == 200, answer.content
    work(AT)
    assert parked() == []


def paid(key: str, *rows: Object, on: str = "2026-01-10", version: str = NEW, **said: Any) -> list[Object]:
    """The events of an invoice that is issued and paid at once, in one of the two shapes."""
    if version == OLD:
        made = invoice(
            key, "cus_a", *rows, paid=on, version=OLD, charge=f"ch_{key}", intent=f"pi_{key}", **said
        )  # fmt: skip
        return [event("invoice.paid", made, on, version=OLD), event("invoice.payment_succeeded", made, on, version=OLD)]
    rows_of = {"lines": listed(rows, "/v1/lines")} if rows else {}
    made = invoice(key, "cus_a", *rows, paid=on, **said) | rows_of
    payment = invoice_payment(f"inpay_{key}", key, made["amount_paid"], on, intent=f"pi_{key}")
    return [
        event("invoice.finalized", made | {"status": "open", "amount_paid": 0}, "2026-01-01"),
        event("invoice.paid", made, on),
        event("invoice.payment_succeeded", made, on),
        event("invoice_payment.paid", payment, on),
    ]


@pytest.mark.parametrize("version", [NEW, OLD])
def test_tax_earns_nothing_on_top_or_inside(version: str) -> None:
    come(*paid("in_1", line(1000_00, tax=82_50, version=version), version=version))
    come(
        *paid(
            "in_2", line(1190_00, "2026-02-01", "2026-03-01", tax=190_00, is_inclusive=True, version=version),
            issued="2026-02-01", on="2026-02-10", version=version,
        )
    )  # fmt: skip
    assert close("2026-01") == {"ada cus_a 2026-01": "200.00"}  # 20 % of 1,000.00; 82.50 is tax.
    assert close("2026-02") == {"ada cus_a 2026-02": "200.00"}  # 1,190.00 with 190.00 of tax inside.


def test_a_discounted_year_with_an_upgrade_in_its_middle() -> None:
    year = line(12_000_00, "2026-01-01", "2027-01-01", discount=2_400_00)
    come(*paid("in_1", year))
    # 184 of 365 days are left on 1 July: 9,600.00 · 184/365 back, 14,400.00 · 184/365 for the larger plan.
    back, more = line(-4_839_45, "2026-07-01", "2027-01-01"), line(7_259_18, "2026-07-01", "2027-01-01")
    come(*paid("in_2", back, more, issued="2026-07-01", on="2026-07-02"))
    assert close("2026-01") == {"ada cus_a 2026-01": "160.00"}  # 9,600.00 / 12 = 800.00
    close_months("2026-02", "2026-08")
    assert posted("2026-06") == {"ada cus_a 2026-06": "160.00"}
    assert posted("2026-07") == {"ada cus_a 2026-07": "240.66"}  # 800.00 − 806.58 + 1,209.86 = 1,203.28
    assert posted("2026-08") == {"ada cus_a 2026-08": "240.66"}  # 800.00 − 806.57 + 1,209.87 = 1,203.30


def test_three_payments_by_card_and_bank_earn_once_the_last_is_there() -> None:
    made = invoice("in_1", "cus_a", line(900_00), paid="2026-02-03")
    come(
        event("invoice.finalized", made | {"status": "open", "amount_paid": 0}, "2026-01-01"),
        event("invoice_payment.paid", invoice_payment("ip_1", "in_1", 300_00, "2026-01-05"), "2026-01-05"),
        event("invoice_payment.paid", invoice_payment("ip_2", "in_1", 300_00, "2026-01-20"), "2026-01-20"),
    )
    assert close("2026-01") == {}
    bank = invoice_payment("ip_3", "in_1", 300_00, "2026-02-03", charge="py_bank")
    come(event("invoice.paid", made, "2026-02-03"), event("invoice_payment.paid", bank, "2026-02-03"))
    assert close("2026-02") == {"ada cus_a 2026-01": "180.00"}  # 20 % of 900.00


def test_a_credit_to_the_balance_is_taken_back_and_pays_the_next_invoice() -> None:
    come(*paid("in_1", line(1000_00)))
    assert close("2026-01") == {"ada cus_a 2026-01": "200.00"}
    note = credit_note("cn_1", "in_1", "cus_a", 400_00, "2026-02-10", customer_balance_transaction="cbtxn_1")
    february = line(1000_00, "2026-02-01", "2026-03-01")
    said: dict[str, Any] = {
        "starting_balance": -400_00,
        "amount_due": 600_00,
        "issued": "2026-02-15",
        "on": "2026-02-15",
    }
    come(event("credit_note.created", note, "2026-02-10"), *paid("in_2", february, **said))
    # 1,600.00 came in all, 20 % of which is 320.00 = 200.00 − 80.00 + 200.00.
    assert close("2026-02") == {"ada cus_a 2026-01": "-80.00", "ada cus_a 2026-02": "200.00"}


def test_a_credit_before_payment_earns_nothing_and_one_by_a_refund_takes_back_once() -> None:
    come(*paid("in_1", line(1000_00), amount_due=750_00, pre_payment_credit_notes_amount=250_00))
    assert close("2026-01") == {"ada cus_a 2026-01": "150.00"}  # 20 % of the 750.00 that came.
    refunds = [{"amount_refunded": 100_00, "refund": "re_1", "type": "refund"}]
    note = credit_note("cn_1", "in_1", "cus_a", 100_00, "2026-02-03", refunds=refunds)
    back = refund("re_1", 100_00, "2026-02-03", intent="pi_in_1")
    come(event("credit_note.created", note, "2026-02-03"), event("refund.created", back, "2026-02-03"))
    assert close("2026-02") == {"ada cus_a 2026-01": "-20.00"}


def test_money_that_was_credited_before_payment_lifts_no_tier() -> None:
    come(*paid("in_1", line(5000_00), amount_due=4990_00, pre_payment_credit_notes_amount=10_00))
    assert earned("2026-01") == {"ada cus_a 2026-01": "998.00"}  # 20 % of 4,990.00, not 30 % of 5,000.00.


@pytest.mark.parametrize("version", [NEW, OLD])
def test_refunds_in_parts_then_a_dispute_of_the_rest_that_is_won_after_the_month_closed(version: str) -> None:
    come(*paid("in_1", line(1000_00, version=version), version=version))
    assert close("2026-01") == {"ada cus_a 2026-01": "200.00"}
    first, second = (
        refund(f"re_{units}", units, "2026-02-05", charge="ch_in_1", intent="pi_in_1" if version == NEW else "")
        for units in (100_00, 200_00)
    )
    gone = charge("ch_in_1", "cus_a", 1000_00, "2026-01-10", intent="pi_in_1", refunded=300_00)
    if version == OLD:
        gone |= {"invoice": "in_1", "refunds": listed([first, second], "/v1/refunds")}
        come(event("charge.refunded", gone, "2026-02-05", version=OLD))
    else:
        come(
            event("charge.refunded", gone, "2026-02-05"),
            event("refund.created", first, "2026-02-05"),
            event("refund.created", second, "2026-02-05"),
        )
    assert close("2026-02") == {"ada cus_a 2026-01": "-60.00"}  # 20 % of 300.00
    said: dict[str, Any] = {"charge": "ch_in_1", "intent": "pi_in_1", "taken": "2026-03-04"}
    come(event("charge.dispute.funds_withdrawn", dispute("du_1", 700_00, "2026-03-03", **said), "2026-03-04"))
    assert close("2026-03") == {"ada cus_a 2026-01": "-140.00"}  # 20 % of 700.00: nothing is left.
    won = dispute("du_1", 700_00, "2026-03-03", status="won", given="2026-04-20", **said)
    come(
        event("charge.dispute.closed", won, "2026-04-20"),
        event("charge.dispute.funds_reinstated", won, "2026-04-20"),
    )
    assert close("2026-04") == {"ada cus_a 2026-01": "140.00"}
    assert findings() == []


def test_a_dispute_that_is_lost_stays_taken() -> None:
    come(*paid("in_1", line(1000_00)))
    said: dict[str, Any] = {"intent": "pi_in_1", "taken": "2026-02-04"}
    come(
        event("charge.dispute.created", dispute("du_1", 1000_00, "2026-02-03", intent="pi_in_1"), "2026-02-03"),
        event("charge.dispute.funds_withdrawn", dispute("du_1", 1000_00, "2026-02-03", **said), "2026-02-04"),
        event("charge.dispute.closed", dispute("du_1", 1000_00, "2026-02-03", status="lost", **said), "2026-05-04"),
    )
    assert close("2026-01") == {"ada cus_a 2026-01": "200.00"}
    assert close("2026-02") == {"ada cus_a 2026-01": "-200.00"}
    assert close("2026-03") == {}


def test_void_earns_nothing_and_written_off_earns_once_it_is_paid_after_all() -> None:
    void, lost = invoice("in_void", "cus_a", line(500_00)), invoice("in_lost", "cus_a", line(700_00))
    come(
        event("invoice.finalized", void, "2026-01-01"),
        event("invoice.voided", void | {"status": "void"}, "2026-01-20"),
        event("invoice.finalized", lost, "2026-01-01"),
        event("invoice.marked_uncollectible", lost | {"status": "uncollectible"}, "2026-01-25"),
    )
    assert close("2026-01") == {}
    late, payment = paid_in_full("in_lost", "cus_a", "2026-02-11", lines=lost["lines"], total=700_00)
    come(event("invoice.paid", late, "2026-02-11"), event("invoice_payment.paid", payment, "2026-02-11"))
    assert close("2026-02") == {"ada cus_a 2026-01": "140.00"}  # 20 % of 700.00


def test_a_client_that_cancels_at_the_end_of_its_period_earns_until_then() -> None:
    come(*paid("in_1", line(1200_00, "2026-01-01", "2027-01-01")))
    leaving = subscription("sub_1", "cus_a") | {"cancel_at_period_end": True}
    come(event("customer.subscription.updated", leaving, "2026-01-15"))
    close_months("2026-01", "2026-02")
    assert posted("2026-02") == {"ada cus_a 2026-02": "20.00"}  # It is still there.
    gone = subscription("sub_1", "cus_a", ended="2026-03-31")
    come(event("customer.subscription.deleted", gone, "2026-03-31"))
    assert close("2026-03") == {"ada cus_a 2026-03": "20.00"}
    assert close("2026-04") == {}


def test_money_of_a_currency_without_cents_is_listed_and_earns_nothing() -> None:
    come(*paid("in_yen", line(1000_00), currency="jpy"))
    assert earned("2026-01") == {}
    assert findings() == ["currency in_yen"]
