from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, may, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Partner
from referrals.models import PartnerRep, Rep, Team


class NotOfSales(Exception):
    """The person may not move leads, and so cannot be given any."""


class TeamIsThere(Exception):
    """There is a team of that name."""


@needs(Right.RUN_SALES)
def make_team(*, name: str, by: User | None, at: datetime) -> Team:
    """This function will make a team.

    :raises TeamIsThere: there is one of that name
    """
    with transaction.atomic():
        team, is_new = Team.objects.get_or_create(name=name.strip())
        if not is_new:
            raise TeamIsThere(f"There is a team “{team}” already")
        write_audit(by=by, at=at, action="team made", subject=f"team {team.pk}", name=team.name)
    return team


@needs(Right.RUN_SALES)
def set_rep(*, user: User, team: Team | None, is_active: bool, by: User | None, at: datetime) -> Rep:
    """This function will make somebody a rep, or change the rep's team and whether the rep takes new leads.

    :raises NotOfSales: the person may not move leads
    """
    if is_active and not may(user, Right.MOVE_LEADS):
        raise NotOfSales(f"{user.get_full_name()} may not move leads: give the role Sales first")
    with transaction.atomic():
        rep, _ = Rep.objects.update_or_create(user=user, defaults={"team": team, "is_active": is_active})
        details = {"team": team.name if team else None, "takes": "yes" if is_active else "no"}
        write_audit(by=by, at=at, action="rep set", subject=f"user {user.pk}", **details)
    return rep


@needs(Right.RUN_SALES)
def set_partner_rep(*, partner: Partner, rep: Rep | None, by: User | None, at: datetime) -> None:
    """This function will say which rep gets a partner's new leads; with None the reps take turns."""
    with transaction.atomic():
        if rep is None:
            PartnerRep.objects.filter(partner=partner).delete()
        else:
            PartnerRep.objects.update_or_create(partner=partner, defaults={"rep": rep})
        to = rep.user.email if rep else None
        write_audit(by=by, at=at, action="partner's rep set", subject=f"partner {partner.reference}", rep=to)
