from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadNote
from referrals.services.touch_lead import touch_lead


@needs(Right.MOVE_LEADS)
def note_lead(*, lead: Lead, text: str, by: User, at: datetime) -> LeadNote:
    """This function will keep a note about a lead for colleagues; partners see nothing of it."""
    with transaction.atomic():
        note = LeadNote.objects.create(lead=lead, text=text, by=by, at=at)
        touch_lead(lead_id=lead.pk, at=at)
        write_audit(by=by, at=at, action="lead noted", subject=f"lead {lead.pk}", note=note.pk)
    return note
