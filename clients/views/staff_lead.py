"""A lead as sales works with it: where it stands, what happened, who says it is whose, and every step with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, staff_page
from clients.models import Client, WinCorrection
from parts.formats import day
from parts.shapes import Badge, Tone
from referrals.board import Move, marks
from referrals.forms.sales import BY_RULE, AssignForm, EndForm, ExtendForm, MoveForm
from referrals.forms.staff_lead import NoteForm, PlanDemoForm, PlanForm, ReplyForm, RequestForm
from referrals.lead_story import events, evidence, fit, said_of
from referrals.models import Conflict, Demo, Lead, LeadRequest, LeadWork
from referrals.models.conflict import ConflictState
from referrals.models.conversation import RequestState, Wish
from referrals.models.lead import Stage
from referrals.recognition import duplicates
from referrals.services.answer_partner import answer_partner
from referrals.services.answer_request import RequestIsAnswered, decline_request, grant_request
from referrals.services.assign_leads import RepIsGone, assign_by_rule, assign_leads
from referrals.services.extend_protection import CannotBeExtended, extend_protection
from referrals.services.move_lead import MOVES, LeadCannotMove, MovedMeanwhile, move_lead
from referrals.services.note_lead import note_lead
from referrals.services.plan_demo import NoDemoAhead, plan_demo
from referrals.services.plan_lead import StepWithoutName, plan_lead
from referrals.services.release_lead import CannotBeReleased, release_lead
from referrals.views.lead import road
from referrals.views.leads import stage_badge

BESIDE = ("partner", "registered_by", "link", "click", "enquiry", "demo", "work__owner__user")
ENDS = (Stage.LOST, Stage.REJECTED)
UNPROCESSABLE = 422
MOST_DUPLICATES = 10


@staff_page(Right.SEE_LEADS)
@require_safe
def staff_lead(request: StaffRequest, pk: int) -> HttpResponseBase:
    """A lead's page."""
    return _page(request, _find(pk))


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_step(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Move the lead; to be won it needs to be asked more."""
    lead, form = _find(pk), MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Say where {lead} goes.")
        return redirect("staff_lead", pk)
    to, seen = Stage(form.cleaned_data["to"]), Stage(form.cleaned_data["seen"])
    if to == Stage.WON:
        return redirect("staff_lead_win", pk)
    try:
        reason = form.cleaned_data["reason"]
        move_lead(lead=lead, to=to, by=request.user, at=timezone.now(), reason=reason, seen=seen)
    except MovedMeanwhile as moved:
        if moved.step.by_id != request.user.pk or moved.step.stage != to:  # Else it was sent twice.
            messages.error(request, f"{moved}.")
    except LeadCannotMove as refused:
        end = EndForm(request.POST, auto_id="end-%s")
        end.is_valid()
        end.add_error(None, f"{refused}.")
        return _page(request, lead, end=end)
    else:
        messages.success(request, f"{lead} is at “{to.label}” now.")
    return redirect("staff_lead", pk)


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_plan(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Note what comes next."""
    return _take(request, _find(pk), "plan", PlanForm(request.POST, prefix="plan"), plan_lead, "It is noted.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_demo(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Note when the demo is."""
    form = PlanDemoForm(request.POST, prefix="demo")
    return _take(request, _find(pk), "demo", form, plan_demo, "The demo is planned.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_note(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Write for colleagues."""
    return _take(request, _find(pk), "note", NoteForm(request.POST, prefix="note"), note_lead, "Your note is kept.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_answer(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Write to the partner."""
    form = ReplyForm(request.POST, prefix="reply")
    return _take(request, _find(pk), "reply", form, answer_partner, "The partner is told.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_protect(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Protect the lead for longer."""
    form = ExtendForm(request.POST, prefix="protect")
    return _take(request, _find(pk), "protect", form, extend_protection, "The protection is extended.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_release(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Let a protection go that ran out."""
    return _take(request, _find(pk), "release", forms.Form(request.POST), release_lead, "The partner is told.")


@staff_page(Right.ASSIGN_LEADS)
@require_POST
def staff_lead_give(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Give the lead to a rep, or to one by the rule."""
    form = AssignForm(request.POST, prefix="give")

    def give(*, lead: Lead, to: str, **told: Any) -> object:
        if to == BY_RULE:
            return assign_by_rule(leads=[lead], **told)
        return assign_leads(leads=[lead], to=form.reps[to], **told)

    return _take(request, _find(pk), "give", form, give, "The lead has a new owner.")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_request_answer(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Grant or decline what the partner asks for."""
    asked = get_object_or_404(LeadRequest, pk=pk)
    form = RequestForm(request.POST, wish=asked.wish, prefix=f"request-{pk}")

    def answer(*, lead: Lead, decision: str, answer: str, until: Any = None, **told: Any) -> object:
        if decision == RequestState.GRANTED:
            return grant_request(request=asked, until=until, answer=answer, **told)
        return decline_request(request=asked, answer=answer, **told)

    return _take(request, _find(asked.lead_id), str(form.prefix), form, answer, "The partner is told.")


def _find(pk: int) -> Lead:
    return get_object_or_404(Lead.objects.select_related(*BESIDE), pk=pk)


def _take(
    request: StaffRequest, lead: Lead, name: str, form: forms.Form, step: Callable[..., object], done: str
) -> HttpResponseBase:
    """This function will take a step that a form of the page asks for, or show the page with what is wrong."""
    if form.is_valid():
        try:
            step(lead=lead, by=request.user, at=timezone.now(), **form.cleaned_data)
        except (
            CannotBeExtended,
            CannotBeReleased,
            NoDemoAhead,
            RepIsGone,
            RequestIsAnswered,
            StepWithoutName,
        ) as refused:
            if not form.fields:
                messages.error(request, f"{refused}.")
                return redirect("staff_lead", lead.pk)
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, done)
            return redirect("staff_lead", lead.pk)
    return _page(request, _find(lead.pk), **{name: form})


# -- The page --


def _page(request: StaffRequest, lead: Lead, **sent: forms.Form) -> HttpResponse:
    work, today = LeadWork.of(lead), request.staff.today
    client = Client.objects.filter(lead=lead).first()
    badge, sizes = fit(lead)
    context: dict[str, Any] = {
        "title": lead.company,
        "lead": _sentence(lead),
        "back": (reverse("staff_board"), "Board"),
        "shown": lead,
        "work": work,
        "client": client,
        "corrections": WinCorrection.objects.filter(lead=lead).select_related("client", "by"),
        "badges": [stage_badge(lead), badge, *(each for each in marks(lead, on=today) if each.text not in _SAID)],
        "road": road(lead),
        "sizes": sizes,
        "evidence": evidence(lead),
        "protection": _protection(lead, request),
        "ran_out": Lead.objects.ran_out(on=today).filter(pk=lead.pk).exists(),
        "events": events(lead),
        "conflicts": _conflicts(lead),
        "duplicates": [
            (each.lead, stage_badge(each.lead), each.likeness) for each in duplicates(lead)[:MOST_DUPLICATES]
        ],
        "asked": [
            (each, sent.get(f"request-{each.pk}") or RequestForm(wish=each.wish, prefix=f"request-{each.pk}"))
            for each in lead.requests.filter(state=RequestState.OPEN).order_by("pk")
        ],
        "moves": _moves(lead),
        "may_move": may(request.user, Right.MOVE_LEADS),
        "may_correct": may(request.user, Right.CORRECT_WINS),
        "may_decide": may(request.user, Right.DECIDE_CONFLICTS),
        "sees_partner": may(request.user, Right.SEE_PROGRAM),
        "is_overdue": work.next_step_on is not None and work.next_step_on < today and not lead.has_ended,
        **_forms(lead),
    } | sent
    context["end"] = sent.get("end") or EndForm(auto_id="end-%s")
    status = UNPROCESSABLE if sent else 200
    return render(request, "clients/staff/lead.html", context, status=status)


_SAID = ("Outside profile", "Rejected")  # Other badges of the page say it.


def _forms(lead: Lead) -> dict[str, forms.Form]:
    """The forms of the page as they begin."""
    work, demo = LeadWork.of(lead), _demo(lead)
    plan = {"next_step": work.next_step, "next_step_on": work.next_step_on, "expected_mrr": work.expected_mrr}
    was_invited = lead.requests.filter(wish=Wish.DEMO, state=RequestState.GRANTED).exists()
    planned = {"when": demo.at, "partner_joins": demo.partner_joins} if demo else {"partner_joins": was_invited}
    return {
        "plan": PlanForm(initial=plan, prefix="plan"),
        "demo": PlanDemoForm(initial=planned, prefix="demo"),
        "note": NoteForm(prefix="note"),
        "reply": ReplyForm(prefix="reply"),
        "protect": ExtendForm(prefix="protect"),
        "give": AssignForm(prefix="give"),
    }


def _demo(lead: Lead) -> Demo | None:
    return getattr(lead, "demo", None)


def _moves(lead: Lead) -> list[Move]:
    """Where the lead can go on to; how it ends otherwise has a form of its own."""
    return [Move(to.value, to.label) for to in Stage if to in MOVES[Stage(lead.stage)] and to not in ENDS]


def _sentence(lead: Lead) -> str:
    if lead.is_under_review:
        return f"{lead.partner} registered it. It is under review: decide what stands against it."
    return f"A lead of {lead.partner}, registered on {day(lead.registered_on)}. Talk to {lead.contact}, {lead.email}."


def _protection(lead: Lead, request: StaffRequest) -> tuple[str, str]:
    """Until when the lead is protected, and what that means."""
    if lead.has_ended:
        return "Ended", "The lead has ended, and its protection with it."
    if lead.protected_until is None:
        return "None yet", "It begins when what stands against the lead is decided in its favour."
    if lead.protected_until >= request.staff.today:
        return f"Until {day(lead.protected_until)}", "Each step prolongs it by the program’s days."
    released_on = LeadWork.of(lead).released_on
    if released_on is not None and released_on > lead.protected_until:
        return "Released", f"It ran out on {day(lead.protected_until)} and was let go."
    return "Ran out", f"On {day(lead.protected_until)}. Extend it, or let it go: the partner is told either way."


def _conflicts(lead: Lead) -> list[tuple[str, str, Badge]]:
    rows = Conflict.objects.filter(Q(lead=lead) | Q(first=lead)).select_related("lead__partner", "first__partner")
    return [
        (
            said_of(each, lead),
            reverse("staff_conflict", args=[each.pk]),
            Badge(each.get_state_display(), Tone.WAITING if each.state == ConflictState.OPEN else Tone.NEUTRAL),
        )
        for each in rows
    ]
