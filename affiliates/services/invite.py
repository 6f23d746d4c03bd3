import secrets
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Invitation, Membership, Partner, Program
from affiliates.models.invitation import VALID_FOR, hash_token
from affiliates.models.partner import MemberRole
from affiliates.services.tell_of_people import tell_of_people
from notices.models import NoticeKind
from notices.services.tell_person import tell_person

TOKEN_BYTES = 32
MOST_OPEN = 50


class InvitationRefused(Exception):
    """The invitation cannot be made or accepted like this; the message says why."""


def invite(
    *, partner: Partner, email: str, role: MemberRole, by: User | None, at: datetime, name: str = ""
) -> Invitation:
    """This function will invite an address to act for a partner; an earlier invitation of it is withdrawn.

    :raises InvitationRefused: the address is a member's already, or too many invitations wait
    """
    email = email.strip().lower()
    program, token = Program.current(), secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if Membership.objects.filter(partner=partner, user__email__iexact=email).exists():
            raise InvitationRefused(f"{email} belongs to {partner} already")
        waiting = Invitation.objects.not_ended().filter(partner=partner)
        waiting.filter(email__iexact=email).update(withdrawn_at=at)
        if waiting.count() >= MOST_OPEN:
            raise InvitationRefused(f"{MOST_OPEN} invitations wait for an answer; withdraw one of them first")
        invitation = Invitation.objects.create(
            partner=partner,
            email=email,
            name=name,
            role=role,
            token_hash=hash_token(token),
            invited_by=by,
            invited_at=at,
            expires_at=at + VALID_FOR,
        )
        who = by.get_full_name() if by else program.company_name
        part = "an owner" if role == MemberRole.OWNER else "a member"
        tell_person(
            recipient=email,
            kind=NoticeKind.INVITATION,
            key=f"invitation:{invitation.pk}",
            subject=f"Join {partner} in {program.name}",
            paragraphs=(
                f"{who} invites you to act for {partner} in {program.name}, as {part}.",
                f"The link is for you alone and good for {VALID_FOR.days} days.",
                "If you do not know what this is about, there is nothing to do.",
            ),
            path=reverse("join", args=[token]),
            has_key=True,
            partner_id=partner.pk,
            about=partner.name,
            at=at,
        )
        subject = f"partner {partner.reference}"
        write_audit(by=by, at=at, action="person invited", subject=subject, email=email, role=role.value)
    return invitation


def withdraw_invitation(*, invitation: Invitation, by: User, at: datetime) -> Invitation:
    """This function will withdraw an invitation; its link opens nothing any more.

    :raises InvitationRefused: it was accepted
    """
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if invitation.accepted_at is not None:
            raise InvitationRefused(f"{invitation.email} has joined already")
        if invitation.withdrawn_at is None:
            invitation.withdrawn_at = at
            invitation.save()
            subject = f"partner {invitation.partner.reference}"
            write_audit(by=by, at=at, action="invitation withdrawn", subject=subject, email=invitation.email)
    return invitation


def find_invitation(token: str, *, at: datetime) -> Invitation | None:
    """This function will find the invitation that a link belongs to; None where it can no longer be accepted."""
    return (
        Invitation.objects.open(at=at).select_related("partner", "invited_by").filter(token_hash=hash_token(token))
    ).first()


def accept_invitation(*, token: str, user: User, at: datetime) -> Membership:
    """This function will let a person who has signed in act for the partner that invited them.

    :raises InvitationRefused: it can no longer be accepted, or it is for another address
    """
    with transaction.atomic():
        invitation = _lock_open(token, at)
        if user.email.lower() != invitation.email.lower():
            raise InvitationRefused(f"The invitation is for {invitation.email}, and you are {user.email}")
        return _join(invitation, user, at)


def join_as_new_person(*, token: str, name: str, password: str, at: datetime) -> Membership:
    """This function will make the account of an invited person and let them act for the partner.

    :raises InvitationRefused: it can no longer be accepted, or somebody with that address is here already
    """
    with transaction.atomic():
        invitation = _lock_open(token, at)
        if User.objects.filter(email__iexact=invitation.email).exists():
            raise InvitationRefused("There is an account with this address: sign in, and join")
        user = User.objects.create_user(invitation.email, password, name=name)
        write_audit(by=user, at=at, action="account made", subject=f"user {user.pk}")
        return _join(invitation, user, at)


def _lock_open(token: str, at: datetime) -> Invitation:
    waiting = Invitation.objects.open(at=at).select_for_update(of=("self",)).select_related("partner")
    invitation = waiting.filter(token_hash=hash_token(token)).first()
    if invitation is None:
        raise InvitationRefused("This invitation was used, withdrawn, or is too old")
    return invitation


def _join(invitation: Invitation, user: User, at: datetime) -> Membership:
    membership, _ = Membership.objects.get_or_create(
        partner=invitation.partner, user=user, defaults={"role": invitation.role}
    )
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save()
    subject = f"partner {invitation.partner.reference}"
    audited = write_audit(by=user, at=at, action="invitation accepted", subject=subject, role=membership.role)
    tell_of_people(membership=membership, audited=audited, by=user, at=at)
    return membership
