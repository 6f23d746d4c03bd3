from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Partner, Program, TerminationNotice, Violation
from affiliates.models.agreement import ViolationState
from affiliates.models.partner import EndedBy
from affiliates.services.end_partnership import end_partnership
from affiliates.services.open_violation import decide_violation


class AnotherPartners(Exception):
    """The violation is none of the partner's."""


@needs(Right.END_PARTNERSHIPS)
def end_by_company(
    *,
    partner: Partner,
    effective_on: date,
    reason: str,
    violation: Violation | None,
    by: User | None,
    at: datetime,
) -> TerminationNotice:
    """This function will give the company's notice of termination, for a breach that was not cured or without one (10).

    :raises NoticeRefused: it would take effect sooner than in three days, or the partnership ends already
    :raises ViolationIsDecided: the violation is not open any more
    :raises CureStillRuns: the partner still has time to cure it
    :raises AnotherPartners: it is a violation of somebody else
    """
    on = Program.current().day(at)
    if violation is not None and violation.partner_id != partner.pk:
        raise AnotherPartners(f"{violation} is not one of {partner}")
    with transaction.atomic():
        notice = end_partnership(
            partner=partner,
            given_by=EndedBy.COMPANY,
            given_on=on,
            effective_on=effective_on,
            reason=reason,
            by=by,
            at=at,
        )
        if violation is not None:
            decide_violation(violation=violation, to=ViolationState.ENDED, on=on, by=by, at=at)
    return notice
