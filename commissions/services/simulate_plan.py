from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import FactBatch, Partner
from affiliates.money import ZERO
from affiliates.months import last_day, month_of
from commissions.engine.inputs import Scope, gather
from commissions.engine.reckon import Month, Part, reckon_months, reckon_parts
from commissions.models import Period, Plan, PlanAssignment
from commissions.services.start_run import CLIENTS_A_PART, PARTS

NOTHING = Part(ZERO, ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Trial:
    """A partner's service month as it is, and as it would be with the plan that is tried."""

    partner_id: int
    month: date
    now: Month
    then: Month

    @property
    def difference(self) -> Decimal:
        """What the next run would post for the month, were the plan given: what it would pay less what was paid."""
        return self.then.target - self.then.posted

    @property
    def anyway(self) -> Decimal:
        """What the next run posts for the month without the plan: money that came late, or is new."""
        return self.now.target - self.now.posted

    @property
    def because(self) -> Decimal:
        """What of the difference the plan alone makes."""
        return self.then.target - self.now.target


@dataclass(frozen=True, slots=True)
class TrialPart:
    """A client's part of such a month."""

    client_id: int
    now: Part
    then: Part


@needs(Right.GIVE_PLANS)
def simulate_plan(
    *, plan: Plan, partners: Sequence[Partner] | None, from_month: date, to_month: date, by: User | None, on: date
) -> list[Trial]:
    """This function will tell what a plan would pay partners from a service month on, and leave all as it is.

    The engine of the next run reckons the months up to `to_month` twice, with the plans as they are and with this
    one given from `from_month` on, and what was given is taken back. `partners` None is all of them. Months of
    which nothing came are left out.
    """
    newest = FactBatch.objects.order_by("-id").first()
    if newest is None:
        return []
    found: list[Trial] = []
    for chosen, scope in _scopes(partners, newest, on):
        with transaction.atomic():
            gather(scope)
            now = reckon_months(scope, partners=chosen, from_month=from_month, to_month=to_month)
            _give(plan, chosen, from_month, newest)
            then = reckon_months(scope, partners=chosen, from_month=from_month, to_month=to_month)
            transaction.set_rollback(True)
        found += [Trial(*key, now[key], then[key]) for key in sorted(then)]
    return found


@needs(Right.GIVE_PLANS)
def simulate_month(
    *, plan: Plan, partner: Partner, from_month: date, month: date, by: User | None, on: date
) -> tuple[Trial | None, list[TrialPart]]:
    """This function will open one month of `simulate_plan` to its arithmetic: the month, and each client's part."""
    newest = FactBatch.objects.order_by("-id").first()
    if newest is None:
        return None, []
    [(chosen, scope)] = _scopes([partner], newest, on)
    key = (partner.pk, month)
    with transaction.atomic():
        gather(scope)
        months = [reckon_months(scope, partners=chosen, from_month=month, to_month=month)]
        parts = [reckon_parts(scope, partner=partner.pk, month=month)]
        _give(plan, chosen, from_month, newest)
        months.append(reckon_months(scope, partners=chosen, from_month=month, to_month=month))
        parts.append(reckon_parts(scope, partner=partner.pk, month=month))
        transaction.set_rollback(True)
    if key not in months[1]:
        return None, []
    now, then = parts
    trial = Trial(*key, months[0][key], months[1][key])
    return trial, [TrialPart(client, now.get(client, NOTHING), then[client]) for client in then]


def next_run_month(on: date) -> date:
    """The month whose run comes next: the one after the last that was closed."""
    closed = Period.objects.last_closed()
    return closed.next_month if closed else month_of(on)


def latest_assignment(partner: Partner) -> int:
    """The last plan that a partner was given, to see whether another was given meanwhile; 0 where none was."""
    return PlanAssignment.objects.filter(partner=partner).aggregate(latest=Max("pk"))["latest"] or 0


def _scopes(partners: Sequence[Partner] | None, newest: FactBatch, on: date) -> Iterator[tuple[list[int], Scope]]:
    """Yield the next run's scopes, complete and not only with what is new, each with the partners in it."""
    month = next_run_month(on)
    if partners is None:
        with connection.cursor() as cursor:
            cursor.execute(PARTS, [CLIENTS_A_PART])
            spans = cursor.fetchall()
    else:
        spans = [(partner.pk, partner.pk) for partner in partners]
    for first, last in spans:
        within = list(Partner.objects.filter(pk__range=(first, last)).values_list("pk", flat=True))
        yield within, Scope(month=month, as_of=last_day(month), batch=newest.pk, first=first, last=last)


def _give(plan: Plan, partners: Sequence[int], from_month: date, batch: FactBatch) -> None:
    PlanAssignment.objects.bulk_create(
        PlanAssignment(partner_id=partner, plan=plan, first_month=from_month, batch=batch) for partner in partners
    )
