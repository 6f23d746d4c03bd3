from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from referrals.models import Lead, LeadRequest
from referrals.models.conversation import RequestState, Wish
from referrals.models.lead import Stage

# Until the demo was held one may come to it.
BEFORE_THE_DEMO = (Stage.SUBMITTED, Stage.QUALIFIED, Stage.DEMO_SCHEDULED)


class AskedAlready(Exception):
    """The same request waits for its answer."""


class NothingToAsk(Exception):
    """The lead is not where the request makes sense; the message says what stands in its way."""


def ask_for_extension(*, lead: Lead, reason: str, by: User, at: datetime) -> LeadRequest:
    """This function will ask sales to protect a lead for longer (7).

    :raises NothingToAsk: the lead has ended, or is under review and not protected at all
    :raises AskedAlready: sales has not answered the last such request
    """
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        if lead.has_ended:
            raise NothingToAsk(f"{lead} is at “{lead.get_stage_display()}”, which ends its protection")
        if lead.protected_until is None:
            raise NothingToAsk(f"{lead} is under review; its protection begins when sales has decided")
        return _ask(lead, Wish.EXTENSION, reason, by, at)


def ask_to_join_demo(*, lead: Lead, text: str, by: User, at: datetime) -> LeadRequest:
    """This function will ask sales to invite the partner to the lead's demo (A).

    :raises NothingToAsk: the demo was held, or the lead has ended
    :raises AskedAlready: sales has not answered the last such request
    """
    with transaction.atomic():
        lead = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        if lead.stage not in BEFORE_THE_DEMO:
            raise NothingToAsk(f"{lead} is at “{lead.get_stage_display()}”: there is no demo to come")
        return _ask(lead, Wish.DEMO, text, by, at)


def _ask(lead: Lead, wish: Wish, text: str, by: User, at: datetime) -> LeadRequest:
    if lead.requests.filter(wish=wish, state=RequestState.OPEN).exists():
        raise AskedAlready("You asked for that already, and sales has not answered yet")
    request = LeadRequest.objects.create(lead=lead, wish=wish, text=text, by=by, at=at)
    write_audit(by=by, at=at, action=f"{wish.value} asked for", subject=f"lead {lead.pk}", request=request.pk)
    return request
