"""Stripe's objects as far as facts are worked out from them, in the shapes of its API before and since 2025-03-31.

Each `from_…` reads an object's JSON. What is not as Stripe publishes it raises `Odd`, here and nowhere later, so
that an event with a wrong type anywhere is parked when it is read, and never stops the others.
"""

from integrations.stripe.shapes.goods import (
    Customer,
    Goods,
    Subscription,
    from_customer,
    from_goods,
    from_subscription,
)
from integrations.stripe.shapes.invoices import Line, StripeInvoice, from_invoice
from integrations.stripe.shapes.money import (
    Charge,
    CreditNote,
    InvoicePayment,
    Refund,
    StripeDispute,
    from_charge,
    from_credit_note,
    from_dispute,
    from_invoice_payment,
    from_refund,
)
from integrations.stripe.shapes.told import Told, objects_in
from integrations.stripe.shapes.values import LAST_MOMENT, LONGEST, Data, Odd, storable, text

__all__ = [
    "LAST_MOMENT",
    "LONGEST",
    "Charge",
    "CreditNote",
    "Customer",
    "Data",
    "Goods",
    "InvoicePayment",
    "Line",
    "Odd",
    "Refund",
    "StripeDispute",
    "StripeInvoice",
    "Subscription",
    "Told",
    "from_charge",
    "from_credit_note",
    "from_customer",
    "from_dispute",
    "from_goods",
    "from_invoice",
    "from_invoice_payment",
    "from_refund",
    "from_subscription",
    "objects_in",
    "storable",
    "text",
]
