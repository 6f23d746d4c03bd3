from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Violation, ViolationFile
from affiliates.models.agreement import CURE_PERIOD, ViolationState
from affiliates.services.tell_of_agreement import tell_of_violation
from parts.formats import day
from parts.uploads import Upload


class ViolationIsDecided(Exception):
    """The violation was cured, or ended the partnership, before."""


class CureStillRuns(Exception):
    """The partner still has time to cure the violation (10)."""


@needs(Right.JUDGE_VIOLATIONS)
def open_violation(
    *,
    partner: Partner,
    clause: str,
    evidence: str,
    notice_on: date,
    by: User | None,
    at: datetime,
    files: Sequence[Upload] = (),
) -> Violation:
    """This function will open a violation of a clause; the partner has 15 days to cure it, payouts wait (10)."""
    with transaction.atomic():
        violation = Violation.objects.create(
            partner=partner,
            clause=clause,
            evidence=evidence,
            notice_on=notice_on,
            cure_by=notice_on + CURE_PERIOD,
            opened_by=by,
        )
        for file in files:
            ViolationFile.objects.create(violation=violation, file=file, name=file.sent_as)
        tell_of_violation(violation, at=at)
        subject = f"partner {partner.reference}"
        write_audit(by=by, at=at, action="violation opened", subject=subject, clause=clause)
    return violation


@needs(Right.JUDGE_VIOLATIONS)
def decide_violation(
    *, violation: Violation, to: ViolationState, on: date, by: User | None, at: datetime, finding: str = ""
) -> Violation:
    """This function will end an open violation: cured, with what was found, or ended in termination.

    :raises ViolationIsDecided: it is not open
    :raises CureStillRuns: it would end in termination while the partner still has time to cure it
    """
    with transaction.atomic():
        violation = Violation.objects.select_for_update().get(pk=violation.pk)
        if violation.state != ViolationState.OPEN or to == ViolationState.OPEN:
            raise ViolationIsDecided(f"{violation} is {violation.get_state_display().lower()}")
        if to == ViolationState.ENDED and on <= violation.cure_by:
            raise CureStillRuns(f"It can still be cured until {day(violation.cure_by)} (10)")
        violation.state, violation.decided_on = to, on
        violation.finding, violation.decided_by = finding, by
        violation.save()
        tell_of_violation(violation, at=at)
        write_audit(by=by, at=at, action=f"violation {to.value}", subject=f"violation {violation.pk}")
    return violation
