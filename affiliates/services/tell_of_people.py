from datetime import datetime

from django.urls import reverse

from accounts.models import AuditEntry, User
from affiliates.models import Membership
from affiliates.services.tell_partner import tell_partner
from notices.models import NoticeKind


def tell_of_people(*, membership: Membership, audited: AuditEntry, by: User, at: datetime) -> None:
    """This function will tell a partner's people, the one concerned included, that who acts for it has changed.

    Call it before somebody is taken out, so that they hear of it too.
    """
    partner, person = membership.partner, membership.user
    whom = f"{person.get_full_name()} ({person.email}), {membership.get_role_display().lower()}"
    tell_partner(
        partner=partner,
        kind=NoticeKind.SECURITY,
        key=f"people:{audited.pk}",
        subject=f"{partner}: {audited.action}, {person.get_full_name()}",
        paragraphs=(
            f"Who acts for {partner} has changed: {audited.action}, {whom}. {by.get_full_name()} did it.",
            "If that was not meant, look at the people in the settings at once, and write to us.",
        ),
        path=reverse("people"),
        at=at,
    )
