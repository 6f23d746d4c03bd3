from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit_of_many
from referrals.models import Lead, LeadWork, PartnerRep, Rep
from referrals.models.lead import ENDED

GIVING = "leads are given to reps one after the other"
MOST_AT_ONCE = 500


class RepIsGone(Exception):
    """The rep cannot work on leads any more."""


@needs(Right.ASSIGN_LEADS)
def assign_leads(*, leads: Iterable[Lead], to: Rep, by: User | None, at: datetime) -> int:
    """This function will give leads to a rep, and count those that were not the rep's before; ended ones stay.

    :raises RepIsGone: the rep may not sign in any more
    """
    if not to.user.is_active:
        raise RepIsGone(f"{to} has left; choose another rep")
    with transaction.atomic():
        found = [work for work in _locked(leads) if work.owner_id != to.pk]
        _give(found, [to] * len(found), by, at)
    return len(found)


@needs(Right.ASSIGN_LEADS)
def assign_by_rule(*, leads: Iterable[Lead], by: User | None, at: datetime) -> int:
    """This function will give leads to reps by the rule, and count those given.

    A lead goes to its partner's own rep. Where there is none who takes leads, the active reps take turns; one whose
    turn was longest ago is next, however many are given at once.
    """
    with transaction.atomic():
        _one_giver()
        return _by_rule(_locked(leads), by, at)


def assign_new_leads(*, at: datetime) -> int:
    """This function will give the open leads that nobody owns to reps by the rule, oldest first, and count them."""
    with transaction.atomic():
        _one_giver()
        unowned = Lead.objects.open().filter(work__owner=None).order_by("pk")[:MOST_AT_ONCE]
        return _by_rule([work for work in _locked(unowned) if work.owner_id is None], None, at)


def _one_giver() -> None:
    """Nobody else gives by the rule until the transaction ends, so that each turn is taken once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [GIVING])


def _locked(leads: Iterable[Lead]) -> list[LeadWork]:
    """The work of those of the leads that are open, locked in the order of their keys."""
    rows = LeadWork.objects.filter(lead__in=[lead.pk for lead in leads]).exclude(lead__stage__in=ENDED)
    return list(rows.select_for_update(no_key=True, of=("self",)).select_related("lead").order_by("lead_id"))


def _by_rule(found: Sequence[LeadWork], by: User | None, at: datetime) -> int:
    taking = list(Rep.objects.taking().select_for_update(no_key=True, of=("self",)).order_by("turn", "pk"))
    if not taking:
        return 0
    by_partner = dict(
        PartnerRep.objects.filter(partner__in={work.lead.partner_id for work in found}).values_list("partner", "rep")
    )
    by_key = {rep.pk: rep for rep in taking}
    turn = Rep.objects.aggregate(last=Max("turn"))["last"]
    given = []
    for work in found:
        rep = by_key.get(by_partner.get(work.lead.partner_id, 0))
        if rep is None:
            turn += 1
            rep = taking.pop(0)
            rep.turn = turn
            taking.append(rep)
        given.append(rep)
    Rep.objects.bulk_update(taking, ["turn"])
    _give(found, given, by, at)
    return len(found)


def _give(found: Sequence[LeadWork], to: Sequence[Rep], by: User | None, at: datetime) -> None:
    for rep in set(to):
        given = [work for work, taker in zip(found, to, strict=True) if taker == rep]
        LeadWork.objects.filter(lead__in=[work.lead_id for work in given]).update(owner=rep, touched_at=at)
        subjects = [f"lead {work.lead_id}" for work in given]
        write_audit_of_many(by=by, at=at, action="lead assigned", subjects=subjects, to=rep.user.email)
