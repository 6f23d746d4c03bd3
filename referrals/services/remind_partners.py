from datetime import date, datetime, timedelta

from django.urls import reverse

from affiliates.models import Program
from affiliates.services.tell_partner import Message, tell_partners
from notices.models import NoticeKind
from referrals.models import Lead

PATIENCE = timedelta(days=3)  # So long after an introduction its partner is reminded to confirm the lead.
BEHIND = timedelta(days=30)  # However long the scheduler stood still, no older one is reminded of.


def remind_partners(*, at: datetime) -> int:
    """This function will remind partners, once a lead, of leads that came by e-mail and that they have not confirmed
    (14, A), and count the notices.
    """
    on = Program.current().day(at)
    leads = Lead.objects.open().filter(is_attested=False, registered_on__range=(on - BEHIND, on - PATIENCE))
    return tell_partners(kind=NoticeKind.LEAD_MOVED, messages=[_message(lead, on) for lead in leads], at=at)


def _message(lead: Lead, on: date) -> Message:
    until = lead.protected_until
    return Message(
        partner_id=lead.partner_id,
        key=f"lead:{lead.pk}:confirm",
        subject=f"{lead.company} waits for you to confirm it",
        paragraphs=(
            (
                f"You introduced {lead.company} by e-mail on {lead.registered_on:%-d %B %Y}. Confirm on its page that "
                "the company has a genuine interest and is not known to violate TCPA, FTC, FCC or DNC rules "
                "(14, A)."
            ),
            "Sales goes on with the lead then, and not before.",
            f"It is protected until {until:%-d %B %Y}." if until is not None and until >= on else "",
        ),
        path=reverse("lead", args=[lead.pk]),
    )
