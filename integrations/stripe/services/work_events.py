from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from integrations.stripe.models import EventToWork, StripeEvent
from integrations.stripe.models.event import TRIES
from integrations.stripe.recording.absorb import absorb
from integrations.stripe.services.take_turn import is_my_turn, wait_for_my_turn
from integrations.stripe.services.work_invoices import work_objects

BATCH = 500
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(0))


@dataclass(slots=True)
class Worked:
    """What came of some events: how many were worked and parked, and rows of facts that are new, by kind."""

    events: int = 0
    parked: int = 0
    written: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Worked") -> None:
        self.events += other.events
        self.parked += other.parked
        for kind, rows in other.written.items():
            self.written[kind] = self.written.get(kind, 0) + rows


def work_events(*, clock: Callable[[], datetime], progress: Callable[[Worked], None] = lambda worked: None) -> Worked:
    """This function will work all events that are due, a batch in a transaction; nothing where somebody else does.

    What cannot be read is parked with its error at once; where a batch fails otherwise, its events are worked one by
    one, and the one that fails is tried again later and parked in the end.
    """
    total = Worked()
    while True:
        worked = _work_batch(clock())
        total.add(worked)
        progress(total)
        if not worked.events and not worked.parked:
            return total


def replay_events(*, events: "QuerySet[StripeEvent]", clock: Callable[[], datetime]) -> Worked:
    """This function will work events once more, as if they came again; what is recorded already stays as it is."""
    total, last = Worked(), 0
    while batch := list(events.filter(pk__gt=last).order_by("pk")[:BATCH]):
        with transaction.atomic():
            wait_for_my_turn()
            total.add(_work(batch, clock()))
        last = batch[-1].pk
    return total


def _work_batch(at: datetime) -> Worked:
    with transaction.atomic():
        if not is_my_turn():
            return Worked()
        due = EventToWork.objects.due(at=at).select_related("event").order_by("event_id")
        rows = list(due.select_for_update(of=("self",), no_key=True)[:BATCH])
        if not rows:
            return Worked()
        try:
            with transaction.atomic():
                return _settle(rows, at)
        except Exception:  # noqa: BLE001 (whatever it is, it must not stop the other events)
            return _one_by_one(rows, at)


def _one_by_one(rows: Sequence[EventToWork], at: datetime) -> Worked:
    total = Worked()
    for row in rows:
        try:
            with transaction.atomic():
                total.add(_settle([row], at))
        except Exception as error:  # noqa: BLE001 (it is kept with its event and shown)
            row.due_at = at + PAUSES[min(row.tries, len(PAUSES) - 1)]
            row.tries += 1
            row.error = f"{type(error).__name__}: {error}".replace("\0", "")[:1000]
            row.save(update_fields=["due_at", "tries", "error"])
            total.parked += 1
    return total


def _settle(rows: Sequence[EventToWork], at: datetime) -> Worked:
    """This function will work the events of these rows, take away those that are done, and park what is unreadable."""
    absorbed_errors: dict[int, str] = {}
    worked = _work([row.event for row in rows], at, absorbed_errors)
    for row in rows:
        if row.pk in absorbed_errors:
            row.tries, row.error = TRIES, absorbed_errors[row.pk].replace("\0", "")[:1000]
            row.save(update_fields=["tries", "error"])
    done = [row.pk for row in rows if row.pk not in absorbed_errors]
    EventToWork.objects.filter(pk__in=done).delete()
    return worked


def _work(events: Iterable[StripeEvent], at: datetime, errors: dict[int, str] | None = None) -> Worked:
    found = list(events)
    absorbed = absorb(found)
    if errors is not None:
        errors.update(absorbed.errors)
    written = work_objects(objects=absorbed.objects.values(), at=at)
    return Worked(events=len(found) - len(absorbed.errors), parked=len(absorbed.errors), written=written)
