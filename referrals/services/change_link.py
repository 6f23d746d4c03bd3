from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.models import Link
from referrals.services.make_link import LinkRefused, check_destination


def change_link(*, link: Link, name: str, destination: str, by: User | None, at: datetime) -> Link:
    """This function will give a link another name or destination; its code, its clicks and its leads stay.

    A destination that stays is not looked at again, so a link to a site of earlier can still be renamed.

    :raises LinkRefused: the partnership is not active, or the program's links may not lead there
    """
    program, name = Program.current(), name.strip()
    with transaction.atomic():
        locked = Link.objects.select_for_update(of=("self",)).select_related("partner").get(pk=link.pk)
        if not locked.partner.is_active(on=program.day(at)):
            raise LinkRefused("name", "Links are changed while the partnership is active")
        if destination != locked.destination:
            check_destination(destination, program)
        if (name, destination) == (locked.name, locked.destination):
            return locked
        was = {"was_named": locked.name, "led_to": locked.destination}
        locked.name, locked.destination = name, destination
        locked.save(update_fields=["name", "destination"])
        subject = f"link {locked.pk}"
        write_audit(by=by, at=at, action="link changed", subject=subject, name=name, leads_to=destination, **was)
    return locked
