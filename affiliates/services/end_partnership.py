from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, require
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, TerminationNotice
from affiliates.models.agreement import NOTICE_PERIOD
from affiliates.models.partner import EndedBy
from affiliates.services.open_batch import open_batch
from affiliates.services.tell_of_agreement import tell_of_end
from notices.models import EventKind
from notices.services.write_event import write_event


class NoticeRefused(Exception):
    """Notice of termination cannot be given like this; the message says why."""


def end_partnership(
    *,
    partner: Partner,
    given_by: EndedBy,
    given_on: date,
    effective_on: date,
    reason: str,
    by: User | None,
    at: datetime,
) -> TerminationNotice:
    """This function will give notice of termination (10). Until it takes effect all goes on.

    :raises NotPermitted: the company gives it, by somebody who may not
    :raises NoticeRefused: it would take effect sooner than in three days, or the partnership ends already
    """
    if given_by == EndedBy.COMPANY:
        require(by, Right.END_PARTNERSHIPS)
    soonest = given_on + NOTICE_PERIOD
    if effective_on < soonest:
        raise NoticeRefused(f"Notice takes three days: {soonest} at the soonest, not {effective_on}")
    with transaction.atomic():
        batch = open_batch(source=f"termination of {partner.reference}", by=by, at=at, earliest=effective_on)
        locked = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if locked.terminated_on is not None:
            raise NoticeRefused(f"{partner} ends on {locked.terminated_on} already")
        locked.terminated_on, locked.terminated_by, locked.batch = effective_on, given_by, batch
        locked.save()
        notice = TerminationNotice.objects.create(
            partner=locked,
            given_by=given_by,
            given_on=given_on,
            effective_on=effective_on,
            reason=reason,
            by=by,
        )
        tell_of_end(notice, at=at)
        subject = f"partner {partner.reference}"
        write_audit(by=by, at=at, action="notice of termination", subject=subject, effective_on=effective_on)
        write_event(
            kind=EventKind.PARTNER_TERMINATED,
            partner_id=partner.pk,
            subject=subject,
            at=at,
            partner=partner.reference,
            terminated_by=given_by.value,
            given_on=given_on,
            terminated_on=effective_on,
        )
    return notice
