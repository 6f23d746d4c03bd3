from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from referrals.models import Demo, LeadRequest
from referrals.models.conversation import RequestState, Wish
from referrals.recognition import one_at_a_time
from referrals.services.extend_protection import set_protection
from referrals.services.tell_of_lead import tell_of_answer
from referrals.services.touch_lead import touch_lead


class RequestIsAnswered(Exception):
    """Somebody answered the request before."""


@needs(Right.MOVE_LEADS)
def grant_request(*, request: LeadRequest, until: date | None, answer: str, by: User, at: datetime) -> LeadRequest:
    """This function will grant what a partner asks for a lead; `until` is the new end of its protection, if asked.

    :raises RequestIsAnswered: somebody answered it before
    :raises CannotBeExtended: the lead has ended, the day is not later, or another partner came since it ran out
    """
    with transaction.atomic():
        one_at_a_time()
        request = _still_open(request)
        details: dict[str, object] = {}
        if request.wish == Wish.EXTENSION:
            details = {"until": until, "before": set_protection(request.lead_id, until=until, at=at)}
        else:
            Demo.objects.filter(lead=request.lead_id).update(partner_joins=True)
        return _answer(request, RequestState.GRANTED, answer, by, at, **details)


@needs(Right.MOVE_LEADS)
def decline_request(*, request: LeadRequest, answer: str, by: User, at: datetime) -> LeadRequest:
    """This function will decline what a partner asks for a lead, with the words that the partner sees.

    :raises RequestIsAnswered: somebody answered it before
    """
    with transaction.atomic():
        return _answer(_still_open(request), RequestState.DECLINED, answer, by, at)


def _still_open(request: LeadRequest) -> LeadRequest:
    request = LeadRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if request.state != RequestState.OPEN:
        raise RequestIsAnswered(f"It is answered already: {request.get_state_display().lower()}")
    return request


def _answer(
    request: LeadRequest, state: RequestState, answer: str, by: User, at: datetime, **details: object
) -> LeadRequest:
    request.state, request.answer, request.answered_by, request.answered_at = state, answer, by, at
    request.save()
    touch_lead(lead_id=request.lead_id, at=at)
    tell_of_answer(request, at=at)
    write_audit(
        by=by,
        at=at,
        action=f"{request.wish} {state.value}",
        subject=f"lead {request.lead_id}",
        request=request.pk,
        **details,
    )
    return request
