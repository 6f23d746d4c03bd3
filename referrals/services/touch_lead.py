from datetime import datetime

from referrals.models import LeadWork


def touch_lead(*, lead_id: int, at: datetime) -> None:
    """This function will note that sales did something with a lead; call it in the step's own transaction."""
    LeadWork.objects.filter(lead_id=lead_id, touched_at__lt=at).update(touched_at=at)
