from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts.services.write_audit import write_audit
from affiliates.models import Application, Program
from affiliates.models.application import FORGOTTEN_AFTER
from affiliates.models.partner import PartnerKind
from notices.models import NoticeKind
from notices.services.tell_person import tell_person

SALT = "affiliates.application"
GOOD_FOR = timedelta(days=7)


class LinkNoLongerGood(Exception):
    """The link that confirms an address is too old, or was not written by this portal."""


def apply(
    *,
    kind: PartnerKind,
    company: str,
    site: str,
    name: str,
    email: str,
    audience: str,
    promotion: str,
    at: datetime,
) -> Application:
    """This function will take an application and ask by e-mail whether the address is the applicant's.

    What happens is the same whether or not somebody here has that address.
    """
    program = Program.current()
    with transaction.atomic():
        application = Application.objects.create(
            kind=kind, company=company, site=site, name=name, email=email, audience=audience, promotion=promotion,
            applied_at=at,
        )  # fmt: skip
        tell_person(
            recipient=email,
            kind=NoticeKind.APPLICATION,
            key=key_of_notice(application.pk),
            subject=f"Confirm your address for {program.name}",
            paragraphs=(
                f"Somebody, probably you, applied for {program.name} with this address, for {company}.",
                f"Confirm it with the link, and we read the application. The link is good for {GOOD_FOR.days} days.",
                f"Without that it is deleted after {FORGOTTEN_AFTER.days} days.",
                "If it was not you, there is nothing to do.",
            ),
            path=reverse("apply_confirm", args=[signing.dumps(application.pk, salt=SALT)]),
            has_key=True,
            at=at,
        )
        write_audit(by=None, at=at, action="application made", subject=f"application {application.pk}")
    return application


def key_of_notice(application_id: int) -> str:
    """The key of the notice that asks for a confirmation."""
    return f"application:{application_id}:confirm"


def find_application(token: str) -> Application:
    """This function will find the application that a link from its e-mail belongs to.

    :raises LinkNoLongerGood: the link is too old, or no link of ours
    """
    try:
        return Application.objects.get(pk=signing.loads(token, salt=SALT, max_age=GOOD_FOR))
    except (signing.BadSignature, Application.DoesNotExist) as error:
        raise LinkNoLongerGood from error
