from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Acceptance, AgreementVersion, Partner
from affiliates.models.partner import MemberRole
from affiliates.services.tell_of_agreement import tell_of_version
from notices.models import EventKind
from notices.services.write_event import write_event


class AcceptanceRefused(Exception):
    """The Agreement cannot be accepted like this; the message says why."""


@needs(Right.PUBLISH_AGREEMENTS)
def publish_version(*, number: str, title: str, text: str, by: User | None, at: datetime) -> AgreementVersion:
    """This function will publish a version of the Agreement; each partner is asked to accept it."""
    with transaction.atomic():
        version = AgreementVersion.objects.create(number=number, title=title, text=text, published_at=at)
        tell_of_version(version)
        write_audit(by=by, at=at, action="agreement published", subject=f"agreement {number}")
    return version


def accept_agreement(
    *,
    partner: Partner,
    version: AgreementVersion,
    name: str,
    by: User,
    at: datetime,
    address: str | None = None,
) -> Acceptance:
    """This function will accept the current version for a partner, as a named person: the date of execution (10).

    :raises AcceptanceRefused: no name was typed, the version is not the current one, it was accepted
        before, or the person is no owner of the partner
    """
    if not name.strip():
        raise AcceptanceRefused("Type your name as you sign it")
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if version != AgreementVersion.current():
            raise AcceptanceRefused(f"{version} is no longer the current one; read and accept the new version")
        if not partner.memberships.filter(user=by, role=MemberRole.OWNER).exists():
            raise AcceptanceRefused(f"{by} is not an owner of {partner}")
        if Acceptance.objects.filter(partner=partner, version=version).exists():
            raise AcceptanceRefused(f"{version} was accepted already")
        acceptance = Acceptance.objects.create(
            partner=partner,
            version=version,
            user=by,
            name=name.strip(),
            partner_name=partner.name,
            email=by.email,
            at=at,
            address=address,
        )
        subject = f"partner {partner.reference}"
        write_audit(by=by, at=at, action="agreement accepted", subject=subject, version=version.number, name=name)
        write_event(
            kind=EventKind.AGREEMENT_ACCEPTED,
            partner_id=partner.pk,
            subject=subject,
            at=at,
            partner=partner.reference,
            acceptance=acceptance.pk,
            version=version.number,
            name=acceptance.name,
        )
    return acceptance
