"""A lead is won and becomes a client; a win that was a mistake is taken back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from clients.forms import CorrectWinForm, WinForm
from clients.models import Client
from clients.services.correct_win import CannotBeCorrected, correct_win
from clients.services.win_lead import BillingReferenceIsTaken, CannotBeWonYet, win_lead
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import MOVES, LeadCannotMove, MovedMeanwhile
from referrals.views.lead import ROAD

METHODS = ["GET", "HEAD", "POST"]


@staff_page(Right.MOVE_LEADS)
@require_http_methods(METHODS)
def staff_lead_win(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Ask for what makes a won lead a client, and make it."""
    lead = _find(pk)
    if lead.stage == Stage.WON:
        won = lead.steps.select_related("by", "lead").latest("id")
        if request.method == "POST" and won.by_id != request.user.pk:
            messages.error(request, f"{MovedMeanwhile(won)}. What you entered was not taken.")
        else:
            messages.info(request, f"{lead} is won already.")
        return redirect("staff_lead", pk)
    form = WinForm(request.POST or None, initial={"closed_on": request.staff.today})
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("closed_on", "reference", "contract_months")}
        try:
            client = win_lead(lead=lead, by=request.user, at=timezone.now(), seen=Stage(lead.stage), **said)
        except BillingReferenceIsTaken as taken:
            form.add_error("reference", f"{taken}.")
        except CannotBeWonYet as refused:
            form.add_error(None, f"{refused}.")
        except LeadCannotMove as refused:
            messages.error(request, f"{refused}.")
            return redirect("staff_lead", pk)
        else:
            messages.success(request, f"{lead} is won, and {client.reference} is a client of {client.partner}.")
            return redirect("staff_lead", pk)
    context = {"title": f"{lead} is won", "lead": f"It becomes a referred client of {lead.partner}.", "form": form}
    return _render(request, "clients/staff/win.html", lead, context | {"missing": _missing(lead)})


@staff_page(Right.CORRECT_WINS)
@require_http_methods(METHODS)
def staff_lead_unwin(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Take back a win that was a mistake."""
    lead = _find(pk)
    client = Client.objects.filter(lead=lead).first()
    if client is None:
        messages.info(request, f"{lead} is at “{lead.get_stage_display()}”: there is no win to take back.")
        return redirect("staff_lead", pk)
    form = CorrectWinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            correct_win(lead=lead, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except CannotBeCorrected as refused:
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, f"{lead} is back at “{Stage.PROPOSAL.label}”, and its partner is told.")
            return redirect("staff_lead", pk)
    context = {"title": f"{lead} was not won", "form": form, "client": client, "billed": client.invoices.exists()}
    return _render(request, "clients/staff/unwin.html", lead, context)


def _find(pk: int) -> Lead:
    return get_object_or_404(Lead.objects.select_related("partner"), pk=pk)


def _missing(lead: Lead) -> str:
    """What a lead still has to go through before it can be won; empty for one that can."""
    stage = Stage(lead.stage)
    if Stage.WON in MOVES[stage]:
        return "It is under review: decide the conflict first." if lead.is_under_review else ""
    if stage not in ROAD:
        return f"It is at “{stage.label}”, and that is the end of it. The partner can register the company again."
    steps = [f"“{each.label}”" for each in ROAD[ROAD.index(stage) + 1 : -1]]
    return f"It is at “{stage.label}”. Before it can be won it goes through {', then '.join(steps)}."


def _render(request: StaffRequest, template: str, lead: Lead, context: dict[str, Any]) -> HttpResponse:
    context |= {"back": (reverse("staff_lead", args=[lead.pk]), str(lead)), "shown": lead}
    return render(request, template, context, status=422 if context["form"].errors else 200)
