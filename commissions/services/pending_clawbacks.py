from datetime import date
from decimal import Decimal

from django.db import transaction

from affiliates.models import FactBatch, Partner
from affiliates.money import ZERO
from affiliates.months import last_day
from commissions.engine.inputs import Scope, gather
from commissions.engine.post import would_take_back
from commissions.engine.touched import find_touched
from commissions.models import Period


def pending_clawbacks(*, partner: Partner, on: date) -> Decimal:
    """This function will tell what the next run would take back from a partner, as the facts stand (B).

    It runs the engine for that partner without posting. Facts dated up to `on` count even where the next
    period ended before, so that money known to be gone is not paid out.
    """
    closed = Period.objects.closed().select_related("run").order_by("-month").first()
    newest = FactBatch.objects.order_by("-id").first()
    if closed is None or newest is None:
        return ZERO
    scope = Scope(
        month=closed.next_month,
        as_of=max(last_day(closed.next_month), on),
        batch=newest.pk,
        first=partner.pk,
        last=partner.pk,
        since_month=closed.month,
        since_as_of=closed.as_of,
        since_batch=closed.run.batch_id or 0,
    )
    with transaction.atomic():
        gather(scope)
        find_touched(scope)
        return would_take_back(scope)
