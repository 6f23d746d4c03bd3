from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from integrations.stripe.services.follow_subscriptions import follow_subscriptions
from integrations.stripe.services.take_turn import is_my_turn
from integrations.stripe.services.work_events import Worked, work_events
from integrations.stripe.services.work_invoices import link_by_reference, list_loose_ends, work_invoices


def sweep(*, clock: Callable[[], datetime]) -> Worked:
    """This function will work what is due, and what is known of customers whose client came after them."""
    worked = work_events(clock=clock)
    with transaction.atomic():
        if is_my_turn():
            at = clock()
            linked = link_by_reference(customers=None, at=at)
            worked.add(Worked(written=work_invoices(invoices=(), customers=linked, at=at)))
            worked.add(Worked(written=follow_subscriptions(customers=linked, at=at)))
            if linked:
                list_loose_ends(objects=(), customers=linked, at=at)
    return worked
