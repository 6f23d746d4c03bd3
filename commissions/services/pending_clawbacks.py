from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from affiliates.models import FactBatch, Partner
from affiliates.money import ZERO, show_money
from affiliates.months import last_day
from clients.models import Client, Reversal
from commissions.engine.inputs import Scope, gather
from commissions.engine.post import losses, would_take_back
from commissions.engine.touched import find_touched
from commissions.models import Period
from parts.formats import day

NO_REVERSAL = "The client’s dates, its partner, its payments or the month’s rate were corrected"


@dataclass(frozen=True, slots=True)
class Clawback:
    """What the next run would take back for a client's service month, and the facts behind it."""

    client: Client
    service_month: date
    posted: Decimal
    target: Decimal
    amount: Decimal
    facts: tuple[str, ...]


def pending_clawbacks(*, partner: Partner, on: date) -> Decimal:
    """This function will tell what the next run would take back from a partner, as the facts stand (B).

    It runs the engine for that partner without posting. Facts dated up to `on` count even where the next
    period ended before, so that money known to be gone is not paid out.
    """
    scope = _next_run(partner, on)
    if scope is None:
        return ZERO
    with transaction.atomic():
        gather(scope)
        find_touched(scope)
        return would_take_back(scope)


def list_clawbacks(*, partner: Partner, on: date) -> list[Clawback]:
    """This function will list what `pending_clawbacks` adds up, the largest first, each with its facts."""
    scope = _next_run(partner, on)
    if scope is None:
        return []
    with transaction.atomic():
        gather(scope)
        find_touched(scope)
        found = losses(scope)
    clients = Client.objects.in_bulk({client for client, *_ in found})
    facts = _facts_behind(scope, {client for client, *_ in found})
    return [
        Clawback(clients[client], month, posted, target, amount, facts.get((client, month), (NO_REVERSAL,)))
        for client, month, posted, target, amount in found
    ]


def _next_run(partner: Partner, on: date) -> Scope | None:
    closed = Period.objects.closed().select_related("run").order_by("-month").first()
    newest = FactBatch.objects.order_by("-id").first()
    if closed is None or newest is None:
        return None
    return Scope(
        month=closed.next_month,
        as_of=max(last_day(closed.next_month), on),
        batch=newest.pk,
        first=partner.pk,
        last=partner.pk,
        since_month=closed.month,
        since_as_of=closed.as_of,
        since_batch=closed.run.batch_id or 0,
    )


def _facts_behind(scope: Scope, clients: set[int]) -> dict[tuple[int, date], tuple[str, ...]]:
    """The refunds and chargebacks since the last closed month, by client and service month of what they reversed."""
    new = Reversal.objects.filter(
        Q(batch__gt=scope.since_batch) | Q(occurred_on__gt=scope.since_as_of),
        payment__invoice__client__in=clients,
        occurred_on__lte=scope.as_of,
        batch__lte=scope.batch,
    )
    rows = new.order_by("occurred_on", "pk").values_list(
        "payment__invoice__client", "payment__invoice__slices__service_month", "pk"
    )
    named = new.select_related("payment__invoice").in_bulk()
    facts: dict[tuple[int, date], dict[int, str]] = {}
    for client, month, key in rows:
        each = named[key]
        said = f"{each.get_kind_display()} of {show_money(each.amount)} on invoice {each.payment.invoice.reference}"
        facts.setdefault((client, month), {})[key] = f"{said}, {day(each.occurred_on)}"
    return {place: tuple(said.values()) for place, said in facts.items()}
