from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from integrations.crm.models import Connection, CrmKind
from integrations.crm.vendors.common import CrmClient
from integrations.crm.vendors.hubspot import HubSpotClient
from integrations.crm.vendors.pipedrive import PipedriveClient
from integrations.crm.vendors.zoho import SHORTEST_LIFE, Token, ZohoClient, refresh

Clock = Callable[[], datetime]
Credentials = dict[str, str]


@contextmanager
def open_client(connection: Connection, *, clock: Clock) -> Iterator[CrmClient]:
    """This context is a client of a connected CRM.

    :raises DetailsUnreadable: the credentials cannot be read; they have to be entered again
    """
    credentials = connection.credentials()
    if connection.kind == CrmKind.ZOHO:
        token = _KeptToken(connection.pk, clock)
        client = client_of(connection.kind, credentials, pipeline=connection.pipeline, token=token)
    else:
        client = client_of(connection.kind, credentials, pipeline=connection.pipeline, key=connection.key_field)
    try:
        yield client
    finally:
        client.close()


def client_of(
    kind: str,
    credentials: Credentials,
    *,
    pipeline: str = "",
    key: str = "",
    token: Callable[[str | None], str] | None = None,
) -> CrmClient:
    """This function will give a client for credentials, kept or only just typed in."""
    match kind:
        case CrmKind.HUBSPOT:
            return HubSpotClient(base=_host(kind, credentials), token=credentials["token"], pipeline=pipeline)
        case CrmKind.PIPEDRIVE:
            base = _host(kind, credentials)
            return PipedriveClient(base=base, token=credentials["token"], pipeline=pipeline, key=key)
        case _:
            fresh = token or _FreshToken(credentials)
            return ZohoClient(base=_host(kind, credentials), token=fresh, pipeline=pipeline)


def _host(name: str, credentials: Credentials) -> str:
    host: str = settings.CRM_HOSTS[name]
    return host.format(company=credentials.get("company", ""), region=credentials.get("region", ""))


def _refreshed(credentials: Credentials) -> Token:
    return refresh(
        accounts=_host("zoho_accounts", credentials),
        client_id=credentials["client_id"],
        secret=credentials["client_secret"],
        refresh_token=credentials["refresh_token"],
    )


class _FreshToken:
    """The access token of credentials that are only being tried."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials, self.value = credentials, ""

    def __call__(self, refused: str | None) -> str:
        if not self.value or refused == self.value:
            self.value = _refreshed(self.credentials).value
        return self.value


class _KeptToken:
    """The access token that all workers of a connection share: whoever finds it used up asks for the next, alone.

    Zoho gives few tokens in a time, so two workers must not both ask.
    """

    def __init__(self, connection_id: UUID, clock: Clock) -> None:
        self.connection_id, self.clock = connection_id, clock
        self.value, self.until = "", clock()

    def __call__(self, refused: str | None) -> str:
        if refused is None and self.value and self.until > self.clock():
            return self.value
        with transaction.atomic():
            connection = Connection.objects.select_for_update(no_key=True).get(pk=self.connection_id)
            at, kept = self.clock(), connection.token()
            if not kept or kept == refused or connection.token_until is None or connection.token_until <= at:
                token = _refreshed(connection.credentials())
                kept = token.value
                lives = timedelta(seconds=max(token.seconds - SHORTEST_LIFE, SHORTEST_LIFE))
                connection.put_token(kept, until=at + lives)
                connection.save(update_fields=["sealed_token", "token_until"])
            self.value, self.until = kept, connection.token_until or at
        return self.value
