"""Sales reps, told in few words."""

from accounts.models import Role
from referrals.models import Lead, Rep, Team
from referrals.services.assign_leads import assign_leads
from referrals.services.set_up_reps import set_rep
from tests.cast import AT, _person
from tests.leads.telling import lead_of


def rep(name: str, team: str = "", *, is_active: bool = True) -> Rep:
    """A sales rep; of a team, where it is named."""
    of = Team.objects.get_or_create(name=team)[0] if team else None
    return set_rep(user=_person(name, Role.SALES), team=of, is_active=is_active, by=None, at=AT)


def lead_with(owner: Rep | None, company: str, of: str = "ada") -> Lead:
    """A lead that somebody owns."""
    lead = lead_of(of, company, f"jo@{company.lower()}.example")
    if owner is not None:
        assign_leads(leads=[lead], to=owner, by=None, at=AT)
    return lead
