"""A whole month by a Python client that was generated from the OpenAPI document: facts, run, close, reasons, payout."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.api.calling import company_key, partner_key
from tests.cast import fay, program
from tests.conftest import Databases
from tests.journeys.browser import portal
from tests.worker import PATIENCE, running_worker

PACKAGE = "tributary_client"
SERVED = "celery"  # The queue that a portal of its own process sends to.
FACTS = {
    "clients": [{"client": "oak", "partner": "ada", "name": "Oak Inc.", "closed_on": "2025-06-01"}],
    "invoices": [
        {
            "invoice": "oak-1",
            "client": "oak",
            "issued_on": "2026-01-01",
            "lines": [
                {
                    "line": 1,
                    "category": "subscription",
                    "amount": "6000.00",
                    "service_from": "2026-01",
                    "service_months": 1,
                }
            ],
        }
    ],
    "payments": [{"payment": "oak-1-paid", "invoice": "oak-1", "amount": "6000.00", "received_on": "2026-01-10"}],
}


@pytest.fixture
def generated(tmp_path: Path) -> Iterator[ModuleType]:
    """The client, as anybody gets it out of the document."""
    document = tmp_path / "openapi.json"
    document.write_bytes(Client().get("/api/v1/schema/?format=json").content)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--path", str(document)]
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"post_hooks": []}))
    command += ["--config", str(config), "--output-path", str(tmp_path / PACKAGE)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    sys.path.insert(0, str(tmp_path))
    yield import_module(f"{PACKAGE}.client")
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def operation(name: str) -> Any:
    """An operation of the client, `facts.facts_record`."""
    return import_module(f"{PACKAGE}.api.{name}")


def model(name: str, values: Any) -> Any:
    module, _, kind = name.partition(".")
    return getattr(import_module(f"{PACKAGE}.models.{module}"), kind).from_dict(values)


def test_a_month_is_run_from_outside(real_db: Databases, generated: ModuleType, tmp_path: Path) -> None:
    cache.clear()
    program()
    keys = company_key(fay()).secret, partner_key("ada").secret
    with (
        portal(tmp_path / "web.log") as address,
        running_worker(tmp_path / "worker.log", SERVED),
        generated.AuthenticatedClient(base_url=address, token=keys[0]) as company,
        generated.AuthenticatedClient(base_url=address, token=keys[1]) as ada,
    ):
        recorded = operation("facts.facts_record").sync(
            client=company, body=model("facts_request.FactsRequest", FACTS), idempotency_key="january"
        )
        assert recorded.written["payments"] == 1

        asked = model("new_run_request.NewRunRequest", {"period": "2026-01"})
        run = operation("runs.runs_create").sync(client=company, body=asked)
        deadline = time.monotonic() + PATIENCE
        while run.state.value != "done":
            assert time.monotonic() < deadline, (tmp_path / "worker.log").read_text()[-2000:]
            time.sleep(0.2)
            run = operation("runs.runs_retrieve").sync(client=company, id=run.id)
        assert run.posted == "1800.00"

        read_back = model("read_back_request.ReadBackRequest", {"posted": "1700.00"})
        refused = operation("periods.periods_close").sync(client=company, period="2026-01", body=read_back)
        assert refused.code == "read_otherwise"
        read_back = model("read_back_request.ReadBackRequest", {"posted": run.posted})
        closed = operation("periods.periods_close").sync(client=company, period="2026-01", body=read_back)
        assert closed.closed

        found = operation("commissions.commissions_list").sync(client=ada, period="2026-01").results
        assert [(each.client, each.rate, each.amount) for each in found] == [("oak", "0.3000", "1800.00")]
        why = operation("commissions.commissions_explain_retrieve").sync(client=ada, id=found[0].id)
        assert why.agrees
        assert any("30" in each for each in why.sentences)

        payout = operation("payouts.payouts_list").sync(client=ada).results[0]
        assert (payout.period, payout.amount, payout.state.value) == ("2026-01", "1800.00", "waiting")
        waits = operation("payouts.payouts_gates_retrieve").sync(client=ada, id=payout.id)
        assert "Referral report presented" in {gate.name for gate in waits.gates if not gate.is_open}
        present = model("present_request.PresentRequest", {"note": "January"})
        operation("payouts.payouts_present_create").sync(client=ada, id=payout.id, body=present)
        assert operation("reports.reports_list").sync(client=ada, payout=payout.id).results[0].note == "January"
        invoices = operation("partner_invoices.partner_invoices_list").sync(client=ada, payout=payout.id).results
        assert [each.amount for each in invoices] == ["1800.00"]
        assert [each.amount for each in operation("ledger.ledger_list").sync(client=ada).results] == ["1800.00"]
