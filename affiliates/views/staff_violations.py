"""Violations: who broke which clause, until when it can be cured, and what was decided."""

from collections.abc import Iterator
from datetime import date

from django.contrib import messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right, may
from affiliates.documents.clauses import find_clause, read_clauses
from affiliates.filters import ViolationsFilter
from affiliates.forms.breach import CureForm, ViolationForm
from affiliates.models import AgreementVersion, Violation, ViolationFile
from affiliates.models.agreement import ViolationState
from affiliates.services.open_violation import (
    CureStillRuns,
    ViolationIsDecided,
    ViolationIsOpen,
    decide_violation,
    open_violation,
)
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views.cure import cure_badge, evidence_of
from parts.formats import day, short_day
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty
from parts.uploads import serve_upload

COLUMNS = {
    "partner": Column("Partner", sort=("partner__name",)),
    "clause": Column("Clause", sort=("clause",)),
    "notice": Column("Notice", sort=("notice_on",)),
    "cure": Column("To be cured by", sort=("is_decided", "cure_by")),
    "state": Column("State", sort=("state",)),
}
OPEN_FIRST = Case(When(state=ViolationState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@require_safe
@staff_page(Right.JUDGE_VIOLATIONS)
def violations(request: StaffRequest) -> HttpResponseBase:
    """All violations, those that are open first, the most urgent on top."""
    today = request.staff.today
    listing = Listing(
        request,
        Violation.objects.select_related("partner").annotate(is_decided=OPEN_FIRST),
        COLUMNS,
        lambda row: (
            Cell(row.partner.name, below=row.partner.reference, url=reverse("staff_violation", args=[row.pk])),
            Cell(row.clause),
            Cell(short_day(row.notice_on)),
            Cell(short_day(row.cure_by)),
            Cell(badge=cure_badge(row, on=today), below=short_day(row.decided_on) if row.decided_on else ""),
        ),
        "cure",
        Empty("No violations", "Where a partner breaks a clause, notice of it is given here.",
              reverse("staff_violation_new"), "Open a violation"),
        filters=ViolationsFilter,
        record=lambda row: (
            row.partner.name, row.partner.reference, row.clause, row.notice_on, row.cure_by, row.get_state_display(),
            row.decided_on or "", row.evidence, row.finding,
        ),
        record_header=(
            "Partner", "Key", "Clause", "Notice on", "To be cured by", "State", "Decided on", "What happened", "Found",
        ),
        label="Violations",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv("violations")
    overdue = Violation.objects.open().filter(cure_by__lt=today).count()
    context = {
        "title": "Violations",
        "lead": f"{overdue} of the open ones {'is' if overdue == 1 else 'are'} overdue: cured, or not?"
        if overdue
        else "",
        "listing": listing,
    }
    return render(request, "affiliates/staff/violations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.JUDGE_VIOLATIONS)
def violation_new(request: StaffRequest) -> HttpResponse:
    """Notice of a breach: the partner is told, has 15 days to cure it, and payouts wait."""
    version, today = AgreementVersion.objects.order_by("-id").first(), request.staff.today
    sent, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ViolationForm(
        sent,
        files,
        clauses=read_clauses(version.text) if version else [],
        today=today,
        initial={"notice_on": today, "partner": request.GET.get("partner", "")},
    )
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            violation = open_violation(
                partner=said["partner"],
                clause=said["clause"],
                evidence=said["evidence"],
                notice_on=said["notice_on"],
                files=said["attachments"],
                by=request.staff.user,
                at=timezone.now(),
            )
        except ViolationIsOpen as refusal:
            form.add_error(None, f"Nobody was told anything. {refusal}.")
        else:
            messages.success(
                request,
                f"{violation.partner} is given notice, and can cure it until {day(violation.cure_by)}. Payouts wait.",
            )
            return redirect("staff_violation", pk=violation.pk)
    context = {
        "title": "Open a violation",
        "lead": "The partner is given notice at once and has 15 days to cure it. Its payouts wait meanwhile (10, B).",
        "back": (reverse("staff_violations"), "Violations"),
        "form": form,
        "version": version,
    }
    return render(request, "affiliates/staff/violation_new.html", context, status=422 if form.is_bound else 200)


@require_safe
@staff_page(Right.JUDGE_VIOLATIONS)
def violation(request: StaffRequest, pk: int) -> HttpResponse:
    """What happened, what proves it, how long it can be cured, and the decision."""
    return _page(request, get_object_or_404(_whole(), pk=pk), CureForm())


@require_POST
@staff_page(Right.JUDGE_VIOLATIONS)
def violation_cured(request: StaffRequest, pk: int) -> HttpResponse:
    """It was put right: payouts go on, and the partner is told what was found."""
    found, form = get_object_or_404(_whole(), pk=pk), CureForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    _decide(request, found, ViolationState.CURED, form.cleaned_data["finding"])
    return redirect("staff_violation", pk=pk)


@require_POST
@staff_page(Right.JUDGE_VIOLATIONS)
def violation_not_cured(request: StaffRequest, pk: int) -> HttpResponse:
    """It was not put right: the end of the partnership follows, or is given notice of already."""
    found = get_object_or_404(_whole(), pk=pk)
    if found.partner.terminated_on is None:
        return redirect(_end_url(found))
    _decide(request, found, ViolationState.ENDED, "")
    return redirect("staff_violation", pk=pk)


@require_safe
@staff_page(Right.JUDGE_VIOLATIONS)
def staff_violation_file(request: StaffRequest, pk: int) -> FileResponse:
    file = get_object_or_404(ViolationFile, pk=pk)
    return serve_upload(file.file, file.name)


def _decide(request: StaffRequest, found: Violation, to: ViolationState, finding: str) -> None:
    try:
        decide_violation(
            violation=found,
            to=to,
            finding=finding,
            on=request.staff.today,
            by=request.staff.user,
            at=timezone.now(),
        )
    except (ViolationIsDecided, CureStillRuns) as refusal:
        messages.error(request, f"Nothing was decided. {refusal}.")
    else:
        messages.success(request, f"It is decided, and {found.partner} is told.")


def _page(request: StaffRequest, found: Violation, form: CureForm) -> HttpResponse:
    today = request.staff.today
    version = AgreementVersion.objects.order_by("-id").first()
    clause = find_clause(read_clauses(version.text), found.clause) if version else None
    left = found.days_left(on=today)
    ends_on = found.partner.terminated_on
    context = {
        "title": f"{found.partner}: clause {found.clause}" if clause is None else f"{found.partner}: {clause.label}",
        "back": (reverse("staff_violations"), "Violations"),
        "violation": found,
        "badge": cure_badge(found, on=today),
        "clause": clause,
        "documents": evidence_of(found, "staff_violation_file"),
        "steps": list(_steps(found, today)),
        "is_open": found.state == ViolationState.OPEN,
        "is_overdue": left < 0,
        "days_left": left,
        "first_day": day(found.cure_by),
        "ends_on": day(ends_on) if ends_on else "",
        "end_url": _end_url(found) if may(request.staff.user, Right.END_PARTNERSHIPS) else "",
        "form": form,
    }
    return render(request, "affiliates/staff/violation.html", context, status=422 if form.errors else 200)


def _end_url(found: Violation) -> str:
    return f"{reverse('staff_partner_end', args=[found.partner_id])}?violation={found.pk}"


def _steps(found: Violation, today: date) -> Iterator[tuple[str, str]]:
    """What happened on which day."""
    who = f", by {found.opened_by.get_full_name()}" if found.opened_by else ""
    yield day(found.notice_on), f"Notice given{who}"
    if found.decided_on is None and found.days_left(on=today) < 0:
        yield day(found.cure_by), "The time to cure it ran out, and the program’s managers were told"
    if found.decided_on is not None:
        by = f", by {found.decided_by.get_full_name()}" if found.decided_by else ""
        decided = "Found cured" if found.state == ViolationState.CURED else "Closed as not cured"
        yield day(found.decided_on), f"{decided}{by}"


def _whole() -> "QuerySet[Violation]":
    return Violation.objects.select_related("partner", "opened_by", "decided_by").prefetch_related("files")
