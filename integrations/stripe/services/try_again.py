from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from integrations.stripe.models import EventToWork


class IsWorked(Exception):
    """The event is worked already."""


@needs(Right.MAP_CATEGORIES)
def try_again(*, event: int, by: User | None, at: datetime) -> None:
    """This function will have an event that was parked tried once more, by the next worker.

    :raises IsWorked: there is nothing to try
    """
    with transaction.atomic():
        row = EventToWork.objects.select_for_update(no_key=True).filter(pk=event).first()
        if row is None:
            raise IsWorked("It is worked already")
        row.tries, row.due_at = 0, at
        row.save(update_fields=["tries", "due_at"])
        write_audit(by=by, at=at, action="stripe event tried again", subject=f"Stripe event {event}")
