from collections.abc import Collection
from datetime import date

from django.db import connection, transaction

from affiliates.models import FactBatch, Partner
from affiliates.months import last_day, month_of
from commissions.engine.inputs import Scope, gather
from commissions.engine.reckon import Due, reckon_due
from commissions.services.simulate_plan import next_run_month
from commissions.services.start_run import CLIENTS_A_PART, PARTS


def what_is_due(
    *, partners: Collection[int], from_month: date, to_month: date, on: date
) -> dict[tuple[int, int, date], Due]:
    """This function will tell what partners' service months come to as the facts stand, and leave all as it is.

    The engine reckons them as a run at the end of the month of `on` would, or the next one where that is later. The
    keys are of partner, client and service month.
    """
    newest = FactBatch.objects.order_by("-id").first()
    if newest is None:
        return {}
    month = max(next_run_month(on), month_of(on))
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [CLIENTS_A_PART])
        spans = cursor.fetchall()
    found: dict[tuple[int, int, date], Due] = {}
    for first, last in spans:
        within = Partner.objects.filter(pk__range=(first, last), pk__in=partners)
        if asked := list(within.values_list("pk", flat=True)):
            scope = Scope(month=month, as_of=last_day(month), batch=newest.pk, first=first, last=last)
            with transaction.atomic():
                gather(scope)
                found |= reckon_due(scope, partners=asked, from_month=from_month, to_month=to_month)
    return found
