from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from integrations.crm.models import LeadSync
from integrations.crm.services.move_sync import ask, put_anew


@needs(Right.MOVE_LEADS)
def try_again(*, sync: LeadSync, by: User | None, at: datetime) -> LeadSync:
    """This function will bring a lead into step anew: what failed is tried again, and what the CRM has otherwise is
    put there as it stands here. A deal that was deleted there is written anew.
    """
    with transaction.atomic():
        sync = LeadSync.objects.select_for_update(no_key=True).get(pk=sync.pk)
        if sync.is_gone:
            sync.their_id, sync.is_gone, sync.their_stage, sync.their_updated_at = "", False, "", None
        is_asked = bool(sync.task)
        sync.task, sync.put_back = "", 0
        sync.save()
        if is_asked:
            put_anew(LeadSync.objects.filter(pk=sync.pk))
        ask(LeadSync.objects.filter(pk=sync.pk), at=at)
        write_audit(by=by, at=at, action="CRM tried again", subject=f"lead {sync.lead_id}")
    return LeadSync.objects.get(pk=sync.pk)
