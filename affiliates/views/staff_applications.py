"""Applications: who asks to become a partner, and the decision."""

from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.filters import ApplicationsFilter
from affiliates.forms.application import DeclineForm
from affiliates.models import Application
from affiliates.models.application import ApplicationState
from affiliates.services.move_application import ApplicationRefused, approve_application, decline_application
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import counted, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

TONES = {
    ApplicationState.APPLIED: Tone.NEUTRAL,
    ApplicationState.VERIFIED: Tone.WAITING,
    ApplicationState.APPROVED: Tone.GOOD,
    ApplicationState.DECLINED: Tone.BAD,
}
COLUMNS = {
    "company": Column("Company", sort=("company",)),
    "kind": Column("Kind", sort=("kind",)),
    "contact": Column("Contact", sort=("name",)),
    "applied": Column("Applied", sort=("applied_at",)),
    "state": Column("State", sort=("state",)),
}
NONE_YET = Empty("No applications", "Who applies on the program’s public page is listed here and waits for you.")


@require_safe
@staff_page(Right.DECIDE_APPLICATIONS)
def applications(request: StaffRequest) -> HttpResponseBase:
    """All applications; those that wait for a decision are counted on top."""
    listing = Listing(
        request,
        Application.objects.all(),
        COLUMNS,
        lambda row: (
            Cell(row.company, below=row.site, url=reverse("staff_application", args=[row.pk])),
            Cell(row.get_kind_display()),
            Cell(row.name, below=row.email),
            Cell(short_day(timezone.localdate(row.applied_at)), below=_waits(row, timezone.now())),
            Cell(badge=_badge(row)),
        ),
        "-applied",
        NONE_YET,
        filters=ApplicationsFilter,
        record=lambda row: (
            row.company,
            row.site,
            row.get_kind_display(),
            row.name,
            row.email,
            row.applied_at.isoformat(),
            row.get_state_display(),
            row.reason,
        ),
        record_header=("Company", "Website", "Kind", "Contact", "E-mail", "Applied at", "State", "Reason"),
        label="Applications",
    )
    if listing.wants_csv:
        return listing.csv("applications")
    waiting = Application.objects.filter(state=ApplicationState.VERIFIED).count()
    context = {
        "title": "Applications",
        "lead": f"{counted(waiting, 'waits', 'wait')} for a decision." if waiting else "None waits for a decision.",
        "listing": listing,
    }
    return render(request, "affiliates/staff/list.html", context)


@require_safe
@staff_page(Right.DECIDE_APPLICATIONS)
def application(request: StaffRequest, pk: int) -> HttpResponse:
    """What an applicant said, and the decision."""
    return _application(request, get_object_or_404(_with_people(), pk=pk), DeclineForm())


@require_POST
@staff_page(Right.DECIDE_APPLICATIONS)
def approve(request: StaffRequest, pk: int) -> HttpResponse:
    """They become a partner and are invited as its owner."""
    row = get_object_or_404(Application, pk=pk)
    try:
        partner = approve_application(application=row, by=request.staff.user, at=timezone.now())
    except ApplicationRefused as refusal:
        messages.error(request, f"{refusal}.")
        return redirect("staff_application", pk=pk)
    messages.success(request, f"{partner} is a partner now. An invitation is on its way to {row.email}.")
    return redirect("staff_partner", pk=partner.pk)


@require_POST
@staff_page(Right.DECIDE_APPLICATIONS)
def decline(request: StaffRequest, pk: int) -> HttpResponse:
    """The applicant is told why not."""
    row, form = get_object_or_404(_with_people(), pk=pk), DeclineForm(request.POST)
    if not form.is_valid():
        return _application(request, row, form)
    try:
        reason = form.cleaned_data["reason"]
        decline_application(application=row, reason=reason, by=request.staff.user, at=timezone.now())
    except ApplicationRefused as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"{row.company} is declined, and {row.email} is told why.")
    return redirect("staff_application", pk=pk)


def _application(request: StaffRequest, row: Application, form: DeclineForm) -> HttpResponse:
    others = Application.objects.filter(email__iexact=row.email).exclude(pk=row.pk)
    context = {
        "title": row.company,
        "back": (reverse("staff_applications"), "Applications"),
        "application": row,
        "badge": _badge(row),
        "can_decide": row.state == ApplicationState.VERIFIED,
        "is_unconfirmed": row.state == ApplicationState.APPLIED,
        "others": [(str(each), reverse("staff_application", args=[each.pk]), _badge(each)) for each in others[:10]],
        "form": form,
    }
    return render(request, "affiliates/staff/application.html", context, status=422 if form.errors else 200)


def _with_people() -> "QuerySet[Application]":
    return Application.objects.select_related("decided_by", "partner")


def _badge(row: Application) -> Badge:
    return Badge(row.get_state_display(), TONES[ApplicationState(row.state)])


def _waits(row: Application, at: datetime) -> str:
    """For how long somebody has waited for the answer."""
    if row.state != ApplicationState.VERIFIED or row.verified_at is None:
        return ""
    days = (at - row.verified_at).days
    return f"has waited {counted(days, 'day', 'days')}" if days else "since today"
