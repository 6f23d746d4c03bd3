from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Application, Partner, Program
from affiliates.models.application import ApplicationState
from affiliates.models.partner import KEY_LENGTH, MemberRole, PartnerKind
from affiliates.services.invite import invite
from affiliates.services.open_batch import open_batch
from notices.models import EventKind, NoticeKind
from notices.services.tell_person import tell_person
from notices.services.write_event import write_event

MOVES = {
    ApplicationState.APPLIED: {ApplicationState.VERIFIED},
    ApplicationState.VERIFIED: {ApplicationState.APPROVED, ApplicationState.DECLINED},
    ApplicationState.APPROVED: set(),
    ApplicationState.DECLINED: set(),
}
ROOM_FOR_NUMBER = 8


class ApplicationRefused(Exception):
    """The application cannot be decided like this; the message says why."""


def verify_application(*, application: Application, at: datetime) -> Application:
    """This function will note that the applicant's address is theirs; staff can decide now. Once is enough."""
    with transaction.atomic():
        application = Application.objects.select_for_update().get(pk=application.pk)
        if application.state == ApplicationState.APPLIED:
            application.verified_at = at
            _move(application, ApplicationState.VERIFIED, by=None, at=at)
            write_event(
                kind=EventKind.PARTNER_APPLIED,
                partner_id=None,
                subject=f"application {application.pk}",
                at=at,
                application=application.pk,
                company=application.company,
                kind_of_partner=application.kind,
            )
    return application


@needs(Right.DECIDE_APPLICATIONS)
def approve_application(*, application: Application, by: User, at: datetime) -> Partner:
    """This function will make an applicant a partner and invite them as its owner.

    :raises ApplicationRefused: the application cannot be decided now
    """
    program = Program.current()
    with transaction.atomic():
        application = _to_decide(application)
        batch = open_batch(source=f"application {application.pk}", by=by, at=at, earliest=None, counts={"partners": 1})
        partner = Partner.objects.create(
            reference=_free_reference(application.company),
            name=application.company,
            kind=PartnerKind(application.kind),
            email=application.email,
            joined_on=program.day(at),
            batch=batch,
        )
        application.partner, application.decided_by, application.decided_at = partner, by, at
        _move(application, ApplicationState.APPROVED, by=by, at=at)
        write_event(
            kind=EventKind.PARTNER_APPROVED,
            partner_id=partner.pk,
            subject=f"partner {partner.reference}",
            at=at,
            partner=partner.reference,
            name=partner.name,
            joined_on=partner.joined_on,
            application=application.pk,
        )
        invite(
            partner=partner,
            email=application.email,
            name=application.name,
            role=MemberRole.OWNER,
            by=by,
            at=at,
        )
    return partner


@needs(Right.DECIDE_APPLICATIONS)
def decline_application(*, application: Application, reason: str, by: User, at: datetime) -> Application:
    """This function will decline an application and tell the applicant why.

    :raises ApplicationRefused: no reason was given, or the application cannot be decided now
    """
    if not reason.strip():
        raise ApplicationRefused("Write the reason: the applicant is told it")
    program = Program.current()
    with transaction.atomic():
        application = _to_decide(application)
        application.reason, application.decided_by, application.decided_at = reason.strip(), by, at
        _move(application, ApplicationState.DECLINED, by=by, at=at)
        tell_person(
            recipient=application.email,
            kind=NoticeKind.APPLICATION,
            key=f"application:{application.pk}:declined",
            subject=f"Your application for {program.name}",
            paragraphs=(
                f"Thank you for applying for {program.name}.",
                f"We do not take {application.company} on as a partner now, for this reason:",
                application.reason,
                "If that changes, you are welcome to apply again.",
            ),
            at=at,
        )
    return application


def _to_decide(application: Application) -> Application:
    application = Application.objects.select_for_update().get(pk=application.pk)
    if application.state == ApplicationState.APPLIED:
        raise ApplicationRefused("The applicant has not confirmed the e-mail address yet")
    return application


def _move(application: Application, to: ApplicationState, *, by: User | None, at: datetime) -> None:
    if to not in MOVES[ApplicationState(application.state)]:
        raise ApplicationRefused(f"The application is {application.get_state_display().lower()} already")
    application.state = to
    application.save()
    write_audit(by=by, at=at, action=f"application {to.value}", subject=f"application {application.pk}")


def _free_reference(company: str) -> str:
    """A key for a new partner, made of its name; a number follows where it is taken."""
    stem = slugify(company)[: KEY_LENGTH - ROOM_FOR_NUMBER].strip("-") or "partner"
    taken = {
        reference.lower()
        for reference in Partner.objects.filter(reference__istartswith=stem).values_list("reference", flat=True)
    }
    number, reference = 1, stem
    while reference in taken:
        number += 1
        reference = f"{stem}-{number}"
    return reference
