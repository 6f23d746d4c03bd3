"""A few events of Stripe of yesterday, signed as Stripe signs: a client's invoice, and what finance is to look at."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from stripe import WebhookSignature

from clients.models import Client
from integrations.stripe.services.receive_event import receive_event
from integrations.stripe.services.work_events import work_events
from portal.demo.days import Days
from portal.demo.diary import Entry
from portal.demo.names import COMPANY_DOMAIN

VERSION = "2025-03-31.basil"
Object = dict[str, Any]


def stripe_entries(days: Days) -> Iterator[Entry]:
    """The moment at which the events come."""
    yield Entry(days.at(days.today - timedelta(days=1), 9), _arrive)


def _arrive(at: datetime) -> None:
    there = Client.objects.filter(canceled_on=None, closed_on__lt=at.date()).exclude(domain="").order_by("-reference")
    linked, alike = there[:2]
    on_site = _invoice("in_demo_onsite", "cus_demo_linked", 480_00, at, product="prod_demo_onsite")
    abroad = _invoice("in_demo_abroad", "cus_demo_linked", 95_00, at, product="prod_demo_onsite", currency="eur")
    told = [
        ("product.created", {"id": "prod_demo_onsite", "object": "product", "name": "Training on site"}),
        ("customer.created", _customer("cus_demo_linked", linked.name, linked.domain, client=linked.reference)),
        ("customer.created", _customer("cus_demo_alike", f"{alike.name} (new office)", alike.domain)),
        ("customer.created", _customer("cus_demo_direct", "Quillbrook Studio", "quillbrook.example")),
        ("invoice.paid", on_site),
        ("invoice_payment.paid", _payment("inpay_demo_onsite", on_site, at)),
        ("invoice.finalized", abroad | {"status": "open", "amount_paid": 0}),
    ]
    secret = f"whsec_{token_hex(16)}"
    for number, (kind, of) in enumerate(told, 1):
        body = json.dumps(_event(f"evt_demo_{number}", kind, of, at))
        signature = WebhookSignature.generate_signature_header(body, secret)
        receive_event(body=body.encode(), signature=signature, secrets=[secret], at=at)
    work_events(clock=lambda: at)


def _event(key: str, kind: str, of: Object, at: datetime) -> Object:
    return {
        "id": key, "object": "event", "api_version": VERSION, "created": _seconds(at), "livemode": True, "type": kind,
        "data": {"object": of | {"livemode": True, "created": _seconds(at)}},
    }  # fmt: skip


def _customer(key: str, name: str, domain: str, **metadata: str) -> Object:
    email = f"billing@{domain or COMPANY_DOMAIN}"
    return {"id": key, "object": "customer", "name": name, "email": email, "metadata": metadata}


def _invoice(key: str, of: str, cents: int, at: datetime, *, product: str, currency: str = "usd") -> Object:
    """An invoice of one line that is paid at once."""
    details = {"price": f"price_of_{product}", "product": product}
    line = {
        "id": f"il_{key}", "object": "line_item", "amount": cents, "currency": currency,
        "period": {"start": _seconds(at), "end": _seconds(at)}, "taxes": [], "discount_amounts": [],
        "pricing": {"type": "price_details", "price_details": details},
    }  # fmt: skip
    return {
        "id": key, "object": "invoice", "number": key.upper().replace("_", "-"), "customer": of, "currency": currency,
        "status": "paid", "total": cents, "amount_due": cents, "amount_paid": cents, "starting_balance": 0,
        "ending_balance": 0, "lines": {"object": "list", "data": [line], "has_more": False},
        "status_transitions": {"finalized_at": _seconds(at), "paid_at": _seconds(at)},
    }  # fmt: skip


def _payment(key: str, of: Object, at: datetime) -> Object:
    return {
        "id": key, "object": "invoice_payment", "invoice": of["id"], "amount_paid": of["amount_paid"],
        "currency": of["currency"], "status": "paid", "status_transitions": {"paid_at": _seconds(at)},
        "payment": {"type": "payment_intent", "payment_intent": f"pi_{key}"},
    }  # fmt: skip


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
