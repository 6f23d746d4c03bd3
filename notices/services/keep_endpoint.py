import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Right, require
from accounts.services.write_audit import write_audit
from notices.models import EventKind, WebhookEndpoint, WhyOff
from notices.models.webhook import LONGEST_ADDRESS
from notices.outgoing import NotPublic, check_address
from notices.services.move_delivery import park_deliveries

MOST = 10
SECRET_BYTES = 32
TAKEN = "There is an endpoint with that address already"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('webhook endpoints'), %s)"


class EndpointRefused(Exception):
    """The endpoint cannot be made or changed like this; the message says why."""


def make_endpoint(
    *, partner_id: int | None, url: str, kinds: Sequence[EventKind], by: User, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """This function will make an endpoint of a partner, or with None of the company, and give it with its secret.

    Without kinds it gets events of every kind. The secret is shown once. That `by` acts for the partner is looked
    at by the door.

    :raises EndpointRefused: the address is not a public one, is there already, or there are too many
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    check_holder(partner_id, by)
    _check_url(url)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME, [partner_id or 0])
        known = list(WebhookEndpoint.objects.of(partner_id).values_list("url", flat=True))
        if url in known:
            raise EndpointRefused(TAKEN)
        if len(known) >= MOST:
            raise EndpointRefused(f"There are {MOST} endpoints already; remove one of them first")
        endpoint = WebhookEndpoint(partner_id=partner_id, url=url, kinds=list(kinds), made_by=by, made_at=at)
        secret = _make_secret()
        endpoint.put_secret(secret, at=at)
        endpoint.save(force_insert=True)
        _audit("made", endpoint, by, at)
    return endpoint, secret


def change_endpoint(
    *, endpoint: WebhookEndpoint, url: str, kinds: Sequence[EventKind], by: User, at: datetime
) -> WebhookEndpoint:
    """This function will send an endpoint's events elsewhere, or choose others for it; its secret stays.

    What waits for it goes to the new address. What happened before is not sent because of it.

    :raises EndpointRefused: the address is not a public one, or another endpoint has it
    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    check_holder(endpoint.partner_id, by)
    _check_url(url)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME, [endpoint.partner_id or 0])
        kept = WebhookEndpoint.objects.of(endpoint.partner_id)
        endpoint = kept.select_for_update(no_key=True).get(pk=endpoint.pk)
        if kept.filter(url=url).exclude(pk=endpoint.pk).exists():
            raise EndpointRefused(TAKEN)
        before, wanted = endpoint.url, list(kinds)
        if (before, endpoint.kinds) != (url, wanted):
            endpoint.url, endpoint.kinds = url, wanted
            endpoint.save(update_fields=["url", "kinds"])
            _audit("changed", endpoint, by, at, before=before, kinds=wanted)
    return endpoint


def rotate_secret(*, endpoint: WebhookEndpoint, by: User, at: datetime) -> tuple[WebhookEndpoint, str]:
    """This function will give an endpoint a new secret; for a day the one before it signs as well.

    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    check_holder(endpoint.partner_id, by)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.of(endpoint.partner_id).select_for_update(no_key=True).get(pk=endpoint.pk)
        secret = _make_secret()
        endpoint.put_secret(secret, at=at)
        endpoint.save(update_fields=["sealed_secret", "sealed_previous", "previous_until"])
        _audit("secret rotated", endpoint, by, at)
    return endpoint, secret


def remove_endpoint(*, endpoint: WebhookEndpoint, by: User, at: datetime) -> None:
    """This function will remove an endpoint: nothing is sent to it any more, and its secrets are forgotten.

    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    check_holder(endpoint.partner_id, by)
    with transaction.atomic():
        locked = (
            WebhookEndpoint.objects.of(endpoint.partner_id)
            .select_for_update(no_key=True)
            .filter(pk=endpoint.pk)
            .first()
        )
        if locked is None:
            return
        locked.is_on, locked.why_off, locked.off_at = False, WhyOff.REMOVED, at
        locked.forget_secrets()
        locked.save()
        park_deliveries(locked)
        _audit("removed", locked, by, at)


def check_holder(partner_id: int | None, by: User) -> None:
    """:raises NotPermitted: it is the company's, and the person may not manage its keys"""
    if partner_id is None:
        require(by, Right.MANAGE_KEYS)


def _check_url(url: str) -> None:
    if len(url) > LONGEST_ADDRESS:
        raise EndpointRefused(f"An address has at most {LONGEST_ADDRESS} letters")
    try:
        check_address(url)
    except NotPublic as error:
        raise EndpointRefused(f"Events are sent to an https address on the public internet; {error}") from error


def _make_secret() -> str:
    """As the Standard Webhooks specification writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _audit(what: str, endpoint: WebhookEndpoint, by: User, at: datetime, **details: object) -> None:
    whose = f"partner number {endpoint.partner_id}" if endpoint.partner_id else "the company"
    subject = f"webhook endpoint {endpoint.pk}"
    write_audit(by=by, at=at, action=f"webhook endpoint {what}", subject=subject, url=endpoint.url, of=whose, **details)
