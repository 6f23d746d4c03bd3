import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from stripe import SignatureVerificationError, WebhookSignature

from integrations.stripe.models import Source
from integrations.stripe.services.keep_events import NewEvent, keep_events
from integrations.stripe.shapes import LAST_MOMENT, LONGEST

EVENT_KEY = re.compile(r"[A-Za-z0-9_]{1,255}")
TYPE = re.compile(r"[a-z0-9_.]{1,100}")
OLDEST = 300  # Seconds; what Stripe's own library takes by default.


class EventRefused(Exception):
    """A request is not an event that Stripe signed for us; the message says what is wrong with it."""


def receive_event(*, body: bytes, signature: str, secrets: Sequence[str], at: datetime) -> bool:
    """This function will keep an event word for word, once, to be worked later; whether it is new.

    :raises EventRefused: the signature is none of ours or too old, or the body is no event
    """
    text = _verified(body, signature, secrets)
    return bool(keep_events([_read(text)], at=at))


def _verified(body: bytes, signature: str, secrets: Sequence[str]) -> str:
    """The body as text, once any of the secrets proves that Stripe signed it within the last minutes."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise EventRefused("The body is not UTF-8") from error
    reasons = []
    for secret in secrets:
        try:
            WebhookSignature.verify_header(text, signature, secret, OLDEST)
        except (SignatureVerificationError, ValueError, OverflowError, TypeError) as error:
            reasons.append(str(error))
        else:
            return text
    if any("tolerance" in reason for reason in reasons):
        raise EventRefused("The signature is too old: check the clock of this machine")
    raise EventRefused("The signature is by none of the secrets in STRIPE_WEBHOOK_SECRETS")


def _read(text: str) -> NewEvent:
    try:
        said = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise EventRefused("The body is no JSON") from error
    if not isinstance(said, dict) or said.get("object") != "event":
        raise EventRefused("The body is no event: choose snapshot payloads for this endpoint")
    key, kind, created = said.get("id"), said.get("type"), said.get("created")
    if not isinstance(key, str) or not EVENT_KEY.fullmatch(key):
        raise EventRefused("The event has no id")
    if not isinstance(kind, str) or not TYPE.fullmatch(kind):
        raise EventRefused("The event has no type")
    if type(created) is not int or not 0 <= created < LAST_MOMENT:
        raise EventRefused("The event does not say when it happened")
    if "\0" in text:
        raise EventRefused("The body has a NUL in it")
    return NewEvent(
        key=key,
        source=Source.WEBHOOK,
        type=kind,
        api_version=_short(said.get("api_version"), 60),
        is_live=said.get("livemode") is not False,
        account=_account(said.get("account")),
        object_id=_object_id(said.get("data")),
        created=datetime.fromtimestamp(created, UTC),
        body=text,
    )


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _object_id(data: Any) -> str:
    found = data.get("object") if isinstance(data, dict) else None
    return _short(found.get("id"), LONGEST) if isinstance(found, dict) else ""


def _account(value: Any) -> str:
    """The connected account that an event is about; whatever stands there, it is not our own account's."""
    return "" if value is None else _short(value, LONGEST) or "unknown"


def _short(value: Any, length: int) -> str:
    """A text that names something, for lists; what is none is left out here and found when the event is worked."""
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return value[:length] if is_plain else ""
