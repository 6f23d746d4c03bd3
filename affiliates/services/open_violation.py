from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, Violation, ViolationFile
from affiliates.models.agreement import CURE_PERIOD, ViolationState
from affiliates.services.tell_of_agreement import tell_of_violation
from notices.models import EventKind
from notices.services.write_event import write_event
from parts.formats import day
from parts.uploads import Upload


class ViolationIsOpen(Exception):
    """Notice of this breach was given already, and it is not decided."""


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
    """This function will open a violation of a clause; the partner has 15 days to cure it, payouts wait (10).

    :raises ViolationIsOpen: there is an open one of this clause from the same day
    """
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)  # One at a time, so that none is told twice.
        if Violation.objects.open().filter(partner=partner, clause=clause, notice_on=notice_on).exists():
            raise ViolationIsOpen(f"{partner} has notice of a breach of clause {clause} from {day(notice_on)} already")
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
        _write_event(EventKind.VIOLATION_OPENED, violation, at)
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
        if to == ViolationState.CURED:
            _write_event(EventKind.VIOLATION_CURED, violation, at)
    return violation


def _write_event(kind: EventKind, violation: Violation, at: datetime) -> None:
    write_event(
        kind=kind,
        partner_id=violation.partner_id,
        subject=f"violation {violation.pk}",
        at=at,
        violation=violation.pk,
        partner=violation.partner.reference,
        clause=violation.clause,
        cure_by=violation.cure_by,
    )
