"""Connecting a CRM, saying what is which, switching it on and off, and removing it."""

import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.sealed import DetailsUnreadable
from accounts.services.write_audit import write_audit
from integrations.crm.models import OUR_FIELDS, Connection, CrmKind, LeadSync
from integrations.crm.models.connection import NUMBERS
from integrations.crm.services.move_sync import ask, put_anew
from integrations.crm.services.open_client import Clock, Credentials, client_of, open_client
from integrations.crm.services.rest import UNREADABLE
from integrations.crm.vendors import hubspot, pipedrive, zoho
from integrations.crm.vendors.common import Account, CrmClient, CrmFailed
from referrals.models.lead import Stage

# The field that names a deal; the company is always written there.
NAMES = {CrmKind.HUBSPOT: hubspot.NAME, CrmKind.PIPEDRIVE: pipedrive.NAME, CrmKind.ZOHO: zoho.NAME}
SECRET_BYTES = 24


class CannotConnect(Exception):
    """The CRM did not let us in, or is not as it has to be; the message says why."""


class CannotMap(Exception):
    """What was chosen does not fit the CRM; the message says what."""


class CannotSwitch(Exception):
    """The connection cannot go on; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a CRM has to choose from, and who we are there."""

    account: Account
    key_field: str
    choices: dict[str, Any]
    now: datetime | None

    @property
    def says(self) -> str:
        stages = sum(len(pipeline["stages"]) for pipeline in self.choices["pipelines"])
        return f"Signed in as {self.account.name}; {stages} {'stage' if stages == 1 else 'stages'} found"


@needs(Right.MANAGE_INTEGRATIONS)
def connect_crm(*, kind: CrmKind, credentials: Credentials, by: User | None, clock: Clock) -> Found:
    """This function will sign in to a CRM and keep the credentials; a connection that is there keeps what is mapped.

    One that was removed goes on where it was if it is the same account: what was moved there meanwhile is not written
    over. What failed is tried again.

    :raises CannotConnect: the CRM does not let us in, or it is another account than the one that is connected
    """
    try:
        with closing(client_of(kind, credentials)) as client:
            found = _look(client, credentials)
    except CrmFailed as failure:
        raise CannotConnect(f"{kind.label}: {failure}") from failure
    at = clock()
    with transaction.atomic():
        connection = Connection.objects.kept().select_for_update().filter(kind=kind).first()
        if connection is not None and connection.place != found.account.place:
            raise CannotConnect(
                f"That is another account than {connection.account}, which is connected. Remove that connection first"
            )
        is_new = connection is None
        connection = connection or _removed(kind, found.account)
        since = min(at, found.now or at)  # Their clock is what changes there are dated by.
        connection = connection or Connection(kind=kind, read_until=since, next_read_at=at, made_by=by, made_at=at)
        connection.put_credentials(credentials)
        _take(connection, found)
        try:
            with transaction.atomic():
                connection.save()
        except IntegrityError as error:
            raise CannotConnect(f"{kind.label} was connected by somebody else a moment ago") from error
        ask(LeadSync.objects.filter(connection=connection).parked(), at=at)
        write_audit(by=by, at=at, action="CRM connected" if is_new else "CRM credentials entered anew",
                    subject=f"CRM {kind}", account=found.account.name)  # fmt: skip
    return found


@needs(Right.MANAGE_INTEGRATIONS)
def test_connection(*, connection: Connection, by: User | None, clock: Clock) -> Found:
    """This function will sign in to a connected CRM and read anew what it has to choose from.

    :raises CannotConnect: the CRM does not let us in
    """
    try:
        with open_client(connection, clock=clock) as client:
            found = _look(client, connection.credentials())
    except CrmFailed as failure:
        raise CannotConnect(f"{connection}: {failure}") from failure
    except DetailsUnreadable as error:
        raise CannotConnect(UNREADABLE.removesuffix(".")) from error
    if found.account.place != connection.place:
        raise CannotConnect(f"The credentials are of another account now: {found.account.name}")
    with transaction.atomic():
        kept = Connection.objects.kept().select_for_update().filter(pk=connection.pk).first()
        if kept is None:
            raise CannotConnect(f"{connection} was removed a moment ago")
        _take(kept, found)
        kept.save()
        write_audit(by=by, at=clock(), action="CRM connection tested", subject=f"CRM {kept.kind}")
    return found


@needs(Right.MANAGE_INTEGRATIONS)
def map_connection(
    *,
    connection: Connection,
    pipeline: str,
    stages: Mapping[str, str],
    fields: Mapping[str, str],
    by: User | None,
    at: datetime,
) -> Connection:
    """This function will say which of our stages and fields are which of theirs; every lead is looked at again.

    :raises CannotMap: a stage has none of theirs, or a field of theirs does not fit
    """
    with transaction.atomic():
        connection = Connection.objects.kept().select_for_update().get(pk=connection.pk)
        _check_stages(connection, pipeline, stages)
        _check_fields(connection, fields)
        connection.pipeline, connection.stages = pipeline, dict(stages)
        connection.fields = {"company": NAMES[CrmKind(connection.kind)], **fields}
        connection.version += 1
        connection.save(update_fields=["pipeline", "stages", "fields", "version"])
        # Deals are put where the new mapping has them, but for those on which a person is asked to decide.
        put_anew(LeadSync.objects.filter(connection=connection, task=""))
        write_audit(by=by, at=at, action="CRM mapped", subject=f"CRM {connection.kind}", pipeline=pipeline,
                    stages=sorted(f"{ours}={theirs}" for ours, theirs in stages.items()),
                    fields=sorted(f"{ours}={theirs}" for ours, theirs in fields.items()))  # fmt: skip
    return connection


@needs(Right.MANAGE_INTEGRATIONS)
def switch_connection(*, connection: Connection, on: bool, by: User | None, at: datetime) -> Connection:
    """This function will let leads go to and fro, or stop that; what waits is kept.

    :raises CannotSwitch: not each of our stages has one of theirs yet
    """
    with transaction.atomic():
        connection = Connection.objects.kept().select_for_update().get(pk=connection.pk)
        if on and not connection.is_mapped:
            raise CannotSwitch("Say first which of our stages are which of theirs")
        if connection.is_on != on:
            connection.is_on, connection.rest_until = on, None
            connection.save(update_fields=["is_on", "rest_until"])
            write_audit(
                by=by, at=at, action="CRM switched on" if on else "CRM switched off", subject=f"CRM {connection.kind}"
            )
    return connection


@needs(Right.MANAGE_INTEGRATIONS)
def keep_secret(*, connection: Connection, secret: str, by: User | None, at: datetime) -> str:
    """This function will keep what a CRM's own calls are checked with, and give it; a new one where none is told."""
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        connection = Connection.objects.kept().select_for_update().get(pk=connection.pk)
        connection.put_secret(secret)
        connection.save(update_fields=["sealed_secret"])
        write_audit(by=by, at=at, action="CRM webhook secret set", subject=f"CRM {connection.kind}")
    return secret


@needs(Right.MANAGE_INTEGRATIONS)
def remove_connection(*, connection: Connection, by: User | None, at: datetime) -> None:
    """This function will forget a connection's secrets for good; the deals in the CRM stay as they are."""
    with transaction.atomic():
        connection = Connection.objects.kept().select_for_update().get(pk=connection.pk)
        connection.is_on, connection.removed_at = False, at
        connection.forget_secrets()
        connection.save()
        write_audit(by=by, at=at, action="CRM removed", subject=f"CRM {connection.kind}", account=connection.account)


def _look(client: CrmClient, credentials: Credentials) -> Found:
    """Signs in, sees to the field for our number, and reads what there is to choose from."""
    account = client.account()
    if "region" in credentials:
        account = Account(account.name, account.place | {"region": credentials["region"]})
    pipelines = [asdict(pipeline) for pipeline in client.pipelines()]
    if not pipelines:
        raise CannotConnect("There is no pipeline for deals; make one there first")
    fields = sorted((asdict(field) for field in client.fields()), key=lambda field: str(field["label"]).lower())
    choices = {"pipelines": pipelines, "fields": fields}
    return Found(account, client.key_field(), choices, client.now())


def _removed(kind: CrmKind, account: Account) -> Connection | None:
    """The connection that there was with an account, with the leads that it knows; the newest of several."""
    removed = Connection.objects.filter(kind=kind, place=account.place, removed_at__isnull=False)
    found = removed.select_for_update().order_by("-removed_at").first()
    if found is not None:
        found.removed_at = None
    return found


def _take(connection: Connection, found: Found) -> None:
    connection.account, connection.place = found.account.name[:200], found.account.place
    connection.key_field, connection.choices = found.key_field, found.choices
    connection.error, connection.rest_until = "", None


def _check_stages(connection: Connection, pipeline: str, stages: Mapping[str, str]) -> None:
    rows = {each["key"]: each["stages"] for each in connection.choices["pipelines"]}
    if pipeline not in rows:
        raise CannotMap(f"{connection} has no such pipeline any more. Test the connection, which reads them anew")
    theirs = {each["key"] for each in rows[pipeline]}
    for stage in Stage:
        if stages.get(stage.value) not in theirs:
            raise CannotMap(f"Choose a stage for “{stage.label}”")
    if set(stages) != set(Stage.values):
        raise CannotMap("There is no such stage here")


def _check_fields(connection: Connection, fields: Mapping[str, str]) -> None:
    kinds = {each["key"]: each["is_number"] for each in connection.choices["fields"]}
    for ours, theirs in fields.items():
        if ours not in OUR_FIELDS or ours == "company" or theirs not in kinds:
            raise CannotMap(f"{connection} has no such field any more. Test the connection, which reads them anew")
        if kinds[theirs] and ours not in NUMBERS:
            raise CannotMap(f"“{OUR_FIELDS[ours]}” is a text, and that field takes a number")
    if len(set(fields.values())) < len(fields):
        raise CannotMap("Choose each field of theirs once")
