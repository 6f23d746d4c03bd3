from datetime import datetime

from integrations.crm.services.move_sync import Claim
from referrals.models import Lead
from referrals.services.tell_rep import Reminder, tell_reps


def tell_sales(claimed: Claim, text: str, *, at: datetime) -> None:
    """This function will tell the rep who owns a lead what the CRM leaves to do here, once for each change there."""
    sync = claimed.sync
    lead = Lead.objects.select_related("work__owner__user", "partner").get(pk=claimed.lead.pk)
    if getattr(lead, "work", None) is None:
        return
    key = f"crm:{sync.pk}:{sync.their_id}:{at:%Y%m%d%H%M}"
    subject = f"{lead.company} in {sync.connection}"
    tell_reps([Reminder(lead=lead, key=key, subject=subject, text=text)], at=at)
