from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadWork


class StepWithoutName(Exception):
    """A day was given for a next step, and no step."""


@needs(Right.MOVE_LEADS)
def plan_lead(
    *,
    lead: Lead,
    expected_mrr: Decimal | None,
    next_step: str,
    next_step_on: date | None,
    by: User | None,
    at: datetime,
) -> LeadWork:
    """This function will note what sales does next with a lead and what it may bring a month; partners see neither.

    :raises StepWithoutName: there is a day for the next step and no word of it
    """
    if next_step_on is not None and not next_step.strip():
        raise StepWithoutName("Say what the next step is, or leave its day out")
    with transaction.atomic():
        rows = LeadWork.objects.select_for_update(no_key=True)
        work, _ = rows.get_or_create(lead=lead, defaults={"touched_at": at, "stage_since": at})
        work.expected_mrr, work.next_step, work.next_step_on = expected_mrr, next_step.strip(), next_step_on
        work.touched_at = max(work.touched_at, at)
        work.save()
        details = {"expected_mrr": expected_mrr, "next_step": work.next_step, "on": next_step_on}
        write_audit(by=by, at=at, action="lead planned", subject=f"lead {lead.pk}", **details)
    return work
