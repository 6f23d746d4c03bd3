from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.companies import own_domain
from referrals.models import Conflict, Lead
from referrals.models.lead import Channel
from referrals.recognition import Company, claims_of_others, matches, one_at_a_time
from referrals.services.register_lead import AlreadyYours, what_stands_against
from referrals.services.touch_lead import touch_lead


class CannotBeCorrected(Exception):
    """The lead was not proposed from an e-mail, or has ended."""


@needs(Right.MOVE_LEADS)
def correct_lead(
    *, lead: Lead, company: str, contact: str, email: str, domain: str, by: User | None, at: datetime
) -> Lead:
    """This function will put right what was guessed of a lead that came by e-mail; it keeps its day.

    Where it turns out to be a company that another partner has a claim to, that is a customer or blocked, the lead
    loses its protection until sales has decided.

    :raises CannotBeCorrected: the lead came another way, or has ended
    :raises AlreadyYours: the partner has another lead of that company
    """
    on = Program.current().day(at)
    with transaction.atomic():
        one_at_a_time()
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("partner").get(pk=lead.pk)
        if lead.channel != Channel.INTRODUCTION or lead.has_ended:
            raise CannotBeCorrected(f"{lead} has ended" if lead.has_ended else f"{lead} did not come by e-mail")
        before = Company.of(lead)
        recognised = Company.told(name=company, email=email, site=domain)
        lead.company, lead.contact, lead.email, lead.domain = company, contact, email, own_domain(domain)
        if recognised != before:
            _look_again(lead, recognised, on, at)
        lead.save()
        touch_lead(lead_id=lead.pk, at=at)
        write_audit(
            by=by, at=at, action="lead corrected", subject=f"lead {lead.pk}",
            company=company, contact=contact, email=email, domain=lead.domain,
        )  # fmt: skip
    return lead


def _look_again(lead: Lead, recognised: Company, on: date, at: datetime) -> None:
    """What stands against the company as it is called now; what is being decided already stays so."""
    found = matches(recognised, Lead.objects.exclude(pk=lead.pk))
    if mine := [match.lead for match in found if match.lead.partner_id == lead.partner_id]:
        raise AlreadyYours(mine[0])
    claims = claims_of_others(found, partner_id=lead.partner_id, on=on)
    known = {(each.first_id, each.known_as) for each in Conflict.objects.filter(lead=lead)}
    known |= {(key, "") for key in Conflict.objects.filter(first=lead).values_list("lead_id", flat=True)}
    against = what_stands_against(lead, recognised, claims, on=on, at=at)
    fresh = [each for each in against if (each.first_id, each.known_as) not in known]
    if fresh:
        Conflict.objects.bulk_create(fresh)
        lead.protected_until = None
