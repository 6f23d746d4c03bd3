"""Short words to tell what Stripe sends, and to read the facts that follow."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from clients.models import Client, InvoiceLine, Payment, PaymentProblem, Reversal
from integrations.stripe.models import CategoryRule, EventToWork, StripeFinding
from integrations.stripe.services.receive_event import receive_event
from integrations.stripe.services.work_events import Worked, work_events
from tests.cast import client, program
from tests.integrations.stripe.published import SECRET, Object, invoice, invoice_payment, signed

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def referred(*keys: str, closed: str = "2025-06-01") -> None:
    """Ada's clients, whose billing references are customers of Stripe; seats are a subscription."""
    program(*(client(key, closed=closed) for key in keys), at=NOW)
    seats_are_subscription()


def seats_are_subscription() -> None:
    CategoryRule.objects.get_or_create(stripe_id="prod_seats", defaults={"category": "subscription", "decided_at": NOW})


def send(*events: Object) -> None:
    """This function will let events come, signed by Stripe's library."""
    for each in events:
        body = json.dumps(each)
        receive_event(body=body.encode(), signature=signed(body), secrets=[SECRET], at=NOW)


def tell(*events: Object) -> Worked:
    """This function will let events come and work them."""
    send(*events)
    return work(NOW)


def work(at: datetime = NOW) -> Worked:
    return work_events(clock=lambda: at)


def paid_in_full(key: str, of: str, on: str, **said: Any) -> tuple[Object, Object]:
    """An invoice as it is once it is paid, and its payment, of the new shape."""
    made = invoice(key, of, paid=on, **said)
    return made, invoice_payment(f"inpay_{key}", key, made["amount_paid"], on, intent=f"pi_{key}")


def facts() -> dict[str, list[str]]:
    """All facts of clients that came from Stripe, as words, sorted."""
    lines = InvoiceLine.objects.select_related("invoice__client").order_by("invoice__reference", "number")
    return {
        "lines": [
            f"{row.invoice} {row.invoice.client.reference} {row.invoice.issued_on} {row.number} {row.category}"
            f" {row.amount} {row.service_from} {row.service_months}"
            for row in lines
        ],
        "payments": sorted(f"{row} {row.invoice} {row.amount} {row.received_on}" for row in _all(Payment, "invoice")),
        "reversals": sorted(
            f"{row} {row.payment} {row.kind} {row.amount} {row.occurred_on}" for row in _all(Reversal, "payment")
        ),
        "problems": sorted(f"{row.key} {row.kind} {row.occurred_on}" for row in PaymentProblem.objects.all()),
        "cancelled": sorted(f"{row.reference} {row.canceled_on}" for row in Client.objects.exclude(canceled_on=None)),
    }


def _all(model: type[Payment] | type[Reversal], parent: str) -> Iterable[Any]:
    return model._default_manager.select_related(parent)


def lines() -> list[str]:
    return facts()["lines"]


def payments() -> list[str]:
    return facts()["payments"]


def reversals() -> list[str]:
    return facts()["reversals"]


def findings() -> list[str]:
    """What is kept and not recorded, as words."""
    return sorted(f"{row.kind} {row.subject}" for row in StripeFinding.objects.all())


def parked() -> list[str]:
    return [row.error for row in EventToWork.objects.parked()]
