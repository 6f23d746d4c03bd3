from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadMessage
from referrals.services.tell_of_lead import tell_of_message
from referrals.services.touch_lead import touch_lead


@needs(Right.MOVE_LEADS)
def answer_partner(*, lead: Lead, text: str, by: User, at: datetime) -> LeadMessage:
    """This function will write to a lead's partner, in answer to a question or unasked; `by` is one of the staff."""
    with transaction.atomic():
        message = LeadMessage.objects.create(lead=lead, text=text, is_from_sales=True, by=by, at=at)
        touch_lead(lead_id=lead.pk, at=at)
        tell_of_message(message)
        write_audit(by=by, at=at, action="question answered", subject=f"lead {lead.pk}", message=message.pk)
    return message
