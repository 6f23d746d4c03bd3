"""A connection with a lead, without any CRM: for tests that only need rows."""

from datetime import datetime
from typing import Any

from integrations.crm.models import Connection, CrmKind, Hook, LeadSync
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import AT, pam


def unreadable(at: datetime = AT) -> Connection:
    """A connection whose credentials are lost, so that it is tried without calling anybody."""
    stages = {stage.value: stage.value for stage in Stage}
    choices: dict[str, Any] = {
        "pipelines": [{"key": "default", "label": "Sales", "stages": []}],
        "fields": [],
    }
    return Connection.objects.create(
        kind=CrmKind.HUBSPOT, is_on=True, account="HubSpot account 1", place={"portal": "1", "host": "app.hubspot.com"},
        key_field="tributary_lead", pipeline="default", stages=stages, fields={"company": "dealname"}, choices=choices,
        read_until=at, next_read_at=at, made_by=pam(), made_at=at, sealed_credentials="lost",
    )  # fmt: skip


def one_of_each() -> None:
    """A row of each model."""
    connection = unreadable()
    LeadSync.objects.create(connection=connection, lead=Lead.objects.all()[0], next_at=AT, waiting_since=AT)
    Hook.objects.create(connection=connection, digest="0" * 64, at=AT, body="[]")
