from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.models import Lead
from referrals.recognition import one_at_a_time
from referrals.services.move_lead import protect_longer
from referrals.services.tell_of_lead import tell_of_protection
from referrals.services.touch_lead import touch_lead


class CannotBeExtended(Exception):
    """The protection cannot be set to that day; the message says why."""


@needs(Right.MOVE_LEADS)
def extend_protection(*, lead: Lead, until: date, by: User | None, at: datetime) -> Lead:
    """This function will protect a lead until a later day, whether its protection ran out or not yet (7).

    :raises CannotBeExtended: the lead has ended, the day is not later, or another partner came since it ran out
    """
    with transaction.atomic():
        one_at_a_time()
        before = set_protection(lead.pk, until=until, at=at)
        touch_lead(lead_id=lead.pk, at=at)
        lead = Lead.objects.select_related("partner").get(pk=lead.pk)
        tell_of_protection(
            lead,
            key=f"lead:{lead.pk}:extended:{until}",
            subject=f"{lead.company} is protected until {until:%-d %B %Y}",
            text="Sales has extended the protection of the lead. Till then no other partner is credited for it.",
            at=at,
        )
        subject = f"lead {lead.pk}"
        write_audit(by=by, at=at, action="protection extended", subject=subject, until=until, before=before)
    return lead


def set_protection(lead_id: int, *, until: date | None, at: datetime) -> date | None:
    """This function will set a later end of a lead's protection, and give the end that it had.

    Call it after `one_at_a_time`, in the step's own transaction.

    :raises CannotBeExtended: the lead has ended, the day is not later, or another partner came since it ran out
    """
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    before, on = lead.protected_until, Program.current().day(at)
    if until is None or until < on:
        raise CannotBeExtended("Say until which day the lead is protected, today or later")
    if lead.has_ended or lead.protected_until is None:
        raise CannotBeExtended(f"{lead} has ended or is under review: there is no protection to extend")
    if not protect_longer(lead, on=on, until=until):
        raise CannotBeExtended(
            f"{lead} is protected until {before} already"
            if before is not None and until <= before
            else f"The protection of {lead} ran out on {before}, and another partner has registered the company since"
        )
    lead.save(update_fields=["protected_until"])
    return before
