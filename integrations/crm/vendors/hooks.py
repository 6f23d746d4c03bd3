"""What CRMs call of themselves: whether it is them, and which deals they name. What became of those is read."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from integrations.crm.vendors.common import Kind

LONGEST_AGE = timedelta(minutes=5)
MOST_IDS = 1000
USER = "tributary"  # Whom Pipedrive signs in as.
ID = re.compile(r"[0-9]{1,30}")


class NotTheirs(Exception):
    """A call that is not signed as the CRM signs; the message says what is wrong."""


class CannotBeRead(Exception):
    """A call of the CRM that says nothing we know."""


def check_hook(kind: Kind, *, secret: str, headers: Mapping[str, str], body: bytes, url: str, at: datetime) -> None:
    """This function will do nothing for a call that is the CRM's own; `headers` by their names in small letters.

    :raises NotTheirs: it is not
    """
    if not secret:
        raise NotTheirs("no secret is set")
    {Kind.HUBSPOT: _check_hubspot, Kind.PIPEDRIVE: _check_pipedrive, Kind.ZOHO: _check_zoho}[kind](
        secret, headers, body, url, at
    )


def named_ids(kind: Kind, body: str) -> list[str]:
    """The deals that a call names.

    :raises CannotBeRead: it is not of the form that the CRM documents
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise CannotBeRead("It is no JSON") from error
    found = {Kind.HUBSPOT: _hubspot_ids, Kind.PIPEDRIVE: _pipedrive_ids, Kind.ZOHO: _zoho_ids}[kind](data)
    return list(dict.fromkeys(each for each in map(str, found) if ID.fullmatch(each)))[:MOST_IDS]


def _check_hubspot(secret: str, headers: Mapping[str, str], body: bytes, url: str, at: datetime) -> None:
    """Signature v3: an HMAC over method, address, body and time, of the app's secret; not older than five minutes."""
    told = headers.get("x-hubspot-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,15}", told) or abs(at.timestamp() * 1000 - int(told)) > LONGEST_AGE / timedelta(
        milliseconds=1
    ):
        raise NotTheirs("the time is missing or too far away")
    signed = b"POST" + unquote(url).encode() + body + told.encode()
    expected = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())
    _compare(headers.get("x-hubspot-signature-v3", ""), expected)


def _check_pipedrive(secret: str, headers: Mapping[str, str], body: bytes, url: str, at: datetime) -> None:
    """HTTP Basic, as it was told the user and the password when the webhook was made."""
    scheme, _, told = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(told.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotTheirs("the password is missing") from error
    if scheme.lower() != "basic" or not hmac.compare_digest(given, f"{USER}:{secret}".encode()):
        raise NotTheirs("the password is wrong")


def _check_zoho(secret: str, headers: Mapping[str, str], body: bytes, url: str, at: datetime) -> None:
    """The token that was given when notifications were switched on comes back in the body."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotTheirs("there is no token") from error
    token = data.get("token") if isinstance(data, dict) else None
    _compare(token if isinstance(token, str) else "", secret.encode())


def _compare(given: str, expected: bytes) -> None:
    if not hmac.compare_digest(given.encode(errors="replace"), expected):
        raise NotTheirs("it is not signed with the secret")


def _hubspot_ids(data: Any) -> list[Any]:
    events = data if isinstance(data, list) else [data]
    if not all(isinstance(event, dict) and "subscriptionType" in event for event in events):
        raise CannotBeRead("It is no list of events")
    return [
        event.get("objectId")
        for event in events
        if str(event["subscriptionType"]).startswith("deal.") or event.get("objectTypeId") == "0-3"
    ]


def _pipedrive_ids(data: Any) -> list[Any]:
    meta = data.get("meta") if isinstance(data, dict) else None
    if not isinstance(meta, dict):
        raise CannotBeRead("It says not what it is about")
    is_deal = meta.get("entity", meta.get("object")) == "deal"
    return [meta.get("entity_id", meta.get("id"))] if is_deal else []


def _zoho_ids(data: Any) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get("ids"), list):
        raise CannotBeRead("It names no records")
    return data["ids"] if data.get("module") == "Deals" else []
