from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadMessage

MOST_WAITING = 5  # So many questions may wait for their answer; a sixth is refused.


class TooManyQuestions(Exception):
    """Sales has several questions about the lead to answer first."""


def ask_sales(*, lead: Lead, text: str, by: User, at: datetime) -> LeadMessage:
    """This function will put a partner's question about a lead to sales.

    :raises TooManyQuestions: several questions wait for an answer
    """
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        waiting = 0
        for is_from_sales in lead.messages.order_by("-id").values_list("is_from_sales", flat=True)[:MOST_WAITING]:
            if is_from_sales:
                break
            waiting += 1
        if waiting >= MOST_WAITING:
            raise TooManyQuestions(f"Sales has {waiting} of your questions to answer first")
        message = LeadMessage.objects.create(lead=lead, text=text, is_from_sales=False, by=by, at=at)
        write_audit(by=by, at=at, action="question asked", subject=f"lead {lead.pk}", message=message.pk)
    return message
