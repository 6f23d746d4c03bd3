from datetime import datetime, timedelta

from affiliates.doors import Standing
from integrations.crm.models import Connection, LeadSync, SyncState
from parts.formats import counted

LATE = timedelta(minutes=10)


def standing(*, at: datetime) -> Standing:
    """How the CRMs stand."""
    connections = list(Connection.objects.kept())
    if not connections:
        return Standing(False, "No CRM is connected: leads stay here alone", 0)
    on = [each for each in connections if each.is_on]
    names = " and ".join(map(str, on or connections))
    if not on:
        return Standing(False, f"{names}: connected, and switched off", 0)
    syncs = LeadSync.objects.filter(connection__in=on)
    waiting = syncs.for_people().count()
    troubled = [each for each in on if each.error]
    if troubled:
        # A pause that a CRM asked for passes by itself; what lasts is for a person.
        lasting = [each for each in troubled if each.read_at is None or each.read_at <= at - LATE]
        return Standing(True, troubled[0].error.rstrip("."), waiting + len(lasting), is_in_trouble=True)
    late = syncs.filter(state=SyncState.DUE, waiting_since__lte=at - LATE).count()
    in_step = syncs.filter(state=SyncState.SYNCED).count()
    says = f"{names}: {counted(in_step, 'lead', 'leads')} in step"
    says += f", {late:,} waiting" if late else ""
    return Standing(True, says + (f"; {waiting:,} to look at" if waiting else ""), waiting)
