"""Rows brought without a server, where a test only needs that they are there."""

from datetime import datetime

from integrations.partnerstack.models import Import
from integrations.partnerstack.services.compare import compare
from integrations.partnerstack.services.keep_rows import keep_rows
from integrations.partnerstack.services.map_rows import map_rows
from tests.integrations.partnerstack.standin import Rows, customer, partnership, reward, row


def bring(rows: Rows, *, at: datetime) -> Import:
    """This function will do what an import does with rows of each kind."""
    came = Import.objects.create(source="the tests", started_at=at)
    for kind, items in rows.items():
        keep_rows(of=came, what=kind, items=items, after="", is_done=True, at=at)
    became = map_rows(by=None, at=at)
    came.counts = {kind: {"read": len(rows.get(kind, ())), "new": 0} | counts for kind, counts in became.items()}
    came.finished_at = at
    came.save()
    compare(by=None, at=at)
    return came


def bring_little(at: datetime) -> None:
    """This function will bring a row for each table, and no money: Ada and Acme, who are known, and a reward."""
    rows = {
        "groups": [row("grup_1", "2025-01-01", name="Gold")],
        "partnerships": [partnership("ada")],
        "customers": [customer("acme")],
        "rewards": [reward("1", "2025-03-06", 5_000)],
    }
    bring(rows, at=at)
