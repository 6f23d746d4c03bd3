from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.models import User
from affiliates.models import Partner
from notices.models import NoticeKind, Pace
from notices.services.set_pace import set_pace


def set_notifications(*, partner: Partner, paces: Mapping[NoticeKind, Pace], by: User, at: datetime) -> None:
    """This function will say how soon a person hears of each kind of thing at a partner, for themselves.

    :raises CannotBeOff: a kind is one that is always told at once
    """
    with transaction.atomic():
        for kind, pace in paces.items():
            set_pace(person=by, partner_id=partner.pk, kind=kind, pace=pace, at=at)
