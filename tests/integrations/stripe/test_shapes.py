"""The objects of these tests have no field that Stripe's own library does not know."""

import pytest
import stripe

from tests.integrations.stripe.published import (
    Object,
    charge,
    credit_note,
    customer,
    dispute,
    invoice,
    invoice_payment,
    line,
    refund,
    subscription,
)

NEWEST: list[tuple[Object, type]] = [
    (customer("cus_1"), stripe.Customer),
    (invoice("in_1", "cus_1"), stripe.Invoice),
    (line(1), stripe.InvoiceLineItem),
    (invoice_payment("inpay_1", "in_1", 1, "2026-01-01"), stripe.InvoicePayment),
    (charge("ch_1", "cus_1", 1, "2026-01-01", intent="pi_1"), stripe.Charge),
    (refund("re_1", 1, "2026-01-01"), stripe.Refund),
    (credit_note("cn_1", "in_1", "cus_1", 1, "2026-01-01"), stripe.CreditNote),
    (dispute("du_1", 1, "2026-01-01"), stripe.Dispute),
    (subscription("sub_1", "cus_1"), stripe.Subscription),
]


@pytest.mark.parametrize(("made", "known"), NEWEST, ids=lambda each: getattr(each, "__name__", ""))
def test_every_field_of_the_newer_shape_is_one_of_stripes_library(made: Object, known: type) -> None:
    assert set(made) - set(known.__annotations__) == set()
