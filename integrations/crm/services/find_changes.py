from datetime import datetime

from django.db.models import Exists, F, OuterRef

from integrations.crm.models import Connection, LeadSync, SyncState
from integrations.crm.services.fingerprint import fingerprint
from integrations.crm.services.move_sync import add, ask
from referrals.models import Lead

AT_ONCE = 1000


def find_changes(connection: Connection, *, at: datetime) -> int:
    """This function will make due what a CRM does not know yet, and what changed since it was last taken up.

    A lead goes there first while it is open and not under review; from then on whatever becomes of it follows. So
    leads that had ended before the CRM was connected stay away.
    """
    known = LeadSync.objects.filter(connection=connection, lead=OuterRef("pk"))
    new = Lead.objects.open().filter(~Exists(known), protected_until__isnull=False).order_by("pk")[:AT_ONCE]
    found = add(connection, new, at=at)
    at_rest = LeadSync.objects.filter(connection=connection).exclude(state=SyncState.DUE)
    changed = at_rest.annotate(print=fingerprint("lead__", connection)).exclude(fingerprint=F("print"))
    return found + ask(changed.order_by("pk")[:AT_ONCE], at=at)
