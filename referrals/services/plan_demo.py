from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.models import Demo, Lead
from referrals.services.tell_of_lead import tell_of_demo
from referrals.services.touch_lead import touch_lead


class NoDemoAhead(Exception):
    """The lead has ended."""


@needs(Right.MOVE_LEADS)
def plan_demo(*, lead: Lead, when: datetime, partner_joins: bool, by: User | None, at: datetime) -> Demo:
    """This function will note when a lead is shown the product; its partner is told the time if it joins (A).

    :raises NoDemoAhead: the lead has ended
    """
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").get(pk=lead.pk)
        if lead.has_ended:
            raise NoDemoAhead(f"{lead} is at “{lead.get_stage_display()}”: there is no demo to plan")
        before = Demo.objects.filter(lead=lead).first()
        told = {"at": when, "partner_joins": partner_joins, "planned_by": by, "planned_at": at}
        demo, _ = Demo.objects.update_or_create(lead=lead, defaults=told)
        touch_lead(lead_id=lead.pk, at=at)
        _tell(lead, before, demo, at)
        write_audit(
            by=by, at=at, action="demo planned", subject=f"lead {lead.pk}", when=when, partner_joins=int(partner_joins)
        )
    return demo


def _tell(lead: Lead, before: Demo | None, demo: Demo, at: datetime) -> None:
    """The partner hears when it is to come, of another time, and that it is not to come after all."""
    joined = before is not None and before.partner_joins
    if demo.partner_joins and not (joined and before is not None and before.at == demo.at):
        when = f"{timezone.localtime(demo.at):%A, %-d %B %Y at %H:%M %Z}"
        subject, text = f"you are invited to the demo on {when}", "Sales sends you what you need to join."
    elif joined and not demo.partner_joins:
        subject, text = "the demo goes on without you", "You were invited to it; sales holds it with the company alone."
    else:
        return
    tell_of_demo(lead, key=f"lead:{lead.pk}:demo:{at:%Y%m%d%H%M%S}", subject=subject, text=text, at=at)
