from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from affiliates.models import Membership, Partner, PayoutMethod, Program
from affiliates.models.partner import MemberRole
from affiliates.models.payee import PayoutMethodKind
from affiliates.services.set_payee import confirm_payout_method, set_payout_method
from notices.models import NoticeKind
from notices.services.tell_person import tell_person

SALT = "affiliates.payout_method"
GOOD_FOR = timedelta(days=3)


class ConfirmationRefused(Exception):
    """The payout method cannot be confirmed with this link; the message says why."""


def enter_payout_method(
    *, partner: Partner, kind: PayoutMethodKind, holder: str, details: str, by: User, at: datetime
) -> PayoutMethod:
    """This function will take an owner's new payout method, tell everybody who should know, and ask to confirm it.

    The company's address and every owner are told, so that nobody moves the money unseen; whoever entered
    it gets the link that confirms it.
    """
    program = Program.current()
    with transaction.atomic():
        earlier = PayoutMethod.objects.current().filter(partner=partner).first()
        method = set_payout_method(partner=partner, kind=kind, holder=holder, details=details, by=by, at=at)
        tell_person(
            recipient=by.email,
            kind=NoticeKind.SECURITY,
            key=f"payout method:{method.pk}:confirm",
            subject=f"Confirm where the money of {partner} goes",
            paragraphs=(
                f"You entered {method} for {partner}. Confirm it with the link, and payouts go there.",
                f"The link is good for {GOOD_FOR.days} days.",
                f"If it was not you, do not follow it, and write to {program.company_email} at once.",
            ),
            path=reverse("payout_method_confirm", args=[signing.dumps(str(method.pk), salt=SALT)]),
            has_key=True,
            person=by,
            partner_id=partner.pk,
            about=partner.name,
            at=at,
        )
        was = f" in place of {earlier}" if earlier else ""
        for recipient in sorted(_who_should_know(partner) - {by.email.lower()}):
            tell_person(
                recipient=recipient,
                kind=NoticeKind.SECURITY,
                key=f"payout method:{method.pk}:{recipient}"[:200],
                subject=f"The payout method of {partner} was changed",
                paragraphs=(
                    f"{by.get_full_name()} entered {method} for {partner}{was}.",
                    "A changed method holds payouts for 72 hours.",
                    f"If that is not right, write to {program.company_email} at once.",
                ),
                path=reverse("payout_method"),
                partner_id=partner.pk,
                about=partner.name,
                at=at,
            )
    return method


def find_to_confirm(token: str, *, partner: Partner) -> PayoutMethod:
    """This function will find the payout method of a partner that a link from its e-mail belongs to.

    :raises ConfirmationRefused: the link is too old or another's, or the method was replaced since
    """
    try:
        pk = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature as error:
        raise ConfirmationRefused("This link is no longer good; enter the payout method again") from error
    method = PayoutMethod.objects.filter(pk=pk, partner=partner).first()
    if method is None:
        raise ConfirmationRefused("This link belongs to another partner")
    if method.replaced_at is not None:
        raise ConfirmationRefused("Another payout method was entered since; use the link in its e-mail")
    return method


def confirm_by_link(*, token: str, partner: Partner, by: User, at: datetime) -> PayoutMethod:
    """This function will confirm the payout method that a link from its e-mail belongs to.

    :raises ConfirmationRefused: the link is too old or another's, or the method was replaced since
    """
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        return confirm_payout_method(method=find_to_confirm(token, partner=partner), by=by, at=at)


def _who_should_know(partner: Partner) -> set[str]:
    owners = Membership.objects.filter(partner=partner, role=MemberRole.OWNER).select_related("user")
    return {partner.email.lower(), *(owner.user.email.lower() for owner in owners)}
