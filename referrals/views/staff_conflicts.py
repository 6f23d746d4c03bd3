"""Registrations that wait for a decision: two of one company, a customer's, or one at a blocked domain."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import counted, day, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from referrals.filters import ConflictsFilter
from referrals.forms.staff_lead import DecideForm
from referrals.lead_story import evidence, fit
from referrals.models import Conflict, Lead
from referrals.models.conflict import ConflictState
from referrals.recognition import Company, compare
from referrals.services.decide_conflict import CannotDecide, ConflictIsDecided, decide_conflict
from referrals.views.leads import show_size, stage_badge

TONES = {ConflictState.OPEN: Tone.WAITING, ConflictState.OVER: Tone.NEUTRAL}
COLUMNS = {
    "state": Column("State", sort=("is_decided",)),
    "company": Column("Company", sort=("lead__company",)),
    "later": Column("Registered by", sort=("lead__partner__name",)),
    "first": Column("Stands against it"),
    "by": Column("Recognised by", sort=("recognised_by",)),
    "since": Column("Since", sort=("at",)),
}
IS_DECIDED = Case(When(state=ConflictState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Side:
    """One of two registrations, ready to print."""

    title: str
    lead: Lead
    badges: list[Badge]
    facts: list[tuple[str, str]]


@staff_page(Right.DECIDE_CONFLICTS)
@require_safe
def staff_conflicts(request: StaffRequest) -> HttpResponseBase:
    """All conflicts, those to be decided first and the oldest of them on top."""
    listing = Listing(
        request=request,
        rows=Conflict.objects.select_related("lead__partner", "first__partner").annotate(is_decided=IS_DECIDED),
        columns=COLUMNS,
        line=_line,
        default="state",
        empty=Empty(
            "No conflicts",
            "When a partner registers a company that is another partner’s, a customer, or blocked, it waits here.",
        ),
        filters=ConflictsFilter,
        label="Conflicts",
    )
    waiting = Conflict.objects.open().count()
    context = {
        "title": "Conflicts",
        "lead": f"{counted(waiting, 'waits', 'wait')} for a decision." if waiting else "None waits for a decision.",
        "listing": listing,
    }
    return render(request, "referrals/sales/conflicts.html", context)


@staff_page(Right.DECIDE_CONFLICTS)
@require_safe
def staff_conflict(request: StaffRequest, pk: int) -> HttpResponseBase:
    """What stands against a registration, side by side with it, and the decision."""
    conflict = _find(pk)
    return _page(request, conflict, DecideForm(conflict=conflict))


@staff_page(Right.DECIDE_CONFLICTS)
@require_POST
def staff_conflict_decide(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Decide for one of the two."""
    conflict = _find(pk)
    form = DecideForm(request.POST, conflict=conflict)
    if not form.is_valid():
        return _page(request, conflict, form)
    to, reason = ConflictState(form.cleaned_data["to"]), form.cleaned_data["reason"]
    try:
        decide_conflict(conflict=conflict, to=to, reason=reason, by=request.user, at=timezone.now())
    except ConflictIsDecided as decided:
        is_twice = decided.conflict.decided_by_id == request.user.pk and decided.conflict.state == to
        if not is_twice:
            messages.error(request, f"{decided}. Nothing was changed by you.")
        return redirect("staff_conflict", pk)
    except CannotDecide as refused:
        form.add_error(None, f"{refused}.")
        return _page(request, conflict, form)
    messages.success(request, "It is decided. Each partner is told of its own registration and of no other.")
    return redirect("staff_conflict", pk)


def _find(pk: int) -> Conflict:
    beside = ("lead__partner", "lead__registered_by", "lead__link", "lead__click", "lead__enquiry")
    first = [name.replace("lead", "first", 1) for name in beside]
    return get_object_or_404(Conflict.objects.select_related(*beside, *first, "decided_by"), pk=pk)


def _line(row: Conflict) -> tuple[Cell, ...]:
    against = row.first.partner.name if row.first else row.get_kind_display()
    below = row.first.company if row.first else row.known_as
    return (
        Cell(badge=_badge(row)),
        Cell(row.lead.company, url=reverse("staff_conflict", args=[row.pk])),
        Cell(row.lead.partner.name, below=short_day(row.lead.registered_on)),
        Cell(against, below=below),
        Cell(row.get_recognised_by_display()),
        Cell(short_day(timezone.localdate(row.at))),
    )


def _badge(row: Conflict) -> Badge:
    return Badge(row.get_state_display(), TONES.get(ConflictState(row.state), Tone.INFO))


def _page(request: StaffRequest, conflict: Conflict, form: DecideForm) -> HttpResponse:
    lead, first = conflict.lead, conflict.first
    others = Conflict.objects.exclude(pk=conflict.pk).select_related("lead__partner", "first__partner")
    keys = [each.pk for each in (lead, first) if each is not None]
    related = others.filter(Q(lead__in=keys) | Q(first__in=keys)).order_by("pk")
    context: dict[str, Any] = {
        "title": lead.company,
        "lead": _sentence(conflict),
        "back": (reverse("staff_conflicts"), "Conflicts"),
        "conflict": conflict,
        "badge": _badge(conflict),
        "sides": [*([_side("Registered first", first, request)] if first else ()), _later(conflict, request)],
        "likeness": compare(Company.of(lead), Company.of(first)) if first else None,
        "is_open": conflict.state == ConflictState.OPEN,
        "form": form,
        "related": [
            (f"{each.lead.partner}: {each.lead.company}", reverse("staff_conflict", args=[each.pk]), _badge(each))
            for each in related
        ],
    }
    return render(request, "referrals/sales/conflict.html", context, status=422 if form.errors else 200)


def _later(conflict: Conflict, request: StaffRequest) -> Side:
    return _side("Registered later" if conflict.first else "The registration", conflict.lead, request)


def _sentence(conflict: Conflict) -> str:
    if conflict.first is None:
        return f"{conflict.lead.partner} registered it. {conflict.get_kind_display()}: {conflict.known_as}."
    return f"{conflict.lead.partner} registered a company that {conflict.first.partner} had registered before."


def _side(title: str, lead: Lead, request: StaffRequest) -> Side:
    facts = [
        ("Partner", lead.partner.name),
        ("Company", lead.company),
        ("Website", lead.domain),
        ("Contact", lead.contact),
        ("E-mail", lead.email),
        ("Size", show_size(lead)),
        *evidence(lead),
        ("Protection", _protection(lead, request)),
        ("Note", lead.note),
    ]
    badges = [stage_badge(lead), fit(lead)[0]]
    return Side(title, lead, badges, [(label, text) for label, text in facts if text])


def _protection(lead: Lead, request: StaffRequest) -> str:
    if lead.has_ended:
        return "Ended with the lead"
    if lead.protected_until is None:
        return "None yet: under review"
    ran_out = lead.protected_until < request.staff.today
    return f"Ran out on {day(lead.protected_until)}" if ran_out else f"Until {day(lead.protected_until)}"
