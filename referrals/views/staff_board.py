from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from parts.shapes import Tone
from referrals.board import (
    EVERYBODY,
    MINE,
    PLACES,
    TEAM,
    UNASSIGNED,
    Column,
    Place,
    columns,
    owned,
    place_of,
)
from referrals.filters import NOT_WON, OLDEST, BoardFilter
from referrals.forms.sales import EndForm, MoveForm
from referrals.models import Lead, Rep
from referrals.models.lead import Stage
from referrals.services.move_lead import LeadCannotMove, MovedMeanwhile, check_move, move_lead

SCOPES = ((MINE, "Mine"), (TEAM, "My team’s"), (UNASSIGNED, "Unassigned"), (EVERYBODY, "All"))
WITH_REASON = (Stage.LOST, Stage.REJECTED)
CONFLICT, REFUSED = 409, 422


@staff_page(Right.SEE_LEADS)
@require_safe
def staff_board(request: StaffRequest) -> HttpResponseBase:
    """Leads by stage."""
    return _board(request)


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_lead_move(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Move a lead, wherever on the board that was asked for: by drag, by key or in the card's menu."""
    lead = get_object_or_404(Lead.objects.select_related("partner"), pk=pk)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _told(request, [lead.stage], f"Say where {lead} goes.", REFUSED)
    to, seen = Stage(form.cleaned_data["to"]), Stage(form.cleaned_data["seen"])
    try:
        check_move(lead, to=to, seen=seen)
        if to == Stage.WON:
            return _go(request, reverse("staff_lead_win", args=[lead.pk]))
        if to in WITH_REASON and "reason" not in request.POST:
            return _ask_why(request, lead, to)
        reason = form.cleaned_data["reason"]
        move_lead(lead=lead, to=to, by=request.user, at=timezone.now(), reason=reason, seen=seen)
    except MovedMeanwhile as moved:
        if moved.step.by_id != request.user.pk or moved.step.stage != to:  # Else it was sent twice.
            return _told(request, [seen, moved.step.stage], f"{moved}.", CONFLICT)
    except LeadCannotMove as refused:
        return _told(request, [lead.stage], f"{refused}.", REFUSED)
    return _told(request, [seen, to], f"{lead} is at “{to.label}” now.", 200)


def _board(request: StaffRequest, status: int = 200) -> HttpResponse:
    owner = _owner(request)
    chosen = _chosen(request)
    context = {
        "title": "Board",
        "columns": _columns(request, PLACES),
        "scopes": [(label, _address(request, owner=scope), scope == owner) for scope, label in SCOPES],
        "owner": owner,
        "form": chosen.form,
        "is_filtered": any(request.GET.get(name) for name in chosen.form.fields),
        "currency": request.staff.program.currency,
        "end_form": EndForm(auto_id="end-%s"),
        **_common(request),
    }
    return render(request, "referrals/sales/board.html", context, status=status)


def _told(request: StaffRequest, stages: list[str], text: str, status: int) -> HttpResponseBase:
    """Say how a move went: with the columns that it concerns, or without script with the whole board."""
    if not request.headers.get("HX-Request"):
        if status == 200:
            messages.success(request, text)
            return redirect(_address(request))
        messages.error(request, text)
        return _board(request, status)
    concerned = {place_of(stage).key for stage in stages}
    context = {
        "columns": _columns(request, tuple(place for place in PLACES if place.key in concerned)),
        "currency": request.staff.program.currency,
        "text": text,
        "tone": Tone.GOOD if status == 200 else Tone.BAD,
        "is_part": True,
        **_common(request),
    }
    return render(request, "referrals/sales/moved.html", context, status=status)


def _ask_why(request: StaffRequest, lead: Lead, to: Stage) -> HttpResponse:
    context = {
        "title": f"End {lead}",
        "lead": f"A lead of {lead.partner}. An ended lead does not come back to the board.",
        "back": (_address(request), "Board"),
        "form": EndForm(initial={"to": to}),
        "seen": lead.stage,
        "url": f"{reverse('staff_lead_move', args=[lead.pk])}?{request.GET.urlencode()}",
        "cancel": _address(request),
    }
    return render(request, "referrals/sales/end.html", context)


def _go(request: StaffRequest, url: str) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def _common(request: StaffRequest) -> dict[str, Any]:
    return {"query": request.GET.urlencode(), "may_move": may(request.user, Right.MOVE_LEADS)}


def _columns(request: StaffRequest, places: tuple[Place, ...]) -> list[tuple[Column, str]]:
    """Columns, each with the address of the list of its leads."""
    rows = owned(_chosen(request).qs, _owner(request), request.user)
    is_oldest = request.GET.get("order") == OLDEST
    found = columns(rows, places=places, oldest=is_oldest, at=timezone.now(), on=request.staff.today)
    return [(column, _list_of(request, column)) for column in found]


def _chosen(request: StaffRequest) -> BoardFilter:
    return BoardFilter(request.GET, queryset=Lead.objects.all(), request=request)


def _owner(request: StaffRequest) -> str:
    """Whose leads the board shows: a rep's own unless the address says otherwise."""
    asked = request.GET.get("owner", "")
    if asked in dict(SCOPES) or asked_key(asked):
        return asked
    return MINE if Rep.objects.filter(user=request.user).exists() else EVERYBODY


def _address(request: StaffRequest, **changes: str) -> str:
    query = request.GET.dict() | changes
    return f"{reverse('staff_board')}?{urlencode(query)}" if query else reverse("staff_board")


def _list_of(request: StaffRequest, column: Column) -> str:
    stage = NOT_WON[0] if column.stage == Stage.LOST else column.stage
    query = request.GET.dict() | {"stage": stage, "owner": _owner(request)}
    query.pop("order", None)
    return f"{reverse('staff_leads')}?{urlencode({name: value for name, value in query.items() if value})}"
