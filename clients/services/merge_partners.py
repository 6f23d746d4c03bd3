from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Membership, Partner, Program, Violation
from affiliates.models.agreement import NOTICE_PERIOD
from affiliates.models.partner import EndedBy, MemberRole
from affiliates.services.end_partnership import NoticeRefused, end_partnership
from affiliates.services.open_batch import wait_for_turn
from clients.models import Client
from clients.services.move_clients import MoveRefused, check_partners, give_clients
from referrals.models import Conflict, Lead, Link
from referrals.models.conflict import ConflictState
from referrals.recognition import one_at_a_time
from referrals.services.free_waiting import close_conflict, end_review


@needs(Right.CHANGE_PARTNERS)
def merge_partners(
    *, partner: Partner, into: Partner, with_people: bool, reason: str, by: User | None, at: datetime
) -> dict[str, int]:
    """This function will give all that goes on of a partner to another one, and end the first.

    Its clients, open leads and links become the other's, and its people act for both, as members of the
    other, if `with_people`. Notice of termination is given for it (10). Its ledger, payouts, statements and
    what became of its earlier leads stay where they are. It says how many of each moved.

    :raises MoveRefused: one of them has ended or is ending, a violation is open, or a reason is missing
    """
    program = Program.current()
    check_partners(partner, into, reason=reason, by=by, at=at)
    if Violation.objects.open().filter(partner=partner).exists():
        raise MoveRefused(f"{partner} has an open violation; decide it first")
    with transaction.atomic():
        wait_for_turn()
        one_at_a_time()
        list(Partner.objects.select_for_update(no_key=True).filter(pk__in=(partner.pk, into.pk)).order_by("pk"))
        clients = list(Client.objects.select_for_update(no_key=True).filter(partner=partner).order_by("pk"))
        moved = {
            "clients": give_clients(clients, of=partner, to=into, reason=reason, by=by, at=at) if clients else 0,
            "leads": Lead.objects.open().filter(partner=partner).update(partner=into),
            "links": Link.objects.filter(partner=partner).update(partner=into),
            "people": _give_people(partner, into) if with_people else 0,
        }
        _end_conflicts(into, at=at)
        on = program.day(at)
        try:
            end_partnership(
                partner=partner,
                given_by=EndedBy.COMPANY,
                given_on=on,
                effective_on=on + NOTICE_PERIOD,
                reason=f"Merged into {into}: {reason}",
                by=by,
                at=at,
            )
        except NoticeRefused as refusal:
            raise MoveRefused(f"{refusal}; move its clients instead") from refusal
        for each in (partner, into):
            write_audit(
                by=by,
                at=at,
                action="partner merged",
                subject=f"partner {each.reference}",
                of=partner.reference,
                to=into.reference,
                reason=reason,
                **moved,
            )
    return moved


def _end_conflicts(partner: Partner, *, at: datetime) -> None:
    """Nothing is to be decided between two leads of the same partner."""
    found = Conflict.objects.open().filter(lead__partner=partner, first__partner=partner).select_related("lead")
    for conflict in found.select_for_update(no_key=True, of=("self",)).order_by("lead_id"):
        close_conflict(conflict, ConflictState.OVER, reason=f"Both are {partner}’s now", by=None, at=at)
        end_review(conflict.lead, by=None, at=at)


def _give_people(partner: Partner, into: Partner) -> int:
    """The people of the one act for the other too; who owns it is for its owners to say."""
    there = Membership.objects.filter(partner=into).values("user")
    coming = Membership.objects.filter(partner=partner).exclude(user__in=there)
    made = [Membership(partner=into, user_id=each.user_id, role=MemberRole.MEMBER) for each in coming]
    return len(Membership.objects.bulk_create(made))
