from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from accounts.rights import Right
from affiliates.models import Partner
from affiliates.services.tell_holders import tell_holders
from affiliates.services.tell_partner import tell_partner
from notices.models import NoticeKind, WebhookEndpoint, WhyOff

REASONS = {
    WhyOff.NO_ANSWER: "It took an event at none of the tries of three days.",
    WhyOff.GONE: "It answered that it is gone (410).",
}


def tell_of_webhooks(*, at: datetime) -> int:
    """This function will tell whose endpoints were switched off because of how they answered, each time once."""
    keys = WebhookEndpoint.objects.given_up().order_by("pk").values_list("pk", flat=True)
    return sum(_tell_of(key, at) for key in list(keys))


def _tell_of(key: UUID, at: datetime) -> bool:
    with transaction.atomic():
        rows = WebhookEndpoint.objects.given_up().select_for_update(no_key=True, skip_locked=True)
        endpoint = rows.filter(pk=key).first()
        if endpoint is None:
            return False
        endpoint.told_at = at
        endpoint.save(update_fields=["told_at"])
        _tell(endpoint, at)
    return True


def _tell(endpoint: WebhookEndpoint, at: datetime) -> None:
    off_at = endpoint.off_at.isoformat() if endpoint.off_at else ""
    subject = "An endpoint for webhooks was switched off"
    key = f"webhook:{endpoint.pk}:off:{off_at}"
    paragraphs = (
        f"Nothing is sent to {endpoint.url} any more.",
        REASONS[WhyOff(endpoint.why_off)],
        "Mend it and switch it on again: what waits is sent then. What happens meanwhile can be sent from a day on.",
    )
    if endpoint.partner_id is None:
        tell_holders(
            right=Right.MANAGE_KEYS,
            kind=NoticeKind.SECURITY,
            key=key,
            subject=subject,
            paragraphs=paragraphs,
            path=reverse("staff_webhook", args=[endpoint.pk]),
            about="",
            at=at,
        )
        return
    partner = Partner.objects.get(pk=endpoint.partner_id)
    tell_partner(
        partner=partner,
        kind=NoticeKind.SECURITY,
        key=key,
        subject=f"{partner}: {subject[0].lower()}{subject[1:]}",
        paragraphs=paragraphs,
        path=reverse("webhook", args=[endpoint.pk]),
        at=at,
    )
