from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import ApiKey, User
from accounts.models.api_key import (
    COMPANY_SCOPES,
    HINT_LENGTH,
    OVERLAP,
    PARTNER_SCOPES,
    Scope,
    digest,
    is_key,
    make_secret,
)
from accounts.rights import Right, require
from accounts.services.write_audit import write_audit

MOST_GOOD = 20
USE_NOTED_EVERY = timedelta(minutes=1)
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('api keys'), %s)"


class KeyRefused(Exception):
    """The key cannot be made or replaced like this; the message says why."""


def issue_api_key(
    *,
    partner_id: int | None,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    by: User,
    at: datetime,
) -> tuple[ApiKey, str]:
    """This function will make a key of a partner, or with None of the company, and give it with its text.

    The text is not kept: it is shown once. That `by` acts for the partner is looked at by the door.

    :raises KeyRefused: there is a good one of that name, or there are too many, or a scope is not for its owner
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    _check_holder(partner_id, by)
    allowed = COMPANY_SCOPES if partner_id is None else PARTNER_SCOPES
    if not scopes or any(scope not in allowed for scope in scopes):
        raise KeyRefused("Choose what the key may do")
    with transaction.atomic():
        _lock(partner_id)
        names = list(ApiKey.objects.of(partner_id).good(at=at).values_list("name", flat=True))
        if name.casefold() in (each.casefold() for each in names):
            raise KeyRefused(f"There is a key named {name} already; choose another name, or replace that one")
        if len(names) >= MOST_GOOD:
            raise KeyRefused(f"There are {MOST_GOOD} keys already; revoke one of them first")
        return _make(partner_id, name, list(scopes), expires_at, by, at)


def replace_api_key(*, key: ApiKey, by: User, at: datetime) -> tuple[ApiKey, str]:
    """This function will make a key's successor; the old one is good for a day more, so that nothing stands still.

    The successor acts as who replaces it.

    :raises KeyRefused: it is good no more, or was replaced already
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    _check_holder(key.partner_id, by)
    with transaction.atomic():
        _lock(key.partner_id)
        key = ApiKey.objects.select_for_update().get(pk=key.pk)
        if not key.is_good(at=at):
            raise KeyRefused(f"{key.name} is good no more; make a new key")
        if ApiKey.objects.filter(replaces=key).exists():
            raise KeyRefused(f"{key.name} was replaced already")
        made, secret = _make(key.partner_id, key.name, list(key.scopes), key.expires_at, by, at, replaces=key)
        key.expires_at = min(key.expires_at or at + OVERLAP, at + OVERLAP)
        key.save(update_fields=["expires_at"])
        return made, secret


def revoke_api_key(*, key: ApiKey, by: User, at: datetime) -> ApiKey:
    """This function will end a key at once; one that was revoked stays so.

    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    _check_holder(key.partner_id, by)
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().get(pk=key.pk)
        if key.revoked_at is None:
            key.revoked_at = at
            key.save(update_fields=["revoked_at"])
            _audit("API key revoked", key, by, at)
    return key


def find_api_key(secret: str, *, at: datetime) -> ApiKey | None:
    """This function will find the good key that a text is, and note that it was used, to the minute."""
    if not is_key(secret):
        return None
    key = ApiKey.objects.good(at=at).select_related("made_by").filter(digest=digest(secret)).first()
    if key is None or not key.made_by.is_active:
        return None
    if key.used_at is None or key.used_at <= at - USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(used_at=at)
    return key


def _make(
    partner_id: int | None,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    by: User,
    at: datetime,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    secret = make_secret()
    key = ApiKey.objects.create(
        partner_id=partner_id,
        name=name,
        digest=digest(secret),
        hint=secret[:HINT_LENGTH],
        scopes=scopes,
        made_by=by,
        made_at=at,
        expires_at=expires_at,
        replaces=replaces,
    )
    _audit("API key replaced" if replaces else "API key made", key, by, at)
    return key, secret


def _check_holder(partner_id: int | None, by: User) -> None:
    if partner_id is None:
        require(by, Right.MANAGE_KEYS)


def _lock(partner_id: int | None) -> None:
    """One at a time of each owner, so that two at once cannot take the same name."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [partner_id or 0])


def _audit(action: str, key: ApiKey, by: User, at: datetime) -> None:
    whose = f"partner number {key.partner_id}" if key.partner_id else "the company"
    write_audit(by=by, at=at, action=action, subject=f"key {key.pk}", name=key.name, of=whose, scopes=key.scopes)
