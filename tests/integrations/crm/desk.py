"""A CRM that is connected, told in few words, for each of the three."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.crm.forms.connection import CONNECT_FORMS
from integrations.crm.models import Connection, CrmKind, LeadSync
from integrations.crm.services.find_changes import find_changes
from integrations.crm.services.keep_connection import connect_crm, map_connection, switch_connection
from integrations.crm.services.read_back import read_back
from integrations.crm.services.settle_leads import settle_leads
from integrations.crm.services.take_hook import work_hooks
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import AT, clock, pam
from tests.integrations.crm.hubspot import STAGES as HUBSPOT_STAGES
from tests.integrations.crm.hubspot import HubSpot
from tests.integrations.crm.pipedrive import Pipedrive
from tests.integrations.crm.standin import Crm
from tests.integrations.crm.zoho import STAGES as ZOHO_STAGES
from tests.integrations.crm.zoho import Zoho

KINDS = list(CrmKind)
MINUTE = timedelta(minutes=1)
OURS = [stage.value for stage in Stage]


def make(kind: CrmKind) -> Crm:
    return {CrmKind.HUBSPOT: HubSpot, CrmKind.PIPEDRIVE: Pipedrive, CrmKind.ZOHO: Zoho}[kind]()


def credentials(kind: CrmKind, crm: Crm) -> dict[str, str]:
    """What somebody types who connects, as the form takes it."""
    typed: dict[str, str] = {"token": crm.token}
    if kind == CrmKind.PIPEDRIVE:
        typed["company"] = "acme"
    if isinstance(crm, Zoho):
        typed = {"region": "eu", **crm.credentials}
    form = CONNECT_FORMS[kind](typed)
    assert form.is_valid(), form.errors
    return dict(form.cleaned_data)


def stages(kind: CrmKind) -> dict[str, str]:
    """Ours as theirs, in order; lost and rejected are the same there."""
    names = {
        CrmKind.HUBSPOT: [key for key, *_ in HUBSPOT_STAGES],
        CrmKind.PIPEDRIVE: ["1", "2", "3", "4", "5", "won", "lost"],
        CrmKind.ZOHO: [name for name, _ in ZOHO_STAGES],
    }[kind]
    return dict(zip(OURS, [*names, names[-1]], strict=True))


def fields(kind: CrmKind, crm: Crm) -> dict[str, str]:
    """The contact as a text, the agents as a number."""
    if isinstance(crm, Pipedrive):
        return {"contact": crm.code("Contact"), "agents": crm.code("Seats")}
    if kind == CrmKind.HUBSPOT:
        return {"contact": "contact_name", "agents": "seats"}
    return {"contact": "Contact_Person", "agents": "Seats"}


@dataclass
class Desk:
    """A CRM, our connection with it, and the moment."""

    kind: CrmKind
    crm: Crm
    at: datetime = AT
    ahead: timedelta = timedelta(0)  # Of the CRM's clock.

    @property
    def connection(self) -> Connection:
        return Connection.objects.kept().get(kind=self.kind)

    def connect(self, *, on: bool = True) -> Connection:
        connect_crm(kind=self.kind, credentials=credentials(self.kind, self.crm), by=pam(), clock=clock(self.at))
        pipeline = self.connection.choices["pipelines"][0]["key"]
        told: dict[str, Any] = {"stages": stages(self.kind), "fields": fields(self.kind, self.crm)}
        map_connection(connection=self.connection, pipeline=pipeline, by=pam(), at=self.at, **told)
        return switch_connection(connection=self.connection, on=on, by=pam(), at=self.at)

    def minute(self, minutes: float = 1) -> None:
        """What the schedule does in a minute, a minute later; the CRM's clock goes on as well."""
        self.at += minutes * MINUTE
        self.crm.now = max(self.crm.now, self.at + self.ahead)
        find_changes(self.connection, at=self.at)
        work_hooks(connection_id=self.connection.pk, at=self.at)
        read_back(connection_id=self.connection.pk, clock=clock(self.at))
        settle_leads(connection_id=self.connection.pk, clock=clock(self.at))
        assert self.crm.wrong == [], "the CRM refused a call that its API does not have"

    def theirs(self, stage: Stage) -> str:
        return stages(self.kind)[stage.value]

    def sync(self, lead: Lead) -> LeadSync:
        return LeadSync.objects.select_related("connection", "lead").get(connection=self.connection, lead=lead)


def stage_of(lead: Lead) -> Stage:
    return Stage(Lead.objects.get(pk=lead.pk).stage)
