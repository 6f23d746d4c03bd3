from collections.abc import Collection
from datetime import datetime, timedelta

from affiliates.models import Program
from referrals.models import Click


def attribute_click(*, tokens: Collection[str], at: datetime) -> Click | None:
    """This function will find the click that is credited at a moment, with its link and partner; None for nobody.

    A click counts for as many days as the program's cookie lives, and while its partner's partnership is active.
    Of several the last one wins. A lead that is registered wins over any click: `register_lead` sees to that. A link
    that was switched off later keeps the clicks that it had.
    """
    program = Program.current()
    since = at - timedelta(days=program.cookie_days)
    clicks = Click.objects.filter(token__in=tokens, at__lte=at, at__gte=since).select_related("link__partner")
    active = (click for click in clicks.order_by("-at", "-id") if click.link.partner.is_active(on=program.day(at)))
    return next(active, None)
