import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.sealed import DetailsUnreadable
from integrations.crm.models import Connection, LeadSync
from integrations.crm.models.connection import OVERLAP
from integrations.crm.models.lead_sync import KEY
from integrations.crm.services.move_sync import ask
from integrations.crm.services.open_client import Clock, open_client
from integrations.crm.services.rest import UNREADABLE, rest, work_again
from integrations.crm.vendors.common import Changed, CrmFailed, NotSignedIn, TryAgain

PACE = timedelta(seconds=50)
MOST_AT_ONCE = 5000
LONGEST = timedelta(seconds=20)
IS_KEY = re.compile(rf"{KEY}[0-9]{{1,18}}", re.ASCII)


def read_back(*, connection_id: UUID, clock: Clock) -> int | None:
    """This function will ask a CRM which of our deals changed, and make those due that changed since we last saw them.

    It begins a little before the newest change that it knows, so that nothing is missed that was told late. What we
    wrote ourselves is no newer than what we saw, and so is passed over. None where another worker asked a moment ago.
    """
    began = clock()
    if not _is_turn(connection_id, began):
        return None
    connection = Connection.objects.get(pk=connection_id)
    try:
        with open_client(connection, clock=clock) as client:
            found, is_cut = [], False
            for changed in client.changed_since(connection.read_until - OVERLAP):
                found.append(changed)
                if is_cut := len(found) >= MOST_AT_ONCE or clock() - began > LONGEST:
                    break
            their_now = client.now() or clock()
    except TryAgain as failure:
        rest(connection, f"{connection}: {failure}", seconds=failure.after or 0, at=clock())
        return 0
    except NotSignedIn as refusal:
        rest(connection, f"{connection} does not let us in: {refusal}", at=clock())
        return 0
    except CrmFailed as refusal:
        rest(connection, f"{connection} refuses to say what changed: {refusal}", at=clock())
        return 0
    except DetailsUnreadable:
        rest(connection, UNREADABLE, at=clock())
        return 0
    work_again(connection)
    count = _make_due(connection, found, clock())
    # Their clock is what counts; a deal that claims to be of its future must not hide the next ones.
    newest = max((each.updated_at for each in found if each.updated_at <= their_now + OVERLAP), default=None)
    if is_cut:  # The next time goes on right there: else as many changes at once would be read again and again.
        newest = min(found[-1].updated_at, their_now) + OVERLAP
    now = {"read_at": clock()} | ({"read_until": newest} if newest and newest > connection.read_until else {})
    Connection.objects.filter(pk=connection_id).update(**now)
    return count


def _make_due(connection: Connection, found: list[Changed], at: datetime) -> int:
    changed = {each.id: each.updated_at for each in found}
    known = LeadSync.objects.filter(connection=connection, their_id__in=changed)
    keys = [
        pk
        for pk, their_id, seen in known.values_list("pk", "their_id", "their_updated_at")
        if seen is None or seen < changed[their_id]
    ]
    keys += _merged(connection, found)
    return ask(LeadSync.objects.filter(pk__in=keys), at=at) if keys else 0


def _merged(connection: Connection, found: list[Changed]) -> list[int]:
    """Leads whose deal has another id by now: where two are merged into a new one, that alone is told."""
    told = {int(each.key.removeprefix(KEY)): each.id for each in found if IS_KEY.fullmatch(each.key)}
    known = LeadSync.objects.filter(connection=connection, lead__in=told, is_gone=False).exclude(their_id="")
    return [pk for pk, lead_id, their_id in known.values_list("pk", "lead_id", "their_id") if told[lead_id] != their_id]


def _is_turn(connection_id: UUID, at: datetime) -> bool:
    """Whether this worker asks now: of several at once, one does."""
    mine = Connection.objects.at_work(at=at).filter(Q(next_read_at__lte=at), pk=connection_id)
    return mine.update(next_read_at=at + PACE) == 1
