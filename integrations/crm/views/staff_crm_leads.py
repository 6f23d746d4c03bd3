"""How each lead stands against its deal in a CRM."""

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, moment, staff_page
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from integrations.crm.models import CrmKind, LeadSync, SyncState
from integrations.crm.services.try_again import try_again
from parts.addresses import row_url
from parts.listing import Column, Listing, PlainFilters
from parts.shapes import Badge, Cell, Empty, Tone

PEOPLE, DIFFERS = "people", "differs"
TONES = {SyncState.DUE: Tone.WAITING, SyncState.SYNCED: Tone.GOOD, SyncState.PARKED: Tone.BAD}
COLUMNS = {
    "company": Column("Company", sort=("lead__company",)),
    "stage": Column("Stage"),
    "state": Column("State", sort=("state",)),
    "why": Column("Why"),
    "settled": Column("Last in step", sort=("settled_at",)),
}


class SyncFilter(PlainFilters):
    q = django_filters.CharFilter(
        label="Search by company",
        field_name="lead__company",
        lookup_expr="icontains",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find a company"}),
    )
    state = django_filters.ChoiceFilter(
        label="State",
        method="in_state",
        empty_label="Any state",
        choices=[*SyncState.choices, (PEOPLE, "For a person"), (DIFFERS, "Differs")],
    )
    crm = django_filters.ChoiceFilter(
        label="CRM", field_name="connection__kind", choices=CrmKind.choices, empty_label="Any CRM"
    )

    class Meta:
        model = LeadSync
        fields: tuple[str, ...] = ()

    def in_state(self, rows: "QuerySet[LeadSync]", name: str, value: str) -> "QuerySet[LeadSync]":
        if value == PEOPLE:
            return rows.filter(Q(state=SyncState.PARKED) | ~Q(task=""))
        return rows.filter(~Q(differs="") | ~Q(task="")) if value == DIFFERS else rows.filter(state=value)


@require_safe
@staff_page(Right.SEE_LEADS)
def staff_crm_leads(request: StaffRequest) -> HttpResponseBase:
    """All leads that a CRM has or gets."""
    manages = may(request.user, Right.MANAGE_INTEGRATIONS)
    listing = Listing(
        request=request,
        rows=LeadSync.objects.of_kept().select_related("lead", "connection"),
        columns=COLUMNS,
        line=_line,
        default="-settled",
        empty=Empty(
            "No leads in a CRM yet",
            "Once a CRM is connected and on, open leads go there within a minute.",
            reverse("staff_crm") if manages else "",
            "Connect a CRM" if manages else "",
        ),
        filters=SyncFilter,
        record=lambda sync: [cell.text or (cell.badge.text if cell.badge else "") for cell in _line(sync)],
        label="Leads in CRMs",
    )
    if listing.wants_csv:
        return listing.csv("leads-in-crms")
    context = {
        "title": "Leads in CRMs",
        "lead": "What is in step, what waits, and what a person has to look at.",
        "back": (reverse("staff_crm"), "CRMs") if manages else None,
        "listing": listing,
    }
    return render(request, "crm/leads.html", context)


@require_safe
@staff_page(Right.SEE_LEADS)
def staff_crm_lead(request: StaffRequest, pk: int) -> HttpResponse:
    """How one lead stands in a CRM, and what can be done about it."""
    sync = _sync(pk)
    connection = sync.connection
    context = {
        "title": sync.lead.company,
        "lead": f"The lead in {connection}",
        "back": (reverse("staff_crm_leads"), "Leads in CRMs"),
        "sync": sync,
        "trouble": f"{sync.error.rstrip('.')}.",
        "connection": connection,
        "badge": _badge(sync),
        "here": sync.lead.get_stage_display(),
        "there": connection.label_of(sync.their_stage) if sync.their_stage else "",
        "settled": moment(sync.settled_at),
        "changed_there": moment(sync.their_updated_at),
        "next_try": moment(sync.next_at) if sync.state == SyncState.DUE and sync.tries else "",
        "lead_url": reverse("staff_lead", args=[sync.lead_id]),
        "again": _again(sync) if may(request.user, Right.MOVE_LEADS) else "",
        "again_url": reverse("staff_crm_lead_again", args=[sync.pk]),
    }
    return render(request, "crm/lead.html", context)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MOVE_LEADS)
def staff_crm_lead_again(request: StaffRequest, pk: int) -> HttpResponse:
    """A lead is brought into step anew."""
    sync = _sync(pk)
    if request.method != "POST":
        return back_to_form(request, "staff_crm_lead", pk)
    try_again(sync=sync, by=request.user, at=timezone.now())
    messages.success(request, "It is due now, and done within a minute.")
    return redirect("staff_crm_lead", pk)


def _sync(pk: int) -> LeadSync:
    return get_object_or_404(LeadSync.objects.of_kept().select_related("lead", "connection"), pk=pk)


def _line(sync: LeadSync) -> tuple[Cell, ...]:
    there = sync.connection.label_of(sync.their_stage) if sync.their_stage else ""
    here = sync.lead.get_stage_display()
    return (
        Cell(
            sync.lead.company,
            below=f"{sync.connection}, deal {sync.their_id}" if sync.their_id else str(sync.connection),
            url=row_url("staff_crm_lead", sync.pk),
        ),
        Cell(here, below=f"There: {there}" if there else ""),
        Cell(badge=_badge(sync)),
        Cell(sync.error or sync.task or sync.differs or sync.note),
        Cell(moment(sync.settled_at)),
    )


def _badge(sync: LeadSync) -> Badge:
    state = SyncState(sync.state)
    if state == SyncState.SYNCED and sync.task:
        return Badge("For a person", Tone.BAD)
    if state == SyncState.SYNCED and sync.differs:
        return Badge("Differs", Tone.INFO)
    if state == SyncState.DUE and sync.error:
        return Badge("Tried again", Tone.WAITING)
    return Badge(state.label, TONES[state])


def _again(sync: LeadSync) -> str:
    """What the button says: it depends on what would be done."""
    if sync.is_gone:
        return "Write the deal anew"
    if sync.task:
        return f"Put the deal to “{sync.lead.get_stage_display()}”"
    return "Try again" if sync.state != SyncState.SYNCED else "Look again"
