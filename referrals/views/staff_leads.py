from collections.abc import Callable, Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import HARD_SPACE, counted, short_day
from parts.listing import CHOSEN, Column, Listing
from parts.shapes import Cell, Empty
from referrals.board import marks
from referrals.filters import StaffLeadsFilter
from referrals.forms.sales import BY_RULE, AssignForm, ExtendForm
from referrals.models import Lead, LeadWork
from referrals.services.assign_leads import RepIsGone, assign_by_rule, assign_leads
from referrals.services.extend_protection import CannotBeExtended, extend_protection
from referrals.services.release_lead import CannotBeReleased, release_lead
from referrals.views.leads import stage_badge

COLUMNS = {
    "company": Column("Company", sort=("company",)),
    "stage": Column("Stage", sort=("stage",)),
    "partner": Column("Partner", sort=("partner__name",)),
    "owner": Column("Owner", sort=("work__owner__user__name",)),
    "next": Column("Next step", sort=("work__next_step_on",)),
    "mrr": Column("Expected MRR", sort=("work__expected_mrr",), is_number=True),
    "protected": Column("Protected until", sort=("protected_until",)),
    "touched": Column("Last touched", sort=("work__touched_at",)),
    "registered": Column("Registered", sort=("pk",)),  # One after the other, and by an index.
}
HEADER = (
    "number", "company", "domain", "contact", "email", "partner", "stage", "owner", "channel", "agents", "employees",
    "expected_mrr", "next_step", "next_step_on", "protected_until", "registered_on", "last_touched",
)  # fmt: skip
NOTHING_CHOSEN = "Tick the leads that this is for, then choose again."


@staff_page(Right.SEE_LEADS)
@require_safe
def staff_leads(request: StaffRequest) -> HttpResponseBase:
    """All leads, with steps for many at once."""
    today = request.staff.today
    listing = Listing(
        request=request,
        rows=Lead.objects.select_related("partner", "work__owner__user"),
        columns=COLUMNS,
        line=lambda lead: _line(lead, today),
        default="-registered",
        empty=Empty("No leads yet", "They come from partners: by form, by file, and through their links."),
        filters=StaffLeadsFilter,
        record=_record,
        record_header=HEADER,
        label="Leads",
        bulk="referrals/sales/bulk.html",
    )
    if listing.wants_csv:
        return listing.csv("leads")
    context = {
        "title": "All leads",
        "listing": listing,
        "assign": AssignForm(),
        "extend": ExtendForm(),
        "query": request.GET.urlencode(),
    }
    return render(request, "referrals/sales/leads.html", context)


@staff_page(Right.ASSIGN_LEADS)
@require_POST
def staff_leads_assign(request: StaffRequest) -> HttpResponseBase:
    """Give the chosen leads to a rep, or to reps by the rule."""
    form, chosen = AssignForm(request.POST), _chosen(request)
    if not chosen or not form.is_valid():
        messages.error(request, "Choose whom the leads go to." if chosen else NOTHING_CHOSEN)
        return _back(request)
    to, now = form.cleaned_data["to"], timezone.now()
    try:
        if to == BY_RULE:
            given = assign_by_rule(leads=chosen, by=request.user, at=now)
        else:
            given = assign_leads(leads=chosen, to=form.reps[to], by=request.user, at=now)
    except RepIsGone as refused:
        messages.error(request, f"{refused}.")
        return _back(request)
    whom = "reps by the rule" if to == BY_RULE else str(form.reps[to])
    messages.success(request, f"{counted(given, 'lead is', 'leads are')} given to {whom}. {_left(chosen, given)}")
    return _back(request)


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_leads_extend(request: StaffRequest) -> HttpResponseBase:
    """Protect the chosen leads for longer."""
    form = ExtendForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say until which day the leads are protected.")
        return _back(request)
    until = form.cleaned_data["until"]

    def extend(lead: Lead) -> None:
        extend_protection(lead=lead, until=until, by=request.user, at=timezone.now())

    return _each(request, extend, f"protected until {until:%-d %B %Y}")


@staff_page(Right.MOVE_LEADS)
@require_POST
def staff_leads_release(request: StaffRequest) -> HttpResponseBase:
    """Let go the chosen leads whose protection ran out."""

    def release(lead: Lead) -> None:
        release_lead(lead=lead, by=request.user, at=timezone.now())

    return _each(request, release, "released; the partners are told")


def _each(request: StaffRequest, step: Callable[[Lead], object], done: str) -> HttpResponseBase:
    """This function will take a step with each chosen lead, and say of which it was refused and why."""
    chosen = _chosen(request)
    if not chosen:
        messages.error(request, NOTHING_CHOSEN)
    taken = 0
    for lead in chosen:
        try:
            step(lead)
            taken += 1
        except (CannotBeExtended, CannotBeReleased) as refused:
            messages.error(request, f"{refused}.")
    if taken:
        messages.success(request, f"{counted(taken, 'lead is', 'leads are')} {done}.")
    return _back(request)


def _chosen(request: StaffRequest) -> list[Lead]:
    keys = [int(key) for key in request.POST.getlist(CHOSEN) if key.isascii() and key.isdecimal() and len(key) < 18]
    return list(Lead.objects.filter(pk__in=keys).order_by("pk"))


def _left(chosen: Sequence[Lead], given: int) -> str:
    """Why some of the leads that were chosen stay as they were."""
    rest = len(chosen) - given
    return f"{counted(rest, 'was', 'were')} left: ended, there already, or nobody takes leads." if rest else ""


def _back(request: StaffRequest) -> HttpResponseBase:
    query = request.GET.urlencode()
    return redirect(f"{reverse('staff_leads')}?{query}" if query else "staff_leads")


def _line(lead: Lead, today: date) -> Sequence[Cell]:
    work, noted = LeadWork.of(lead), marks(lead, on=today)
    return (
        Cell(lead.company, lead.contact, reverse("staff_lead", args=[lead.pk])),
        Cell(badge=stage_badge(lead), below=", ".join(mark.text for mark in noted if mark.text != "Rejected")),
        Cell(lead.partner.name),
        Cell(str(work.owner) if work.owner else "–"),
        Cell(work.next_step or "–", _day(work.next_step_on) if work.next_step_on else ""),
        Cell("" if work.expected_mrr is None else show_money(work.expected_mrr)),
        Cell(*_protection(lead, today)),
        Cell(_day(timezone.localtime(work.touched_at).date())),
        Cell(_day(lead.registered_on)),
    )


def _day(day: date) -> str:
    """A day; where there is no room for it the year stands below."""
    return short_day(day).replace(" ", HARD_SPACE, 1)


def _protection(lead: Lead, today: date) -> tuple[str, str]:
    until, released = lead.protected_until, LeadWork.of(lead).released_on
    if lead.has_ended or until is None:
        return "–", ""
    if today <= until:
        return _day(until), ""
    return _day(until), "released" if released is not None and released > until else "has run out"


def _record(lead: Lead) -> Sequence[object]:
    work = LeadWork.of(lead)
    return (
        lead.pk, lead.company, lead.domain, lead.contact, lead.email, lead.partner.reference, lead.stage,
        work.owner.user.email if work.owner else "", lead.channel, lead.agents, lead.employees, work.expected_mrr,
        work.next_step, work.next_step_on, lead.protected_until, lead.registered_on, work.touched_at.isoformat(),
    )  # fmt: skip
