"""The one place where a lead's state against a CRM changes: due → in step, or → failed; and due again."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import F, QuerySet

from integrations.crm.models import Connection, LeadSync, SyncState
from integrations.crm.models.lead_sync import DELAYS, GIVEN_UP_AFTER, LEASE
from integrations.crm.services.fingerprint import fingerprint
from referrals.models import Lead


@dataclass(frozen=True, slots=True)
class Claim:
    """A lead that one worker has for a while, as it was when it was taken."""

    sync: LeadSync
    lead: Lead


def add(connection: Connection, leads: Iterable[Lead], *, at: datetime) -> int:
    """This function will put leads that the CRM does not know yet into the queue."""
    rows = [
        LeadSync(connection=connection, lead=lead, state=SyncState.DUE, next_at=at, waiting_since=at) for lead in leads
    ]
    LeadSync.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def ask(rows: "QuerySet[LeadSync]", *, at: datetime) -> int:
    """This function will make leads due now; those that are under way are done once more afterwards."""
    keys = list(rows.values_list("pk", flat=True))
    found = LeadSync.objects.filter(pk__in=keys)
    waking = found.exclude(state=SyncState.DUE)
    with transaction.atomic():
        found.update(asked=F("asked") + 1)
        waking.update(state=SyncState.DUE, tries=0, next_at=at, waiting_since=at, error="")
    return len(keys)


def put_anew(rows: "QuerySet[LeadSync]") -> None:
    """This function will forget at which stage leads were in step, so that ours is written there at the next look."""
    rows.update(stage="")


def claim(connection: Connection, *, at: datetime, only: Collection[str] | None = None) -> Claim | None:
    """This function will take the lead that waits longest, and put it off so that nobody else takes it meanwhile.

    `only` names the deals of which it may be. None as well where the connection is no longer as it was given: switched
    off, removed or mapped anew.
    """
    with transaction.atomic():
        due = LeadSync.objects.due(at=at).filter(connection=connection, connection__is_on=True)
        due = due.filter(connection__version=connection.version)
        if only is not None:
            due = due.filter(their_id__in=only)
        sync = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk").first()
        if sync is None:
            return None
        lead = Lead.objects.select_related("partner").annotate(print=fingerprint("", connection)).get(pk=sync.lead_id)
        sync.tries += 1
        sync.next_at, sync.fingerprint = at + LEASE, cast(Any, lead).print
        sync.save(update_fields=["tries", "next_at", "fingerprint"])
        sync.connection, sync.lead = connection, lead
        return Claim(sync, lead)


def settle(claimed: Claim, *, at: datetime, **said: Any) -> bool:
    """This function will note that both sides are in step, with what was found; False where somebody else took over.

    The number of a deal is noted all the same. What was asked for again meanwhile stays due.
    """
    with transaction.atomic():
        sync = LeadSync.objects.select_for_update(no_key=True).get(pk=claimed.sync.pk)
        is_mine = _is_mine(sync, claimed)
        if not is_mine and (sync.their_id or not said.get("their_id")):
            return False
        for name, value in said.items() if is_mine else [("their_id", said["their_id"])]:
            setattr(sync, name, value)
        if is_mine:
            is_done = sync.asked == claimed.sync.asked
            if not Connection.objects.filter(pk=sync.connection_id, version=claimed.sync.connection.version).exists():
                # It was mapped anew meanwhile, and this was done by the mapping before.
                sync.stage, is_done = "", False
            sync.state = SyncState.SYNCED if is_done else SyncState.DUE
            sync.tries, sync.next_at, sync.waiting_since, sync.settled_at, sync.error = 0, at, at, at, ""
        sync.save()
        return is_mine


def fail(claimed: Claim, error: str, *, at: datetime) -> None:
    """This function will note that a try failed: it is tried again, for three days."""
    with transaction.atomic():
        sync = LeadSync.objects.select_for_update(no_key=True).get(pk=claimed.sync.pk)
        if not _is_mine(sync, claimed):
            return
        delay = DELAYS[min(sync.tries, len(DELAYS)) - 1]
        if at - sync.waiting_since + delay > GIVEN_UP_AFTER:
            sync.state = SyncState.PARKED
        sync.next_at, sync.error = at + delay, error
        sync.save(update_fields=["state", "next_at", "error"])


def park(claimed: Claim, error: str, *, at: datetime) -> None:
    """This function will note that the CRM refuses a lead as it is: it waits until it changes or somebody asks."""
    with transaction.atomic():
        sync = LeadSync.objects.select_for_update(no_key=True).get(pk=claimed.sync.pk)
        if _is_mine(sync, claimed):
            sync.state, sync.next_at, sync.error = SyncState.PARKED, at, error
            sync.save(update_fields=["state", "next_at", "error"])


def give_back(claimed: Claim, *, at: datetime) -> None:
    """This function will give a lead back untried: it does not count as a try."""
    with transaction.atomic():
        sync = LeadSync.objects.select_for_update(no_key=True).get(pk=claimed.sync.pk)
        if _is_mine(sync, claimed):
            sync.tries, sync.next_at = sync.tries - 1, at
            sync.save(update_fields=["tries", "next_at"])


def _is_mine(sync: LeadSync, claimed: Claim) -> bool:
    return sync.state == SyncState.DUE and sync.tries == claimed.sync.tries and sync.next_at == claimed.sync.next_at
