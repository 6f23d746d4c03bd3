from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from affiliates.months import show_month
from affiliates.services.open_batch import open_batch
from commissions.models import Plan, PlanAssignment, Tier


class PlanHasNoLowestTier(Exception):
    """A plan begins with a tier from 0.00 on, so that every MRR has a rate."""


class PlanRefused(Exception):
    """A plan cannot be made like this; the message says why."""


class PlanIsGiven(Exception):
    """The partner has this plan from this month on already."""


@needs(Right.GIVE_PLANS)
def make_plan(*, name: str, tiers: Sequence[tuple[Decimal, Decimal]], by: User | None, at: datetime) -> Plan:
    """This function will write down a plan: its tiers as (threshold, rate). A plan does not change later.

    :raises PlanHasNoLowestTier: no tier begins at 0.00
    :raises PlanRefused: another plan has the name, two tiers begin at the same MRR, or a rate is no share
    """
    if len({threshold for threshold, _ in tiers}) < len(tiers):
        raise PlanRefused("Two tiers begin at the same MRR")
    if any(not 0 <= rate <= 1 for _, rate in tiers):
        raise PlanRefused("A rate lies between 0 and 100 %")
    if not any(threshold == 0 for threshold, _ in tiers):
        raise PlanHasNoLowestTier
    with transaction.atomic():
        plan, is_new = Plan.objects.get_or_create(name=name)
        if not is_new:
            raise PlanRefused(f"There is a plan “{name}” already")
        Tier.objects.bulk_create(Tier(plan=plan, threshold=threshold, rate=rate) for threshold, rate in tiers)
        write_audit(by=by, at=at, action="plan made", subject=f"plan {name}")
    return plan


@needs(Right.GIVE_PLANS)
def give_plan(
    *, partner: Partner, plan: Plan, first_month: date, reason: str, by: User | None, at: datetime
) -> PlanAssignment:
    """This function will give a partner a plan from a service month on, until another is given.

    Months that were closed already are settled by the next run.

    :raises PlanIsGiven: the partner has it from that month on already
    """
    with transaction.atomic():
        batch = open_batch(source=f"plan for {partner.reference}", by=by, at=at, earliest=first_month)
        before = PlanAssignment.objects.filter(partner=partner, first_month=first_month).order_by("-id").first()
        if before is not None and before.plan_id == plan.pk:
            raise PlanIsGiven(f"{partner} has “{plan}” from {show_month(first_month)} on already")
        assignment = PlanAssignment.objects.create(
            partner=partner, plan=plan, first_month=first_month, reason=reason, given_by=by, batch=batch
        )
        write_audit(
            by=by,
            at=at,
            action="plan given",
            subject=f"partner {partner.reference}",
            plan=plan,
            month=show_month(first_month),
        )
    return assignment
