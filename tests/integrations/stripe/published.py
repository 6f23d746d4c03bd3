"""Stripe's objects and events in the shapes that its API publishes, in both eras.

`NEW` is the shape since 2025-03-31.basil, `OLD` the one before it. Fields that nothing here reads are there too, so
that what is sent looks like what Stripe sends; `test_shapes.py` holds the new ones against Stripe's library.
"""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stripe import WebhookSignature

NEW, OLD = "2025-03-31.basil", "2024-06-20"
SECRET = "whsec_test_of_the_tests"
Object = dict[str, Any]
_numbers = itertools.count(1)


def at(text: str) -> int:
    """A moment in seconds since 1970: noon of a day in UTC where no hour is given."""
    moment = datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00")
    return int(moment.replace(tzinfo=UTC).timestamp())


def signed(body: str, secret: str = SECRET, timestamp: int | None = None) -> str:
    """The header with which Stripe would send a body, by Stripe's own library."""
    return WebhookSignature.generate_signature_header(body, secret, timestamp)  # type: ignore[no-any-return]


def event(kind: str, of: Object, on: str, *, version: str = NEW, key: str = "") -> Object:
    """An event about an object as it was then."""
    return {
        "id": key or f"evt_{next(_numbers):08}",
        "object": "event",
        "api_version": version,
        "created": at(on),
        "data": {"object": json.loads(json.dumps(of))},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def listed(rows: Sequence[Object], url: str, has_more: bool = False) -> Object:
    return {"object": "list", "data": list(rows), "has_more": has_more, "url": url}


def customer(key: str, **said: Any) -> Object:
    return {
        "id": key, "object": "customer", "created": at("2025-12-01"), "email": f"{key}@mail.example", "name": key,
        "balance": 0, "currency": "usd", "delinquent": False, "description": None, "livemode": True, "metadata": {},
    } | said  # fmt: skip


def line(
    amount: int, start: str = "2026-01-01", end: str = "2026-02-01", *, product: str = "prod_seats",
    price: str = "price_seats", version: str = NEW, metadata: Object | None = None, discount: int = 0,
    tax: int = 0, is_inclusive: bool = False,
) -> Object:  # fmt: skip
    """A line for a period, from noon to noon."""
    row: Object = {
        "id": f"il_{next(_numbers):08}", "object": "line_item", "amount": amount, "currency": "usd",
        "description": "Seats", "discountable": True, "discounts": [], "livemode": True, "metadata": metadata or {},
        "discount_amounts": [{"amount": discount, "discount": "di_1"}] if discount else [],
        "period": {"start": at(start), "end": at(end)}, "quantity": 1,
    }  # fmt: skip
    if version == OLD:
        taxes = [{"amount": tax, "inclusive": is_inclusive, "tax_rate": "txr_1", "taxable_amount": amount}]
        return row | {
            "type": "subscription", "proration": False, "tax_amounts": taxes if tax else [], "tax_rates": [],
            "plan": {"id": price, "object": "plan", "product": product, "metadata": {}},
            "price": {"id": price, "object": "price", "product": product, "metadata": {}, "type": "recurring"},
        }  # fmt: skip
    behavior = "inclusive" if is_inclusive else "exclusive"
    taxes = [{"amount": tax, "tax_behavior": behavior, "taxability_reason": "standard_rated", "taxable_amount": amount,
              "tax_rate_details": {"tax_rate": "txr_1"}, "type": "tax_rate_details"}]  # fmt: skip
    return row | {
        "taxes": taxes if tax else [], "pretax_credit_amounts": [], "subtotal": amount,
        "parent": {"type": "subscription_item_details", "invoice_item_details": None,
                   "subscription_item_details": {"proration": False, "subscription": "sub_1"}},
        "pricing": {"type": "price_details", "unit_amount_decimal": str(amount),
                    "price_details": {"price": price, "product": product}},
    }  # fmt: skip


def invoice(
    key: str, of: str, *lines: Object, issued: str = "2026-01-01", paid: str = "", status: str = "",
    version: str = NEW, charge: str = "", intent: str = "", **said: Any,
) -> Object:  # fmt: skip
    """An issued invoice, paid on a day if one is given; the old shape names its charge and payment intent."""
    rows = list(lines) or [line(100_00, version=version)]
    on_top = sum(
        tax["amount"]
        for row in rows
        for tax in row.get("taxes") or row.get("tax_amounts") or []
        if tax.get("tax_behavior") == "exclusive" or tax.get("inclusive") is False
    )
    off = sum(each["amount"] for row in rows for each in row["discount_amounts"])
    total = said.pop("total", sum(row["amount"] for row in rows) + on_top - off)
    status = status or ("paid" if paid else "open")
    due = said.pop("amount_due", total)
    row: Object = {
        "id": key, "object": "invoice", "customer": of, "currency": "usd", "status": status, "livemode": True,
        "created": at(issued), "total": total, "subtotal": total, "amount_due": due,
        "amount_paid": due if paid else 0, "amount_remaining": 0 if paid else due, "amount_shipping": 0,
        "attempt_count": 1 if paid else 0, "attempted": bool(paid), "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically", "metadata": {}, "number": f"{key}-1", "period_start": at(issued),
        "period_end": at(issued), "pre_payment_credit_notes_amount": 0, "post_payment_credit_notes_amount": 0,
        "starting_balance": 0, "ending_balance": 0, "lines": listed(rows, f"/v1/invoices/{key}/lines"),
        "status_transitions": {"finalized_at": at(issued), "paid_at": at(paid) if paid else None,
                               "marked_uncollectible_at": None, "voided_at": None},
        "total_discount_amounts": [{"amount": off, "discount": "di_1"}] if off else [],
    }  # fmt: skip
    if version == OLD:
        row |= {
            "charge": charge or None,
            "payment_intent": intent or None,
            "paid": bool(paid),
            "paid_out_of_band": False,
            "subscription": "sub_1",
            "tax": on_top or None,
            "total_tax_amounts": [],
        }
    else:
        row |= {"parent": {"type": "subscription_details", "quote_details": None,
                           "subscription_details": {"subscription": "sub_1", "metadata": {}}},
                "amount_overpaid": 0, "total_taxes": [], "total_pretax_credit_amounts": []}  # fmt: skip
    return row | said


def invoice_payment(key: str, of: str, amount: int, paid: str, *, intent: str = "", charge: str = "") -> Object:
    payment: Object = {"type": "payment_intent", "payment_intent": intent or f"pi_{key}"}
    if charge:
        payment = {"type": "charge", "charge": charge}
    return {
        "id": key, "object": "invoice_payment", "amount_paid": amount, "amount_requested": amount, "created": at(paid),
        "currency": "usd", "invoice": of, "is_default": True, "livemode": True, "payment": payment, "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": at(paid)},
    }  # fmt: skip


def charge(key: str, of: str, amount: int, on: str, *, intent: str, refunded: int = 0, **said: Any) -> Object:
    return {
        "id": key, "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": refunded,
        "created": at(on), "currency": "usd", "customer": of, "paid": True, "payment_intent": intent,
        "refunded": refunded == amount, "status": "succeeded", "livemode": True, "metadata": {},
    } | said  # fmt: skip


def refund(key: str, amount: int, on: str, *, intent: str = "", charge: str = "", status: str = "succeeded") -> Object:
    return {
        "id": key, "object": "refund", "amount": amount, "charge": charge or None, "created": at(on), "currency": "usd",
        "metadata": {}, "payment_intent": intent or None, "reason": "requested_by_customer", "status": status,
    }  # fmt: skip


def credit_note(key: str, of: str, customer: str, amount: int, on: str, **said: Any) -> Object:
    return {
        "id": key, "object": "credit_note", "amount": amount, "created": at(on), "currency": "usd",
        "customer": customer, "customer_balance_transaction": None, "invoice": of, "livemode": True,
        "metadata": {}, "number": f"{key}-1", "out_of_band_amount": None, "post_payment_amount": amount,
        "pre_payment_amount": 0, "refunds": [], "status": "issued", "subtotal": amount, "total": amount,
        "type": "post_payment",
    } | said  # fmt: skip


def dispute(
    key: str, amount: int, on: str, *, intent: str = "", charge: str = "", status: str = "needs_response",
    taken: str = "", given: str = "",
) -> Object:  # fmt: skip
    """A dispute; `taken` and `given` are the days on which its money went and came back."""
    moves = [(-amount, taken), (amount, given)]
    return {
        "id": key, "object": "dispute", "amount": amount, "charge": charge or f"ch_of_{key}", "created": at(on),
        "currency": "usd", "is_charge_refundable": False, "livemode": True, "metadata": {},
        "payment_intent": intent or None, "reason": "product_not_received", "status": status,
        "balance_transactions": [
            {"id": f"txn_{key}_{number}", "object": "balance_transaction", "amount": moved, "created": at(day),
             "currency": "usd", "type": "adjustment"}
            for number, (moved, day) in enumerate(moves) if day
        ],
    }  # fmt: skip


def subscription(key: str, of: str, *, ended: str = "", status: str = "") -> Object:
    return {
        "id": key, "object": "subscription", "customer": of, "created": at("2026-01-01"), "livemode": True,
        "status": status or ("canceled" if ended else "active"), "cancel_at_period_end": False, "cancel_at": None,
        "canceled_at": at(ended) if ended else None, "ended_at": at(ended) if ended else None, "metadata": {},
        "currency": "usd", "items": listed([], "/v1/subscription_items"), "start_date": at("2026-01-01"),
    }  # fmt: skip
