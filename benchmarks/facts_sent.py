"""Facts through the API in calls of different sizes, and events out to an endpoint."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.test import Client as Browser

from accounts.models import Role, Scope, User
from accounts.services.give_roles import give_roles
from accounts.services.issue_api_key import issue_api_key
from affiliates.api import door
from benchmarks.clock import Clock
from clients.files import open_tables
from clients.recording.columns import KINDS
from clients.recording.problems import Problems
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from notices.models import EventKind
from notices.services.keep_endpoint import make_endpoint
from notices.services.send_webhooks import send_webhooks
from notices.services.write_event import Happening, write_events
from tests.webhooks.receiver import Receiver, listening

CLIENTS = 200
WARM_UP = 5
NOW = datetime(2026, 6, 1, tzinfo=UTC)
Row = tuple[str, dict[str, Any]]


def rows_of(count: int) -> list[Row]:
    """So many rows, each with its kind: an invoice of one line, then its payment, and so on."""
    found: list[Row] = []
    for number in range(count // 2):
        line = {"line": 1, "category": "subscription", "amount": "100.00", "service_from": "2026-01-01"}
        invoice = {"invoice": f"i{number}", "client": f"c{number % CLIENTS}", "issued_on": "2026-01-01"}
        found.append(("invoices", invoice | {"lines": [line | {"service_months": 1}]}))
        payment = {"payment": f"p{number}", "invoice": f"i{number}", "amount": "100.00", "received_on": "2026-01-09"}
        found.append(("payments", payment))
    return found


def send_facts(clock: Clock, count: int, batch: int) -> int:
    """Send rows to the API in calls of one size, through the whole of Django; a key has no limit here."""
    door.MOST_A_MINUTE = 10**9
    settings.ALLOWED_HOSTS = ["testserver"]
    manager = _furnish()
    _, secret = issue_api_key(
        partner_id=None, name="Billing", scopes=[Scope.FACTS], expires_at=None, by=manager, at=datetime.now(UTC)
    )
    browser, rows = Browser(), rows_of(count)
    bodies = [json.dumps(_body(rows[first : first + batch])) for first in range(0, count, batch)]
    headers = {"Authorization": f"Bearer {secret}"}
    for _ in range(WARM_UP):
        browser.post("/api/v1/facts/", "{}", content_type="application/json", headers=headers)
    with clock():
        for body in bodies:
            answer = browser.post("/api/v1/facts/", body, content_type="application/json", headers=headers)
            assert answer.status_code == 200, answer.content
    return count


def import_sent(clock: Clock, count: int, folder: str) -> int:
    """Record the same rows as `import_program` does, from files."""
    _furnish()
    where, rows = Path(folder), rows_of(count)
    where.mkdir(parents=True, exist_ok=True)
    invoices = [
        {k: v for k, v in row.items() if k != "lines"} | row["lines"][0] for kind, row in rows if "lines" in row
    ]
    _write(where / "invoices.csv", invoices)
    _write(where / "payments.csv", [row for kind, row in rows if kind == "payments"])
    problems = Problems()
    with clock():
        tables = open_tables(where, problems, lambda position: None)
        record_facts(tables=tables, problems=problems, source="benchmark", by=None, at=NOW)
    return count


def deliver_events(clock: Clock, count: int) -> int:
    """Send events to one endpoint that answers at once, on this machine."""
    settings.WEBHOOKS_TO_LOOPBACK = True
    with listening() as receiver:
        endpoint, _ = make_endpoint(partner_id=None, url=receiver.url, kinds=[], by=_manager(), at=NOW)
        happened = [Happening(None, f"lead {number}", {"lead": number, "stage": "won"}) for number in range(count)]
        write_events(kind=EventKind.LEAD_MOVED, happenings=happened, at=NOW)
        with clock():
            while send_webhooks(endpoint_id=endpoint.pk, clock=lambda: NOW):
                pass
        return _arrived(receiver, count)


def post_bare(clock: Clock, count: int) -> int:
    """Post as many bodies to the same receiver by requests alone."""
    body = json.dumps({"type": "lead.moved", "data": {"lead": 1, "stage": "won"}})
    with listening() as receiver, requests.Session() as session, clock():
        for _ in range(count):
            session.post(receiver.url, data=body, timeout=5)
        return _arrived(receiver, count)


def _arrived(receiver: Receiver, count: int) -> int:
    assert len(receiver.got) == count, len(receiver.got)
    return count


def _body(rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    body: dict[str, list[dict[str, Any]]] = {}
    for kind, row in rows:
        body.setdefault(kind, []).append(row)
    return body


def _manager() -> User:
    manager = User.objects.create_user("manager@bench.example", None, name="Manager", is_staff=True)
    return give_roles(person=manager, roles=[Role.PROGRAM_MANAGER, Role.FINANCE], by=None, at=NOW)


def _furnish() -> User:
    """A partner with its clients, and who holds the keys."""
    partners = [(1, ("one", "One", "affiliate", "one@bench.example", "2025-01-01", "", ""))]
    clients = [(n, (f"c{n}", "one", f"Client {n}", "", "2025-01-01", "")) for n in range(CLIENTS)]
    tables = [
        Table(kind, kind, [column.name for column in KINDS[kind]], rows)
        for kind, rows in (("partners", partners), ("clients", clients))
    ]
    record_facts(tables=tables, source="benchmark", by=None, at=NOW)
    return _manager()


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
