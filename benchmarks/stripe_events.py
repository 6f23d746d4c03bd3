"""Events of Stripe: how fast they are accepted, and how fast a backlog of them is worked."""

import json
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction
from django.test import Client as Browser

from affiliates.models import Program
from benchmarks.clock import Clock
from clients.recording.columns import KINDS
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.stripe.models import CategoryRule, Source
from integrations.stripe.services.keep_events import NewEvent, keep_events
from integrations.stripe.services.work_events import work_events
from tests.integrations.stripe.published import SECRET, Object, event, invoice_payment, signed
from tests.integrations.stripe.published import invoice as an_invoice

EVENTS_OF_AN_INVOICE = 4
CLIENTS = 200
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = "2026-01-10"
BARE = """
    INSERT INTO stripe_stripeevent
        (key, source, type, api_version, is_live, account, object_id, created, received_at, body)
    VALUES (%s, 'webhook', %s, '', true, '', '', now(), now(), %s)
"""


def events_of(count: int) -> list[Object]:
    """So many events, of new-shaped invoices from their issue to their payment."""
    events: list[Object] = []
    for number in range(count // EVENTS_OF_AN_INVOICE):
        made = an_invoice(f"in_{number}", f"cus_{number % CLIENTS}", paid=DAY)
        payment = invoice_payment(f"inpay_{number}", made["id"], made["amount_paid"], DAY)
        events += [
            event("invoice.finalized", made | {"status": "open"}, "2026-01-01"),
            event("invoice.paid", made, DAY),
            event("invoice.payment_succeeded", made, DAY),
            event("invoice_payment.paid", payment, DAY),
        ]
    return events


def accept_stripe(clock: Clock, count: int) -> int:
    """Accept events through the whole of Django, signature and middleware, one after the other in one process."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.ALLOWED_HOSTS = ["testserver"]
    bodies = [json.dumps(each) for each in events_of(count)]
    headers = [{"Stripe-Signature": signed(body)} for body in bodies]
    browser = Browser()
    browser.get("/healthz")
    with clock():
        for body, header in zip(bodies, headers, strict=True):
            answer = browser.post("/integrations/stripe/", body, content_type="application/json", headers=header)
            assert answer.status_code == 200, answer.content
    return len(bodies)


def insert_stripe(clock: Clock, count: int) -> int:
    """The floor of accepting: the same bodies, each by one bare INSERT and its commit."""
    rows = [(each["id"], each["type"], json.dumps(each)) for each in events_of(count)]
    with connection.cursor() as cursor, clock():
        for row in rows:
            cursor.execute(BARE, row)
    return len(rows)


def work_stripe(clock: Clock, count: int) -> int:
    """Work a backlog of events into facts."""
    _furnish()
    at = datetime.fromtimestamp(0, UTC)
    backlog = [
        NewEvent(each["id"], Source.WEBHOOK, each["type"], "", True, "", at, json.dumps(each))
        for each in events_of(count)
    ]
    with transaction.atomic():
        keep_events(backlog, at=at)
    with clock():
        worked = work_events(clock=lambda: NOW)
    assert worked.written["payments"] == count // EVENTS_OF_AN_INVOICE, worked
    return worked.events


def record_stripe(clock: Clock, count: int) -> int:
    """The floor of working: the same facts, made already, in one recording."""
    _furnish()
    numbers = range(count // EVENTS_OF_AN_INVOICE)
    lines = [
        [f"in_{n}", f"cus_{n % CLIENTS}", "2026-01-01", "1", "subscription", "100.00", "2026-01-01", "1"]
        for n in numbers
    ]
    payments = [[f"in_{n}:pi_inpay_{n}", f"in_{n}", "100.00", DAY] for n in numbers]
    with clock():
        record_facts(tables=[_table("invoices", lines), _table("payments", payments)], source="x", by=None, at=NOW)
    return count


def _furnish() -> None:
    assert Program.current().currency == "USD"
    CategoryRule.objects.create(stripe_id="prod_seats", category="subscription", decided_at=NOW)
    partner = ["ada", "Ada", "affiliate", "ada@partners.example", "2025-01-01", "", ""]
    clients = [[f"cus_{n}", "ada", f"Client {n}", "", "2025-06-01", ""] for n in range(CLIENTS)]
    record_facts(tables=[_table("partners", [partner]), _table("clients", clients)], source="x", by=None, at=NOW)


def _table(kind: str, rows: list[list[str]]) -> Table:
    return Table(kind, kind, [column.name for column in KINDS[kind]], list(enumerate(rows, 1)))
