"""The Agreement as a partner meets it: its text, where the partner stands with it, and accepting it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.acting import Acting, PartnerRequest, partner_page
from affiliates.documents.acceptance import file_name, render_acceptance
from affiliates.documents.clauses import Clause, find_clause, read_clauses
from affiliates.forms.agreement import AcceptForm
from affiliates.models import (
    Acceptance,
    AgreementVersion,
    Membership,
    Partner,
    Program,
    TerminationNotice,
    Violation,
    ViolationFile,
)
from affiliates.models.agreement import ViolationState, no_soliciting_until
from affiliates.models.partner import MemberRole
from affiliates.services.accept_agreement import AcceptanceRefused, accept_agreement
from affiliates.views.agreement_version import changes_url
from affiliates.views.cure import cure_badge, evidence_of
from affiliates.views.form_elsewhere import back_to_form
from parts.formats import day
from parts.shapes import Badge, Document, Tone
from parts.uploads import serve_upload


@dataclass(frozen=True, slots=True)
class Breach:
    """An open violation: what the company says, and until when it can be put right."""

    clause: str
    url: str
    evidence: str
    notice_on: str
    cure_by: str
    badge: Badge
    is_overdue: bool
    files: list[Document]


@dataclass(frozen=True, slots=True)
class PastBreach:
    """A violation that was decided: cured, or ended in termination."""

    clause: str
    url: str
    notice_on: str
    decided_on: str
    badge: Badge


@dataclass(frozen=True, slots=True)
class Ending:
    """How and when the partnership ends, and until when neither side may solicit the other's people."""

    given: str
    reason: str
    effective_on: str
    no_soliciting_until: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in the list of all: where to read it, what it changed, who accepted it."""

    number: str
    published_on: str
    url: str
    changes_url: str
    accepted: str
    pdf_url: str
    is_current: bool


@require_safe
@partner_page()
def agreement(request: PartnerRequest) -> HttpResponse:
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True, after_the_end=True)
def accept(request: PartnerRequest) -> HttpResponse:
    acting, current = request.acting, AgreementVersion.current()
    if request.method != "POST":
        return back_to_form(request, "agreement")
    if current is None:
        messages.error(request, "There is no version to accept yet.")
        return redirect("agreement")
    form = AcceptForm(request.POST, partner=acting.partner, shown=current)
    if not form.is_valid():
        return _page(request, form)
    version: AgreementVersion = form.cleaned_data["version"]
    try:
        acting.do(
            accept_agreement,
            partner=acting.partner,
            version=version,
            name=form.cleaned_data["name"],
            by=acting.user,
            at=timezone.now(),
            address=address_of(request),
        )
    except AcceptanceRefused as refused:
        before = Acceptance.objects.filter(partner=acting.partner, version=version).first()
        if before is None:
            messages.error(request, f"Nothing was accepted. {refused}.")
        else:
            on = day(Program.current().day(before.at))
            messages.info(request, f"{version} is accepted: {before.name} did it on {on}.")
        return redirect("agreement")
    messages.success(request, f"{version} is accepted for {acting.partner}. The document is ready to download.")
    return redirect("agreement")


@require_safe
@partner_page()
def acceptance_pdf(request: PartnerRequest, pk: int) -> HttpResponse:
    own = Acceptance.objects.filter(partner=request.acting.partner).select_related("version", "partner")
    acceptance = get_object_or_404(own, pk=pk)
    answer = HttpResponse(
        render_acceptance(acceptance, accent=Program.current().accent_colour), content_type="application/pdf"
    )
    answer["Content-Disposition"] = f'attachment; filename="{file_name(acceptance)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
@partner_page()
def violation_file(request: PartnerRequest, pk: int) -> FileResponse:
    """A file that proves a breach, for the partner that was given notice of it."""
    own = ViolationFile.objects.filter(violation__partner=request.acting.partner)
    file = get_object_or_404(own, pk=pk)
    return serve_upload(file.file, file.name)


def address_of(request: HttpRequest) -> str | None:
    """From where a request came; behind a proxy the address that the last trusted one saw (TRUSTED_PROXIES)."""
    try:
        return cast(str, get_adapter().get_client_ip(request))
    except PermissionDenied:  # A socket of the same machine has no address.
        return None


def _page(request: PartnerRequest, form: AcceptForm | None = None) -> HttpResponse:
    acting, program = request.acting, Program.current()
    versions = list(AgreementVersion.objects.order_by("-id"))
    current = versions[0] if versions else None
    acceptances = {row.version_id: row for row in Acceptance.objects.filter(partner=acting.partner)}
    accepted = acceptances.get(current.pk) if current else None
    clauses = read_clauses(current.text) if current else []
    may_accept = current is not None and accepted is None and acting.is_owner
    if may_accept and current is not None:
        form = form or AcceptForm(partner=acting.partner, shown=current)
    ending = _ending(acting.partner)
    context = {
        "title": "Agreement",
        "lead": f"{current.title}, version {current.number}." if current else "",
        "version": current,
        "published_on": day(program.day(current.published_at)) if current else "",
        "clauses": clauses,
        "badge": _badge(acting, accepted),
        "accepted": accepted,
        "accepted_at": show_moment(accepted.at, program) if accepted else "",
        "document": _document(accepted) if accepted else None,
        "next_step": _next_step(acting, current, accepted, ending),
        "changes_url": _what_is_new(current, versions, acceptances) if current and may_accept else "",
        "breaches": [
            _breach(violation, clauses, acting.today)
            for violation in Violation.objects.open()
            .filter(partner=acting.partner)
            .prefetch_related("files")
            .order_by("cure_by", "id")
        ],
        "past_breaches": [
            _past_breach(violation, clauses, acting.today)
            for violation in Violation.objects.exclude(state=ViolationState.OPEN)
            .filter(partner=acting.partner)
            .order_by("-decided_on", "-id")
        ],
        "ending": ending,
        "may_end": acting.is_owner and ending is None,
        "form": form if may_accept else None,
        "lines": [_line(version, acceptances, program, versions) for version in versions],
    }
    return render(request, "affiliates/agreement.html", context)


def show_moment(at: datetime, program: Program) -> str:
    """Write a moment in the program's time zone: `3 May 2026, 14:05 PDT`."""
    local = at.astimezone(ZoneInfo(program.time_zone))
    return f"{day(local)}, {local:%H:%M %Z}"


def _badge(acting: Acting, accepted: Acceptance | None) -> Badge:
    if acting.has_ended:
        return Badge("Ended")
    return Badge("Accepted", Tone.GOOD) if accepted else Badge("Not accepted", Tone.WAITING)


def _next_step(
    acting: Acting, current: AgreementVersion | None, accepted: Acceptance | None, ending: Ending | None
) -> str:
    if current is None:
        return "The company has not published a version yet. As soon as there is one, it stands here to be accepted."
    if acting.has_ended:
        over = "The partnership is over. What was agreed stays here to be read."
        return over if accepted else f"{over} Where a payout still waits for it, an owner can accept it below."
    if accepted is not None:
        following = "Nothing is to be done." if ending is None else f"It holds until {ending.effective_on}."
        return f"{following} A new version would ask to be accepted again."
    waits = "Leads can be registered meanwhile, and payouts wait for it."
    if acting.is_owner:
        return f"Read it and accept it at the end of this page. {waits}"
    owners = Membership.objects.filter(partner=acting.partner, role=MemberRole.OWNER).select_related("user")
    names = " or ".join(membership.user.get_full_name() for membership in owners)
    return f"An owner of {acting.partner} accepts it{f': ask {names}' if names else ''}. {waits}"


def _what_is_new(
    current: AgreementVersion, versions: list[AgreementVersion], acceptances: dict[int, Acceptance]
) -> str:
    """Where the current version is compared with the one accepted last, else with the one before."""
    accepted_last = next((version for version in versions if version.pk in acceptances), None)
    if current == versions[-1]:
        return ""
    return changes_url(current, since=accepted_last)


def _document(acceptance: Acceptance) -> Document:
    return Document(
        "Acceptance with the full text",
        f"Signed as {acceptance.name}",
        reverse("acceptance_pdf", args=[acceptance.pk]),
    )


def _breach(violation: Violation, clauses: list[Clause], today: date) -> Breach:
    clause = find_clause(clauses, violation.clause)
    return Breach(
        clause=_named(clause, violation),
        url=f"#{clause.anchor}" if clause else "",
        evidence=violation.evidence,
        notice_on=day(violation.notice_on),
        cure_by=day(violation.cure_by),
        badge=cure_badge(violation, on=today),
        is_overdue=violation.days_left(on=today) < 0,
        files=evidence_of(violation, "violation_file"),
    )


def _past_breach(violation: Violation, clauses: list[Clause], today: date) -> PastBreach:
    clause = find_clause(clauses, violation.clause)
    name = _named(clause, violation)
    return PastBreach(
        clause=name[:1].upper() + name[1:],
        url=f"#{clause.anchor}" if clause else "",
        notice_on=day(violation.notice_on),
        decided_on=day(violation.decided_on) if violation.decided_on else "",
        badge=cure_badge(violation, on=today),
    )


def _named(clause: Clause | None, violation: Violation) -> str:
    """The clause as the current version has it, else as the notice names it."""
    if clause is None:
        return f"clause {violation.clause}"
    return f"clause {clause.label}" if clause.is_numbered else clause.label


def _ending(partner: Partner) -> Ending | None:
    if partner.terminated_on is None:
        return None
    notice = TerminationNotice.objects.filter(partner=partner).first()
    if notice is not None:
        given = f"{notice.get_given_by_display()}, on {day(notice.given_on)}"
    else:
        given = partner.get_terminated_by_display()
    return Ending(
        given=given,
        reason=notice.reason if notice else "",
        effective_on=day(partner.terminated_on),
        no_soliciting_until=day(no_soliciting_until(partner.terminated_on)),
    )


def _line(
    version: AgreementVersion,
    acceptances: dict[int, Acceptance],
    program: Program,
    versions: list[AgreementVersion],
) -> VersionLine:
    acceptance = acceptances.get(version.pk)
    on = day(program.day(acceptance.at)) if acceptance else ""
    return VersionLine(
        number=version.number,
        published_on=day(program.day(version.published_at)),
        url=reverse("agreement_version", args=[version.pk]),
        changes_url="" if version == versions[-1] else changes_url(version),
        accepted=f"{acceptance.name}, {on}" if acceptance else "",
        pdf_url=reverse("acceptance_pdf", args=[acceptance.pk]) if acceptance else "",
        is_current=version == versions[0],
    )
