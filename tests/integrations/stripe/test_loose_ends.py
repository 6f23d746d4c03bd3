"""Money that no invoice is known for is listed until one is, and what is nobody's is not."""

import pytest

from clients.models import Client
from integrations.stripe.models import StripeCustomer, StripeFinding
from integrations.stripe.services.place_customer import link_customer
from integrations.stripe.services.settle_finding import settle_finding
from integrations.stripe.standing import to_do
from tests.cast import fay
from tests.integrations.stripe.published import Object, charge, customer, dispute, event, invoice_payment, refund
from tests.integrations.stripe.telling import NOW, findings, paid_in_full, payments, referred, reversals, tell

pytestmark = pytest.mark.django_db

BACK = event("refund.created", refund("re_1", 30_00, "2026-02-03", intent="pi_in_1", charge="ch_1"), "2026-02-03")
TAKEN = event("charge.dispute.created", dispute("du_1", 60_00, "2026-02-03", intent="pi_in_1"), "2026-02-03")
PART = event("invoice_payment.paid", invoice_payment("ip_1", "in_1", 9_00, "2026-01-03"), "2026-01-03")


def charged(of: str = "cus_a", status: str = "succeeded") -> Object:
    made = charge("ch_1", of, 100_00, "2026-01-10", intent="pi_in_1", status=status)
    return event("charge.succeeded", made, "2026-01-10")


@pytest.mark.parametrize(
    ("told", "listed"),
    [(BACK, "waiting re_1"), (TAKEN, "waiting du_1"), (PART, "waiting ip_1"), (charged(), "waiting ch_1")],
)
def test_what_has_no_invoice_is_listed_until_it_comes(told: Object, listed: str) -> None:
    referred("cus_a")
    tell(told)
    assert findings() == [listed]
    says = StripeFinding.objects.get()
    assert "has no invoice that is known" in says.says
    made, payment = paid_in_full("in_1", "cus_a", "2026-01-10")
    tell(event("invoice_payment.paid", payment, "2026-01-10"))
    tell(event("invoice.paid", made, "2026-01-10"))
    assert findings() == []
    assert len(payments()) >= 1


def test_a_refund_says_its_sum_and_whose_it_is() -> None:
    referred("cus_a")
    tell(charged(), BACK)
    row = StripeFinding.objects.get(subject="re_1")
    assert (row.says, row.customer) == ("A refund of 30.00 USD has no invoice that is known", "cus_a")


def test_what_is_of_nobody_whom_we_know_is_not_listed() -> None:
    referred("cus_a")
    tell(charged("cus_direct"), BACK, TAKEN)
    assert findings() == []


def test_nothing_that_failed_is_listed() -> None:
    referred("cus_a")
    pending = refund("re_2", 5_00, "2026-02-03", charge="ch_1", status="pending")
    tell(charged(status="failed"), event("refund.created", pending, "2026-02-03"))
    assert findings() == []


def test_linking_a_customer_lists_its_payments_without_an_invoice() -> None:
    referred("acme")
    tell(event("customer.created", customer("cus_b"), "2026-01-01"), charged("cus_b"))
    assert findings() == []
    link_customer(customer=StripeCustomer.objects.get(), client=Client.objects.get(reference="acme"), by=fay(), at=NOW)
    assert findings() == ["waiting ch_1"]


def test_what_was_settled_stays_so_until_it_says_something_else() -> None:
    referred("cus_a")
    tell(BACK)
    later = NOW.replace(hour=23)
    assert to_do(at=later).findings == 1
    settle_finding(finding=StripeFinding.objects.get(), by=fay(), at=NOW)
    tell(BACK | {"id": "evt_again"})
    assert (findings(), to_do(at=later).findings) == (["waiting re_1"], 0)
    more = refund("re_1", 31_00, "2026-02-03", intent="pi_in_1", charge="ch_1")
    tell(event("refund.updated", more, "2026-02-04"))
    assert to_do(at=later).findings == 1
    assert reversals() == []
