"""In whatever order events come, how often, and in how many batches: the facts are the same."""

import random
from collections.abc import Sequence
from functools import cache

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integrations.stripe.published import (
    NEW,
    OLD,
    Object,
    charge,
    credit_note,
    customer,
    dispute,
    event,
    invoice,
    invoice_payment,
    line,
    refund,
    subscription,
)
from tests.integrations.stripe.telling import facts, findings, paid_in_full, parked, referred, send, tell, work

pytestmark = pytest.mark.django_db


def steps(version: str, made: Object, paid_on: str) -> list[Object]:
    """What comes about an invoice on its way from a draft to paid."""
    draft = made | {"status": "draft", "amount_paid": 0}
    open_one = (
        made | {"status": "open", "amount_paid": 0, "charge": None} if version == OLD else made | {"status": "open"}
    )
    return [
        event("invoice.created", draft, "2026-01-01", version=version),
        event("invoice.finalized", open_one, "2026-01-01", version=version),
        event("invoice.paid", made, paid_on, version=version),
        event("invoice.payment_succeeded", made, paid_on, version=version),
    ]


@cache
def story() -> tuple[Object, ...]:
    """A year of two customers in both shapes, with all that can happen to their money."""
    old = invoice(
        "in_old", "cus_a", line(120_00, "2026-01-01", "2027-01-01", version=OLD), paid="2026-01-03", version=OLD,
        charge="ch_old", intent="pi_old",
    )  # fmt: skip
    new, payment = paid_in_full(
        "in_new",
        "cus_a",
        "2026-01-10",
        amount_due=60_00,
        starting_balance=-30_00,
        pre_payment_credit_notes_amount=10_00,
    )
    parts = invoice("in_parts", "cus_b", line(90_00), line(10_00, tax=5_00), paid="2026-02-02")
    void = invoice("in_void", "cus_b", line(10_00), status="void")
    failed = invoice("in_fail", "cus_b", line(7_00), issued="2026-05-20") | {"attempt_count": 1}
    last_part = invoice_payment("inpay_b", "in_parts", 65_00, "2026-02-02", intent="pi_new_b")
    charged = charge("ch_old", "cus_a", 120_00, "2026-01-03", intent="pi_old")
    taken = {"intent": "pi_new_b", "taken": "2026-02-10"}
    back = refund("re_1", 15_00, "2026-02-04", charge="ch_old")
    return (
        event("customer.created", customer("cus_a"), "2025-12-01"),
        event("customer.updated", customer("cus_a", email="it@company.example"), "2026-01-05"),
        *steps(OLD, old, "2026-01-03"),
        *steps(NEW, new, "2026-01-10"),
        event("invoice_payment.paid", payment, "2026-01-10"),
        event("invoice.finalized", parts | {"status": "open"}, "2026-01-01"),
        event("invoice.paid", parts, "2026-02-02"),
        event("invoice_payment.paid", invoice_payment("inpay_a", "in_parts", 40_00, "2026-01-20"), "2026-01-20"),
        event("invoice_payment.paid", last_part, "2026-02-02"),
        event("invoice.finalized", void | {"status": "open"}, "2026-01-01"),
        event("invoice.voided", void, "2026-01-20"),
        event("invoice.finalized", failed | {"attempt_count": 0}, "2026-05-20"),
        event("invoice.payment_failed", failed, "2026-05-20"),
        event("invoice.payment_failed", failed | {"attempt_count": 2}, "2026-05-23"),
        event("invoice.marked_uncollectible", failed | {"status": "uncollectible"}, "2026-05-28"),
        event("charge.succeeded", charged, "2026-01-03"),
        event("charge.refunded", charged | {"amount_refunded": 15_00}, "2026-02-04"),
        event("refund.created", back | {"status": "pending"}, "2026-02-04"),
        event("refund.updated", back, "2026-02-05"),
        event("refund.created", refund("re_2", 5_00, "2026-02-06", intent="pi_in_new"), "2026-02-06"),
        event("refund.failed", refund("re_3", 1_00, "2026-02-06", intent="pi_in_new", status="failed"), "2026-02-07"),
        event("credit_note.created", credit_note(
            "cn_1", "in_parts", "cus_b", 20_00, "2026-02-20", customer_balance_transaction="cbtxn_1"), "2026-02-20"),
        event("charge.dispute.created", dispute("du_1", 65_00, "2026-05-09", intent="pi_new_b"), "2026-05-09"),
        event("charge.dispute.funds_withdrawn", dispute("du_1", 65_00, "2026-05-09", **taken), "2026-05-10"),
        event("charge.dispute.closed", dispute(
            "du_1", 65_00, "2026-05-09", status="won", given="2026-05-20", **taken), "2026-05-20"),
        event("charge.dispute.funds_reinstated", dispute(
            "du_1", 65_00, "2026-05-09", status="won", given="2026-05-20", **taken), "2026-05-20"),
        event("customer.subscription.created", subscription("sub_1", "cus_b"), "2026-01-01"),
        event("customer.subscription.deleted", subscription("sub_1", "cus_b", ended="2026-04-01"), "2026-04-01"),
        event("customer.subscription.created", subscription("sub_2", "cus_a"), "2026-01-01"),
        event("customer.subscription.deleted", subscription("sub_2", "cus_a", ended="2026-03-01"), "2026-03-01"),
        event("customer.subscription.created", subscription("sub_3", "cus_a"), "2026-03-15"),
    )  # fmt: skip


def told(events: Sequence[Object], batches: int = 1) -> tuple[object, object]:
    """The facts that follow from events in this order; nothing of it stays."""
    size = max(len(events) // batches, 1)
    with transaction.atomic():
        referred("cus_a", "cus_b")
        for first in range(0, len(events), size):
            tell(*events[first : first + size])
        assert parked() == []
        found = facts(), findings()
        transaction.set_rollback(True)
    return found


def test_the_story_in_its_order_is_what_it_should_be() -> None:
    found, open_ones = told(sorted(story(), key=lambda each: each["created"]))
    assert open_ones == []
    assert found == {
        "lines": [
            "in_fail cus_b 2026-05-20 1 subscription 7.00 2026-01-01 1",
            "in_new cus_a 2026-01-01 1 subscription 100.00 2026-01-01 1",
            "in_old cus_a 2026-01-01 1 subscription 120.00 2026-01-01 12",
            "in_parts cus_b 2026-01-01 1 subscription 90.00 2026-01-01 1",
            "in_parts cus_b 2026-01-01 2 subscription 10.00 2026-01-01 1",
            "in_parts cus_b 2026-01-01 3 tax 5.00 None None",
            "in_void cus_b 2026-01-01 1 subscription 10.00 2026-01-01 1",
        ],
        "payments": [
            "in_new:balance in_new 30.00 2026-01-01",
            "in_new:credited in_new 10.00 2026-01-01",
            "in_new:pi_in_new in_new 60.00 2026-01-10",
            "in_old:pi_old in_old 120.00 2026-01-03",
            "in_parts:pi_inpay_a in_parts 40.00 2026-01-20",
            "in_parts:pi_new_b in_parts 65.00 2026-02-02",
        ],
        "reversals": [
            "cn_1:balance in_parts:pi_new_b refund 20.00 2026-02-20",
            "du_1 in_parts:pi_new_b chargeback 65.00 2026-02-10",
            "du_1:won in_parts:pi_new_b chargeback_won 65.00 2026-05-20",
            "in_new:credited:reversed in_new:credited refund 10.00 2026-01-01",
            "re_1 in_old:pi_old refund 15.00 2026-02-04",
            "re_2 in_new:pi_in_new refund 5.00 2026-02-06",
        ],
        "problems": [
            "stripe:du_1 disputed 2026-05-09",
            "stripe:in_fail:failed:1 failed 2026-05-20",
            "stripe:in_fail:failed:2 failed 2026-05-23",
        ],
        "cancelled": ["cus_b 2026-04-01"],
    }  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), batches=st.integers(1, 40))
def test_shuffled_repeated_and_delayed_events_give_the_same_facts(seed: int, batches: int) -> None:
    dice = random.Random(seed)
    events = [*story(), *dice.choices(story(), k=15)]
    dice.shuffle(events)
    assert told(events, batches) == told(story())


def test_the_same_event_again_is_no_second_one() -> None:
    referred("cus_a", "cus_b")
    tell(*story())
    before = facts()
    send(*story())
    assert work().events == 0
    assert facts() == before
