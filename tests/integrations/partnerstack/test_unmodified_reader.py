"""Airbyte's own connector for PartnerStack, unmodified, reads our program; where the machine has it.

Its pinned libraries contradict ours and load on Python 3.10 at most, so it lives in an environment of its own (`uv tool
install --python 3.10 airbyte-source-partnerstack==0.2.8`), and `PARTNERSTACK_READER` names its program.
"""

import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import company_key
from tests.cast import chargeback, client, close, fay, monthly, program, record
from tests.conftest import Databases
from tests.integrations.partnerstack.pretended import pretending
from tests.integrations.partnerstack.reader import BY_CREATION, INCREMENTAL, Reader
from tests.journeys.browser import portal

READER = os.environ.get("PARTNERSTACK_READER", "")
pytestmark = pytest.mark.skipif(not READER, reason="PARTNERSTACK_READER names no program")
CLIENTS = [f"c{number}" for number in range(300)]  # More than a page.


def read(folder: Path, secret: str, around: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What the connector reads of each stream."""
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps({"public_key": "any", "private_key": secret, "start_date": "2017-01-25T00:00:00Z"}))
    names = (*INCREMENTAL, *BY_CREATION)
    streams = [
        {
            "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
            "sync_mode": "incremental" if name in INCREMENTAL else "full_refresh",
            "destination_sync_mode": "append",
        }
        for name in names
    ]
    catalog.write_text(json.dumps({"streams": streams}))
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **around}
    checked = run(["check", "--config", str(config)], environment)
    assert [each["connectionStatus"]["status"] for each in checked if "connectionStatus" in each] == ["SUCCEEDED"]
    rows = defaultdict(list)
    for each in run(["read", "--config", str(config), "--catalog", str(catalog)], environment):
        if each["type"] == "RECORD":
            rows[each["record"]["stream"]].append(each["record"]["data"])
    return rows


def run(arguments: list[str], environment: dict[str, str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [READER, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_airbytes_connector_reads_every_row_once(real_db: Databases, tmp_path: Path) -> None:
    program(*(client(name) for name in CLIENTS), *(monthly(name, "2026-01", "100.00") for name in CLIENTS))
    record(chargeback("c1-2026-01-paid", "10.00", "2026-02-01"))
    close("2026-01", by=fay())
    secret = company_key().secret
    with portal(tmp_path / "portal.log") as address, pretending(address, tmp_path) as around:
        found = read(tmp_path, secret, around)
    ours = Reader(secret)
    for stream in (*INCREMENTAL, *BY_CREATION):
        keys = [row["key"] for row in found[stream]]
        assert sorted(keys) == sorted(row["key"] for row in ours.read(stream)), stream
    assert {name: len(found[name]) for name in ("customers", "rewards", "transactions")} == {
        "customers": 300, "rewards": 300, "transactions": 301,
    }  # fmt: skip
