from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import ApiKey, Scope, User
from accounts.services.issue_api_key import issue_api_key, replace_api_key, revoke_api_key
from affiliates.models import Partner
from affiliates.services.tell_partner import tell_partner
from notices.models import NoticeKind


def issue_partner_key(
    *, partner: Partner, name: str, scopes: Sequence[Scope], expires_at: datetime | None, by: User, at: datetime
) -> tuple[ApiKey, str]:
    """This function will make an API key of a partner, give it with its text, and tell the partner's people.

    :raises KeyRefused: the key cannot be made like this
    """
    with transaction.atomic():
        key, secret = issue_api_key(
            partner_id=partner.pk, name=name, scopes=scopes, expires_at=expires_at, by=by, at=at
        )
        _tell(partner, key, "made", by, at)
    return key, secret


def replace_partner_key(*, partner: Partner, key: ApiKey, by: User, at: datetime) -> tuple[ApiKey, str]:
    """This function will make the successor of a partner's key and tell the partner's people.

    :raises KeyRefused: the key is good no more, or was replaced already
    """
    with transaction.atomic():
        made, secret = replace_api_key(key=key, by=by, at=at)
        _tell(partner, made, "replaced", by, at)
    return made, secret


def revoke_partner_key(*, partner: Partner, key: ApiKey, by: User, at: datetime) -> ApiKey:
    """This function will end a partner's key and tell the partner's people."""
    with transaction.atomic():
        key = revoke_api_key(key=key, by=by, at=at)
        _tell(partner, key, "revoked", by, at)
    return key


def _tell(partner: Partner, key: ApiKey, what: str, by: User, at: datetime) -> None:
    tell_partner(
        partner=partner,
        kind=NoticeKind.SECURITY,
        key=f"key:{key.pk}:{what}",
        subject=f"{partner}: an API key was {what}",
        paragraphs=(
            f"{by.get_full_name()} {what} the API key {key.name} of {partner}.",
            "A key does what it was made for without anybody signing in.",
            "If that was not meant, revoke it in the settings at once.",
        ),
        path=reverse("api_keys"),
        at=at,
    )
