from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from affiliates.models import Partner
from affiliates.services.tell_partner import tell_partner
from notices.models import EventKind, NoticeKind, WebhookEndpoint
from notices.services.keep_endpoint import change_endpoint, make_endpoint, rotate_secret


def make_partner_endpoint(
    *, partner: Partner, url: str, kinds: Sequence[EventKind], by: User, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """This function will make an endpoint of a partner, give it with its secret, and tell the partner's people.

    :raises EndpointRefused: the endpoint cannot be made like this
    """
    with transaction.atomic():
        endpoint, secret = make_endpoint(partner_id=partner.pk, url=url, kinds=kinds, by=by, at=at)
        _tell(partner, endpoint, "an endpoint for webhooks was made", by, at)
    return endpoint, secret


def change_partner_endpoint(
    *, partner: Partner, endpoint: WebhookEndpoint, url: str, kinds: Sequence[EventKind], by: User, at: datetime
) -> WebhookEndpoint:
    """This function will change where a partner's endpoint is and what it is told of, and tell the partner's people.

    :raises EndpointRefused: the endpoint cannot be changed like this
    """
    before = (endpoint.url, endpoint.kinds)
    with transaction.atomic():
        endpoint = change_endpoint(endpoint=endpoint, url=url, kinds=kinds, by=by, at=at)
        if (endpoint.url, endpoint.kinds) != before:
            _tell(partner, endpoint, "an endpoint for webhooks was changed", by, at)
    return endpoint


def rotate_partner_secret(
    *, partner: Partner, endpoint: WebhookEndpoint, by: User, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """This function will give a partner's endpoint a new secret and tell the partner's people."""
    with transaction.atomic():
        endpoint, secret = rotate_secret(endpoint=endpoint, by=by, at=at)
        _tell(partner, endpoint, "the secret of an endpoint for webhooks was rotated", by, at)
    return endpoint, secret


def _tell(partner: Partner, endpoint: WebhookEndpoint, what: str, by: User, at: datetime) -> None:
    tell_partner(
        partner=partner,
        kind=NoticeKind.SECURITY,
        key=f"webhook:{endpoint.pk}:{at.isoformat()}",
        subject=f"{partner}: {what}",
        paragraphs=(
            f"{by.get_full_name()} did it: {what}.",
            f"What happens at {partner} is told to {endpoint.url}.",
            "If that was not meant, remove it in the settings at once.",
        ),
        path=reverse("webhooks"),
        at=at,
    )
