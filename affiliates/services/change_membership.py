from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Invitation, Membership, Partner
from affiliates.models.partner import MemberRole
from affiliates.services.tell_of_people import tell_of_people


class LastOwner(Exception):
    """A partner always has an owner: somebody else has to be made one first."""


def change_role(*, membership: Membership, to: MemberRole, by: User, at: datetime) -> Membership:
    """This function will make a member an owner, or an owner a member.

    :raises LastOwner: nobody else owns the partner
    """
    with transaction.atomic():
        membership = _lock(membership)
        if membership.role == to:
            return membership
        if to != MemberRole.OWNER:
            _keep_an_owner(membership)
            _withdraw_invitations(membership, at)
        membership.role = to
        membership.save()
        _note(membership, "role changed", by, at)
    return membership


def remove_member(*, membership: Membership, by: User, at: datetime) -> None:
    """This function will end a person's part in a partner; what they did stays theirs.

    :raises LastOwner: nobody else owns the partner
    """
    with transaction.atomic():
        membership = _lock(membership)
        _keep_an_owner(membership)
        _withdraw_invitations(membership, at)
        _note(membership, "person removed", by, at)
        membership.delete()


def _lock(membership: Membership) -> Membership:
    """Locks the partner, so that of two owners who go at once one stays."""
    Partner.objects.select_for_update(no_key=True).get(pk=membership.partner_id)
    return Membership.objects.select_related("partner", "user").get(pk=membership.pk)


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(partner=membership.partner_id, role=MemberRole.OWNER, user__is_active=True)
    if membership.role == MemberRole.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner(f"{membership.user.get_full_name()} is the only owner; make somebody else an owner first")


def _withdraw_invitations(membership: Membership, at: datetime) -> None:
    """Whom somebody invited who does not decide any more has to be invited by those who do."""
    invited = Invitation.objects.open(at=at).filter(partner=membership.partner_id, invited_by=membership.user_id)
    invited.update(withdrawn_at=at)


def _note(membership: Membership, action: str, by: User, at: datetime) -> None:
    person, subject = membership.user, f"partner {membership.partner.reference}"
    audited = write_audit(by=by, at=at, action=action, subject=subject, email=person.email, role=membership.role)
    tell_of_people(membership=membership, audited=audited, by=by, at=at)
