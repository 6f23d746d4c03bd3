from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from notices.models import WebhookEndpoint, WhyOff
from notices.services.keep_endpoint import check_holder
from notices.services.move_delivery import free_deliveries, park_deliveries
from notices.services.sweep_soon import sweep_soon


def switch_endpoint(*, endpoint: WebhookEndpoint, on: bool, by: User, at: datetime) -> WebhookEndpoint:
    """This function will switch an endpoint on or off by hand; one that stands so already stays so.

    What was under way waits while it is off, and is tried anew once it is on, what was given up as well. What happens
    meanwhile is not kept for it, and can be sent from a day on.

    :raises NotPermitted: the company's, and the person may not manage its keys
    """
    check_holder(endpoint.partner_id, by)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.of(endpoint.partner_id).select_for_update(no_key=True).get(pk=endpoint.pk)
        if endpoint.is_on == on:
            return endpoint
        if on:
            _unpark(endpoint, at)
        else:
            park(endpoint, WhyOff.BY_HAND, at=at)
        action = f"webhook endpoint switched {'on' if on else 'off'}"
        write_audit(by=by, at=at, action=action, subject=f"webhook endpoint {endpoint.pk}", url=endpoint.url)
    return endpoint


def park(endpoint: WebhookEndpoint, why: WhyOff, *, at: datetime) -> None:
    """This function will switch off an endpoint that the caller has locked; what is under way waits."""
    if not endpoint.is_on:
        return
    endpoint.is_on, endpoint.why_off, endpoint.off_at, endpoint.told_at = False, why, at, None
    endpoint.save(update_fields=["is_on", "why_off", "off_at", "told_at"])
    park_deliveries(endpoint)


def _unpark(endpoint: WebhookEndpoint, at: datetime) -> None:
    endpoint.is_on, endpoint.why_off, endpoint.off_at = True, WhyOff.ON, None
    endpoint.save(update_fields=["is_on", "why_off", "off_at"])
    free_deliveries(endpoint, at=at)
    sweep_soon()
