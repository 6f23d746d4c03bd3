from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from affiliates.models import Program
from notices.models import NoticeKind
from notices.services.tell_person import tell_person
from referrals.models import Enquiry, Link
from referrals.models.enquiry import CONFIRM_WITHIN, FORGOTTEN_AFTER
from referrals.services.attribute_click import attribute_click

SALT = "referrals.enquiry"
WINDOW = timedelta(hours=24)
MOST_TO_AN_ADDRESS = 3  # So that nobody's mailbox is filled from here.
MOST_OF_A_VISITOR = 20


class LinkIsOver(Exception):
    """The link is switched off, or its partnership is not active."""


def enquire(
    *,
    link: Link,
    token: str = "",
    company: str,
    contact: str,
    email: str,
    agents: int | None,
    consent: str,
    visitor: str,
    at: datetime,
) -> Enquiry | None:
    """This function will keep what a visitor asks for and send a link that confirms the address.

    Nothing that the visitor typed is in that e-mail. Beyond a few tries a day nothing is kept and nothing is sent
    (None), and the visitor sees no difference. `token` is the click that brought the visitor, where it is known.

    :raises LinkIsOver: the link is switched off, or its partnership is not active
    """
    program = Program.current()
    with transaction.atomic():
        link = Link.objects.select_for_update(of=("self",)).select_related("partner").get(pk=link.pk)
        if not is_open(link, program, at=at):
            raise LinkIsOver
        email = email.lower()
        if _asked_too_often(email, visitor, at=at):
            return None
        click = attribute_click(tokens=[token], at=at) if token else None
        enquiry = Enquiry.objects.create(
            link=link,
            click=click if click and click.link_id == link.pk else None,
            company=company,
            contact=contact,
            email=email,
            agents=agents,
            consent=consent,
            asked_at=at,
            visitor=visitor,
        )
        _ask_to_confirm(enquiry, program, at=at)
    return enquiry


def key_of_notice(enquiry_id: int) -> str:
    """The key of the notice that asks for a confirmation."""
    return f"enquiry:{enquiry_id}:confirm"


def _asked_too_often(email: str, visitor: str, *, at: datetime) -> bool:
    lately = Enquiry.objects.filter(asked_at__gt=at - WINDOW).filter(Q(email=email) | Q(visitor=visitor))
    asked = list(lately.values_list("email", "visitor"))
    return (
        sum(of == email for of, _ in asked) >= MOST_TO_AN_ADDRESS
        or sum(of == visitor for _, of in asked) >= MOST_OF_A_VISITOR
    )


def _ask_to_confirm(enquiry: Enquiry, program: Program, *, at: datetime) -> None:
    tell_person(
        recipient=enquiry.email,
        kind=NoticeKind.ENQUIRY,
        key=key_of_notice(enquiry.pk),
        subject=f"Confirm that {program.company_name} may contact you",
        paragraphs=(
            f"Somebody, probably you, asked {program.company_name} to get in touch at this address.",
            f"Confirm it with the link, which is good for {CONFIRM_WITHIN.days} days.",
            f"Without that, what was entered is deleted after {FORGOTTEN_AFTER.days} days.",
            "If it was not you, there is nothing to do: nobody writes to you again because of this.",
        ),
        path=reverse("enquiry_confirm", args=[signing.dumps(enquiry.pk, salt=SALT)]),
        has_key=True,
        at=at,
    )


def is_open(link: Link, program: Program, *, at: datetime) -> bool:
    """Whether visitors can leave their details at a link."""
    return link.is_on and link.partner.is_active(on=program.day(at))
