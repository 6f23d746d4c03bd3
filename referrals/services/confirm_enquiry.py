from datetime import datetime

from django.core import signing
from django.db import transaction

from accounts.services.write_audit import write_audit
from referrals.models import Enquiry
from referrals.models.enquiry import CONFIRM_WITHIN
from referrals.models.lead import Channel
from referrals.services.enquire import SALT
from referrals.services.register_lead import AlreadyYours, PartnerNotActive, register_lead


class LinkNoLongerGood(Exception):
    """The link that confirms an address is too old, or was not written by this portal."""


def find_enquiry(token: str) -> Enquiry:
    """This function will find the enquiry that a link from its e-mail belongs to.

    :raises LinkNoLongerGood: the link is too old, or no link of ours
    """
    try:
        number = signing.loads(token, salt=SALT, max_age=CONFIRM_WITHIN)
        return Enquiry.objects.select_related("link__partner").get(pk=number)
    except (signing.BadSignature, Enquiry.DoesNotExist) as error:
        raise LinkNoLongerGood from error


def confirm_enquiry(*, enquiry: Enquiry, at: datetime) -> Enquiry:
    """This function will make a visitor's enquiry the partner's lead, once however often it is confirmed.

    The visitor's consent attests the lead. Where the partnership has ended meanwhile, or the company is the partner's
    lead already, the enquiry is confirmed and no lead is made; the visitor learns of neither.
    """
    with transaction.atomic():
        enquiry = Enquiry.objects.select_for_update().get(pk=enquiry.pk)
        if enquiry.confirmed_at is not None:
            return enquiry
        try:
            with transaction.atomic():
                enquiry.lead = register_lead(
                    partner=enquiry.link.partner,
                    company=enquiry.company,
                    contact=enquiry.contact,
                    email=enquiry.email,
                    agents=enquiry.agents,
                    channel=Channel.LINK,
                    link=enquiry.link,
                    click=enquiry.click,
                    is_attested=True,
                    by=None,
                    at=at,
                )
            outcome = f"lead {enquiry.lead.pk}"
        except (AlreadyYours, PartnerNotActive) as refused:
            outcome = type(refused).__name__
        enquiry.confirmed_at = at
        enquiry.save(update_fields=["confirmed_at", "lead"])
        subject = f"enquiry {enquiry.pk}"
        write_audit(by=None, at=at, action="enquiry confirmed", subject=subject, outcome=outcome)
    return enquiry
