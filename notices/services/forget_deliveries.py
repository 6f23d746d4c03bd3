from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from notices.models import DeliveryState, WebhookAttempt, WebhookDelivery, WhyOff

KEPT = timedelta(days=90)
AT_ONCE = 1000
MOST_BATCHES = 200  # The next night goes on.


def forget_deliveries(*, at: datetime) -> int:
    """This function will delete deliveries that came to an end long ago, with their attempts, and count them.

    Their events stay: what is to be sent again is made anew from them.
    """
    forgotten = 0
    for _ in range(MOST_BATCHES):
        found = _forget_some(at - KEPT)
        forgotten += found
        if found < AT_ONCE:
            break
    return forgotten


def _forget_some(before: datetime) -> int:
    delivered = Q(state=DeliveryState.DELIVERED, delivered_at__lte=before)
    given_up = Q(state=DeliveryState.FAILED, next_at__lte=before)
    left_over = Q(state=DeliveryState.PARKED, next_at__lte=before, endpoint__why_off=WhyOff.REMOVED)
    with transaction.atomic():
        old = WebhookDelivery.objects.filter(delivered | given_up | left_over).order_by("pk")
        keys = [row.pk for row in old.select_for_update(skip_locked=True, of=("self",)).only("pk")[:AT_ONCE]]
        WebhookAttempt.objects.filter(delivery__in=keys).delete()
        WebhookDelivery.objects.filter(pk__in=keys).delete()
    return len(keys)
