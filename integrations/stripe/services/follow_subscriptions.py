from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from affiliates.models import Program
from affiliates.services.open_batch import wait_for_turn
from clients.models import Client
from clients.recording.problems import FactsRefused
from clients.recording.stage import Table
from clients.services.record_facts import record_facts
from integrations.stripe.models import ObjectKind, Place, StripeCustomer, StripeObject
from integrations.stripe.shapes import from_subscription

COLUMNS = ("client", "partner", "name", "domain", "closed_on", "canceled_on")


def follow_subscriptions(*, customers: Collection[str], at: datetime) -> dict[str, int]:
    """This function will cancel the clients whose subscriptions have all ended, on the day on which the last one did.

    A subscription that begins later takes that back. A cancellation that came otherwise is left alone, and so is one
    that was taken back otherwise, and a client whose subscriptions ended before it closed.
    """
    touched = StripeCustomer.objects.filter(stripe_id__in=customers, place=Place.LINKED).values("client")
    if not touched.exists():
        return {}
    wait_for_turn()  # Nobody else changes a client between our look at it and our word about it.
    rows = list(StripeCustomer.objects.filter(client__in=touched).select_related("client__partner"))
    ends = _ends([row.stripe_id for row in rows])
    of_client: dict[int, list[StripeCustomer]] = defaultdict(list)
    for row in rows:
        of_client[row.client_id or 0].append(row)
    changes = []
    for same in of_client.values():
        client = same[0].client
        if client is not None and (change := _change(client, same, ends)) is not None:
            changes.append((client, same, change[0]))
    return _record(changes, at)


def _ends(customers: Collection[str]) -> dict[str, list[date | None]]:
    """For each customer the days on which its subscriptions ended, None for one that runs."""
    zone = ZoneInfo(Program.current().time_zone)
    ends: dict[str, list[date | None]] = defaultdict(list)
    for row in StripeObject.objects.filter(kind=ObjectKind.SUBSCRIPTION, customer__in=customers):
        subscription = from_subscription(row.data)
        if not subscription.never_began:
            ended = datetime.fromtimestamp(subscription.ended_at, UTC).astimezone(zone).date()
            ends[row.customer].append(ended if subscription.ended_at else None)
    return ends


def _change(
    client: Client, same: list[StripeCustomer], ends: dict[str, list[date | None]]
) -> tuple[date | None] | None:
    """The cancellation that a client should have now, in a tuple; None where it stays as it is."""
    days = [day for row in same for day in ends[row.stripe_id]]
    over = [day for day in days if day is not None]
    last = max(over) if over and len(over) == len(days) else None
    is_ours = client.canceled_on is not None and any(row.ended_on == client.canceled_on for row in same)
    if client.canceled_on is not None and not is_ours:
        return None
    if last is not None and last < client.closed_on:
        last = None
    if client.canceled_on is None and last is not None and any(row.ended_on == last for row in same):
        return None
    return (last,) if last != client.canceled_on else None


def _record(changes: list[tuple[Client, list[StripeCustomer], date | None]], at: datetime) -> dict[str, int]:
    written: dict[str, int] = {}
    for client, same, last in changes:
        row = [
            client.reference, client.partner.reference, client.name, client.domain, str(client.closed_on),
            str(last or ""),
        ]  # fmt: skip
        try:
            recorded = record_facts(
                tables=[Table("clients", "clients", COLUMNS, [(1, row)])], source="stripe", by=None, at=at
            )
        except FactsRefused:
            continue  # A client whose name or partner no file could carry is corrected by people.
        StripeCustomer.objects.filter(pk__in=[each.pk for each in same]).update(ended_on=last)
        written["clients"] = written.get("clients", 0) + recorded.written.get("clients", 0)
    return written
