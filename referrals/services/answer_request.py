from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from referrals.models import Lead, LeadRequest
from referrals.models.conversation import RequestState, Wish
from referrals.recognition import one_at_a_time
from referrals.services.move_lead import protect_longer
from referrals.services.tell_of_lead import tell_of_answer


class RequestIsAnswered(Exception):
    """Somebody answered the request before."""


class CannotBeExtended(Exception):
    """The protection cannot be set to that day; the message says why."""


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
            details = {"until": until, "before": _extend(request.lead_id, until, at)}
        return _answer(request, RequestState.GRANTED, answer, by, at, **details)


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


def _extend(lead_id: int, until: date | None, at: datetime) -> date | None:
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    before, on = lead.protected_until, Program.current().day(at)
    if until is None or until < on:
        raise CannotBeExtended("Say until which day the lead is protected, today or later")
    if lead.has_ended or lead.protected_until is None:
        raise CannotBeExtended(f"{lead} has ended or is under review: there is no protection to extend")
    if not protect_longer(lead, on=on, until=until):
        raise CannotBeExtended(
            f"{lead} is protected until {before} already"
            if before is not None and until <= before
            else f"The protection of {lead} ran out on {before}, and another partner has registered the company since"
        )
    lead.save(update_fields=["protected_until"])
    return before


def _answer(
    request: LeadRequest, state: RequestState, answer: str, by: User, at: datetime, **details: object
) -> LeadRequest:
    request.state, request.answer, request.answered_by, request.answered_at = state, answer, by, at
    request.save()
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
