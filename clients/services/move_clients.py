from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit, write_audit_of_many
from affiliates.models import Partner, Program
from affiliates.services.open_batch import open_batch, wait_for_turn
from clients.models import Client
from clients.services.tell_of_moves import tell_of_moves


class MoveRefused(Exception):
    """Clients cannot be moved like this; the message says why."""


@needs(Right.CHANGE_PARTNERS)
def move_clients(
    *, of: Partner, to: Partner, clients: Collection[int], reason: str, by: User | None, at: datetime
) -> int:
    """This function will give a partner's clients to another partner, and say how many those were.

    It is the same fact as a `clients.csv` that names another partner: the next run takes back from the first
    what it earned with them and gives it to the second (RULES 9). What was posted stays in closed months.

    :raises MoveRefused: the second partner is not active, a client is not the first one's, or a reason is missing
    """
    with transaction.atomic():
        wait_for_turn()
        to.refresh_from_db()
        check_partners(of, to, reason=reason, by=by, at=at)
        rows = Client.objects.select_for_update(no_key=True).filter(pk__in=clients, partner=of).order_by("pk")
        found = list(rows)
        if len(found) != len(set(clients)) or not found:
            raise MoveRefused(f"Not all of these clients belong to {of} now. Nothing was moved; look again")
        return give_clients(found, of=of, to=to, reason=reason, by=by, at=at)


def give_clients(
    clients: Collection[Client],
    *,
    of: Partner,
    to: Partner,
    reason: str,
    by: User | None,
    at: datetime,
) -> int:
    """This function will write whose the clients are and tell both; whoever calls it has locked and checked them."""
    earliest = min(client.closed_on for client in clients)
    source = f"clients of {of.reference} to {to.reference}"
    batch = open_batch(source=source, by=by, at=at, earliest=earliest, counts={"clients": len(clients)})
    moved = Client.objects.filter(pk__in=[client.pk for client in clients]).update(partner=to, batch=batch)
    said = {"of": of.reference, "to": to.reference, "reason": reason}
    subjects = [f"client {client.reference}" for client in clients]
    write_audit_of_many(by=by, at=at, action="client moved", subjects=subjects, **said)
    for partner in (of, to):
        write_audit(by=by, at=at, action="clients moved", subject=f"partner {partner.reference}", clients=moved, **said)
    tell_of_moves(clients=list(clients), batch=batch, of=of, to=to, at=at)
    return moved


def check_partners(of: Partner, to: Partner, *, reason: str, by: User | None, at: datetime) -> None:
    """:raises MoveRefused: nothing can be moved from the one to the other, or not by this person"""
    on = Program.current().day(at)
    if of.pk == to.pk:
        raise MoveRefused(f"They belong to {of} already; choose another partner")
    if not to.is_active(on=on):
        raise MoveRefused(f"{to} is not active; choose a partner that is")
    if to.terminated_on is not None:
        raise MoveRefused(f"{to} ends on {to.terminated_on}; choose a partner that stays")
    if not reason.strip():
        raise MoveRefused("Write the reason: it stands in the audit trail")
    if by is not None and by.memberships.filter(partner__in=(of, to)).exists():
        raise MoveRefused(f"{by.get_full_name()} acts for one of the two; somebody else has to decide")
