from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.models import Lead, LeadWork
from referrals.recognition import one_at_a_time
from referrals.services.free_waiting import free_waiting
from referrals.services.tell_of_lead import tell_of_protection


class CannotBeReleased(Exception):
    """The lead has no protection that ran out; the message says how it stands."""


@needs(Right.MOVE_LEADS)
def release_lead(*, lead: Lead, by: User | None, at: datetime) -> Lead:
    """This function will let go a lead whose protection ran out, and tell its partner (7).

    The lead stays with its partner, open and unprotected: whoever registers the company next is protected, and first
    of all the one who has and waits for this lead. A lead that was released already stays so.

    :raises CannotBeReleased: the lead has ended, is under review, or is protected still
    """
    with transaction.atomic():
        one_at_a_time()
        on = Program.current().day(at)
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").get(pk=lead.pk)
        if lead.has_ended or lead.protected_until is None:
            raise CannotBeReleased(f"{lead} has ended or is under review: there is no protection to release")
        if lead.is_protected(on=on):
            raise CannotBeReleased(f"{lead} is protected until {lead.protected_until:%-d %B %Y}")
        if not Lead.objects.ran_out(on=on).filter(pk=lead.pk).exists():
            return lead
        LeadWork.objects.filter(lead=lead).update(released_on=on, touched_at=at)
        tell_of_protection(
            lead,
            key=f"lead:{lead.pk}:released:{lead.protected_until}",
            subject=f"{lead.company} is no longer protected",
            text=(
                "Sales has not extended the lead’s protection. It stays your lead while nobody else registers the "
                "company; another partner may from now on."
            ),
            at=at,
        )
        subject = f"lead {lead.pk}"
        write_audit(by=by, at=at, action="protection released", subject=subject, ran_out=lead.protected_until)
        free_waiting(lead, at=at, because="was let go")
    return lead
