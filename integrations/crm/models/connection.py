import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.sealed import seal, unseal
from referrals.models.lead import Stage

OVERLAP = timedelta(minutes=5)  # What changed shortly before the last change that was read may be told late.


class CrmKind(models.TextChoices):
    HUBSPOT = "hubspot", "HubSpot"
    PIPEDRIVE = "pipedrive", "Pipedrive"
    ZOHO = "zoho", "Zoho CRM"


# What of a lead can be written into a CRM, and what is never: money, other partners, notes of colleagues.
OUR_FIELDS = {
    "company": "Company",
    "domain": "Site",
    "contact": "Contact",
    "email": "E-mail address",
    "agents": "Agents",
    "employees": "Employees",
    "crm": "CRM that the company uses",
    "note": "What the partner wrote",
    "partner": "Partner",
    "channel": "How it came",
}
NUMBERS = ("agents", "employees")


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def kept(self) -> Self:
        """Those that were not removed."""
        return self.filter(removed_at__isnull=True)

    def at_work(self, *, at: datetime) -> Self:
        """Those that are on and that nothing holds up for now."""
        return self.kept().filter(is_on=True).filter(Q(rest_until__isnull=True) | Q(rest_until__lte=at))


class Connection(models.Model):
    """The company's account in a CRM: who we are there, and which of our stages and fields are which of theirs.

    Credentials lie sealed and are never shown. `place` is what addresses of deals are made of, `choices` what the CRM
    had to choose from when it was last asked. `stages` and `fields` lead from ours to theirs. `version` counts what
    makes every lead to be looked at again. `read_until` is the time of the newest change that was read, on their clock.
    While `rest_until` has not come nothing is asked; `error` says why. One that was removed stays without its secrets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("CRM", max_length=10, choices=CrmKind.choices)
    is_on = models.BooleanField(default=False)
    account = models.CharField(max_length=200)
    place = models.JSONField(default=dict)
    sealed_credentials = models.TextField(editable=False, blank=True)
    sealed_secret = models.TextField("sealed webhook secret", editable=False, blank=True)
    sealed_token = models.TextField("sealed access token", editable=False, blank=True)
    token_until = models.DateTimeField(null=True, blank=True, editable=False)
    key_field = models.CharField("field of our number", max_length=100)
    choices = models.JSONField(default=dict)
    pipeline = models.CharField(max_length=200, blank=True)
    stages = models.JSONField(default=dict)
    fields = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    read_until = models.DateTimeField()
    read_at = models.DateTimeField("last asked for changes", null=True, blank=True)
    next_read_at = models.DateTimeField()
    rest_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "id")
        indexes = (models.Index(fields=("-made_at", "id"), name="crm_connections_by_time"),)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=CrmKind.values), name="kind_of_crm_is_known"),
            models.UniqueConstraint(
                fields=("kind",), condition=Q(removed_at__isnull=True), name="one_connection_per_kind_of_crm"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True)
                | Q(is_on=False, sealed_credentials="", sealed_secret="", sealed_token=""),
                name="a_removed_connection_is_off_and_has_no_secrets",
            ),
            models.CheckConstraint(
                condition=Q(is_on=False) | ~Q(pipeline=""), name="a_connection_that_is_on_has_its_pipeline"
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()

    # -- Secrets --

    def put_credentials(self, credentials: dict[str, str]) -> None:
        self.sealed_credentials = self._seal("sealed_credentials", json.dumps(credentials))
        self.sealed_token, self.token_until = "", None

    def credentials(self) -> dict[str, str]:
        """:raises DetailsUnreadable: they are not this row's, or their key is gone"""
        found: dict[str, str] = json.loads(self._unseal("sealed_credentials"))
        return found

    def put_secret(self, secret: str) -> None:
        self.sealed_secret = self._seal("sealed_secret", secret) if secret else ""

    def secret(self) -> str:
        """What webhooks are checked with; "" where there is none.

        :raises DetailsUnreadable: it is not this row's
        """
        return self._unseal("sealed_secret") if self.sealed_secret else ""

    def put_token(self, token: str, *, until: datetime) -> None:
        self.sealed_token, self.token_until = self._seal("sealed_token", token), until

    def token(self) -> str:
        return self._unseal("sealed_token") if self.sealed_token else ""

    def forget_secrets(self) -> None:
        self.sealed_credentials = self.sealed_secret = self.sealed_token = ""
        self.token_until = None

    def _seal(self, column: str, plain: str) -> str:
        return seal(plain, table=self._meta.db_table, column=column, row=self.pk)

    def _unseal(self, column: str) -> str:
        return unseal(getattr(self, column), table=self._meta.db_table, column=column, row=self.pk)

    # -- What is which --

    @property
    def is_mapped(self) -> bool:
        """Whether each of our stages has one of theirs."""
        return bool(self.pipeline) and set(self.stages) == set(Stage.values)

    def ours_of(self, theirs: str) -> list[Stage]:
        """Our stages that one of theirs stands for, in the order of the road."""
        return [stage for stage in Stage if self.stages.get(stage.value) == theirs]

    def knows(self, theirs: str) -> bool:
        """Whether a stage was there when the CRM was last asked for its stages."""
        return any(stage["key"] == theirs for pipeline in self._pipelines() for stage in pipeline["stages"])

    def label_of(self, theirs: str) -> str:
        """What a stage is called there."""
        for pipeline in self._pipelines():
            for stage in pipeline["stages"]:
                if stage["key"] == theirs and (pipeline["key"] == self.pipeline or not self.ours_of(theirs)):
                    return str(stage["label"])
        return theirs

    def deal_url(self, their_id: str) -> str:
        """The address of a deal for people, as the CRM forms it."""
        place = self.place
        match self.kind:
            case CrmKind.HUBSPOT:
                return f"https://{place.get('host')}/contacts/{place.get('portal')}/record/0-3/{their_id}"
            case CrmKind.PIPEDRIVE:
                return f"https://{place.get('company')}.pipedrive.com/deal/{their_id}"
            case _:
                return f"https://crm.zoho.{place.get('region')}/crm/org{place.get('org')}/tab/Potentials/{their_id}"

    def _pipelines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.choices.get("pipelines", [])
        return found
