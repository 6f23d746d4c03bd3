from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit_of_many
from affiliates.models import Acceptance, AgreementVersion, Partner, Program
from affiliates.services.tell_partner import Message, tell_partners
from notices.models import Notice, NoticeKind

KEY = "agreement-reminder"


@needs(Right.PUBLISH_AGREEMENTS)
def remind_of_agreement(*, partners: Collection[int] | None, by: User | None, at: datetime) -> list[Partner]:
    """This function will ask partners again to accept the current version, and give those whom it asked.

    Each is asked at most once a day, and who has accepted meanwhile is not. `partners` None is everybody who must.
    """
    with transaction.atomic():
        program = Program.objects.select_for_update().get(pk=1)  # One at a time, so that nobody is asked twice.
        version = AgreementVersion.current()
        if version is None:
            return []
        on = program.day(at)
        rows = must_accept(version, on=on)
        asked = list(rows if partners is None else rows.filter(pk__in=partners))
        keys = {partner.pk: f"{KEY}:{version.pk}:{on}:{partner.pk}" for partner in asked}
        before = _told(version, on)
        asked = [partner for partner in asked if partner.pk not in before]
        tell_partners(
            kind=NoticeKind.AGREEMENT,
            messages=[_message(partner, version, keys[partner.pk]) for partner in asked],
            at=at,
        )
        subjects = [f"partner {partner.reference}" for partner in asked]
        write_audit_of_many(by=by, at=at, action="reminded of agreement", subjects=subjects, version=version.number)
    return asked


def must_accept(version: AgreementVersion, *, on: date) -> "QuerySet[Partner]":
    """The partners that have not ended and not accepted a version."""
    accepted = Acceptance.objects.filter(partner=OuterRef("pk"), version=version)
    going_on = Partner.objects.filter(Q(terminated_on__isnull=True) | Q(terminated_on__gte=on))
    return going_on.filter(~Exists(accepted)).order_by("name", "pk")


def last_reminded(version: AgreementVersion, partners: Collection[int]) -> dict[int, datetime]:
    """When each of some partners was reminded of a version last; who never was is not there."""
    rows = Notice.objects.filter(
        kind=NoticeKind.AGREEMENT, partner_id__in=partners, key__startswith=f"{KEY}:{version.pk}:"
    )
    return {notice.partner_id: notice.created_at for notice in rows.order_by("id") if notice.partner_id}


def _told(version: AgreementVersion, on: date) -> set[int | None]:
    today = Notice.objects.filter(kind=NoticeKind.AGREEMENT, key__startswith=f"{KEY}:{version.pk}:{on}:")
    return set(today.values_list("partner_id", flat=True))


def _message(partner: Partner, version: AgreementVersion, key: str) -> Message:
    return Message(
        partner_id=partner.pk,
        key=key,
        subject=f"Version {version.number} of the Agreement still waits for you",
        paragraphs=(
            f"“{version.title}”, version {version.number}, is not accepted for {partner} yet.",
            "An owner reads and accepts it in the portal. Leads can be registered meanwhile; payouts wait until then.",
        ),
        path=reverse("agreement"),
    )
