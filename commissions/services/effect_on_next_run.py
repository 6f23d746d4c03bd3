import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from affiliates.models import FactBatch, Partner
from affiliates.money import ZERO
from affiliates.months import last_day, month_of
from affiliates.services.open_batch import wait_for_turn
from commissions.engine.inputs import Scope, gather
from commissions.engine.post import would_post
from commissions.engine.touched import find_touched
from commissions.models import Period

Amounts = dict[date, tuple[Decimal, Decimal]]  # By service month: posted, and held back.
NOTHING = (ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step changes in what the next run posts and holds back, by partner and service month."""

    period: date
    posted: dict[int, dict[date, Decimal]]
    waiting: dict[int, Decimal]

    @property
    def months(self) -> list[date]:
        return sorted({month for months in self.posted.values() for month in months})

    def total(self, partner: Partner) -> Decimal:
        return sum(self.posted[partner.pk].values(), ZERO)

    @property
    def fingerprint(self) -> str:
        """The same for the same effect: what was shown is what is confirmed."""
        said = (self.period, sorted((key, sorted(months.items())) for key, months in self.posted.items()))
        return hashlib.sha256(repr((said, sorted(self.waiting.items()))).encode()).hexdigest()


def effect_on_next_run(*, step: Callable[[], object], partners: Sequence[Partner], on: date) -> Effect:
    """This function will tell what a step would change in the next run of these partners, and leave all as it is.

    It runs the engine without posting, takes the step, runs it again, and takes everything back. What the
    step raises, it raises too.
    """
    with transaction.atomic():
        wait_for_turn()
        before = {partner.pk: _next_run(partner, on) for partner in partners}
        step()
        after = {partner.pk: _next_run(partner, on) for partner in partners}
        transaction.set_rollback(True)
    posted, waiting = {}, {}
    for partner in partners:
        was, will = before[partner.pk], after[partner.pk]
        changes = {month: will.get(month, NOTHING)[0] - was.get(month, NOTHING)[0] for month in was.keys() | will}
        posted[partner.pk] = {month: amount for month, amount in changes.items() if amount}
        waiting[partner.pk] = sum((held for _, held in will.values()), ZERO) - sum((h for _, h in was.values()), ZERO)
    return Effect(_next_month(on), posted, waiting)


def _next_month(on: date) -> date:
    closed = Period.objects.last_closed()
    return closed.next_month if closed else month_of(on)


def _next_run(partner: Partner, on: date) -> Amounts:
    """What the next run would post for a partner, as the facts stand in this transaction."""
    closed = Period.objects.closed().select_related("run").order_by("-month").first()
    newest = FactBatch.objects.order_by("-id").first()
    month = _next_month(on)
    scope = Scope(
        month=month,
        as_of=last_day(month),
        batch=newest.pk if newest else 0,
        first=partner.pk,
        last=partner.pk,
        since_month=closed.month if closed else None,
        since_as_of=closed.as_of if closed else None,
        since_batch=(closed.run.batch_id or 0) if closed else None,
    )
    gather(scope)
    if not scope.is_full:
        find_touched(scope)
    return would_post(scope)
