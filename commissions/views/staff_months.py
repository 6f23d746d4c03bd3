"""Finance's months: the list of them, and one page for a month from its facts to what each partner gets."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.months import add_months, show_month
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from clients.models.category import Category
from clients.services.map_category import CategoryIsKnown, map_category
from commissions.filters import MonthPartnersFilter
from commissions.forms import MappingForm
from commissions.models import Period, RunState
from commissions.month_changes import NOTHING, in_words, partners_of, reasons_of, signed, totals_of
from commissions.month_facts import facts_in, next_month_to_close
from commissions.services.start_run import PeriodIsClosed, start_run
from commissions.tasks import send_parts
from commissions.views.staff_month_parts import (
    batches_for,
    card_of,
    fact_lines,
    lead_of,
    looks_of,
    month_or_404,
    run_of,
    state_of,
    tiles_of,
    words_to_map,
)
from parts.formats import month_name, percent, whole
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty

NO_RATE = "–"
NO_MONTHS = Empty("No month yet", "Open the month that is to be closed next, and compute it.")
NO_PARTNERS = Empty(
    "No amounts yet", "Once the month is computed, each partner stands here, with what changed and why."
)


@staff_page(Right.SEE_MONEY)
@require_safe
def months(request: StaffRequest) -> HttpResponseBase:
    """All months, the newest first, each with its state and totals."""
    listing = Listing(
        request=request,
        rows=Period.objects.select_related("run", "closed_by"),
        columns={
            "month": Column("Month", sort=("month",)),
            "state": Column("State", sort=("closed_at",)),
            "posted": Column("Posted", sort=("run__posted",), is_number=True),
            "waiting": Column("Waiting", sort=("run__waiting",), is_number=True),
            "amounts": Column("Amounts", sort=("run__posted_rows",), is_number=True),
            "closed": Column("Closed"),
        },
        line=_month_line,
        default="-month",
        empty=NO_MONTHS,
        record=_month_record,
        record_header=("month", "state", "posted", "waiting", "amounts", "closed at", "closed by"),
        label="Months",
    )
    if listing.wants_csv:
        return listing.csv("months")
    due = next_month_to_close(request.staff.today)
    context = {
        "title": "Months",
        "lead": "Each month from the facts that came in to the payouts that it opened.",
        "next_url": reverse("staff_month", args=[show_month(due)]),
        "next_name": month_name(due),
        "listing": listing,
    }
    return render(request, "commissions/staff/months.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def month(request: StaffRequest, month: str) -> HttpResponseBase:
    """One month: its facts, what needs a look, its run, and what each partner gets and why."""
    first = month_or_404(month)
    period = Period.objects.select_related("closed_by").filter(month=first).first()
    run = run_of(first)
    is_done = run is not None and run.state == RunState.DONE
    listing = _partners(request, first, is_done=is_done)
    if listing.wants_csv:
        return listing.csv(f"partners-{month}")
    totals = totals_of(first) if is_done else NOTHING
    context = {
        "title": month_name(first),
        "lead": lead_of(period, run),
        "back": (reverse("staff_months"), "Months"),
        "month": month,
        "before_name": month_name(add_months(first, -1)),
        "tiles": list(tiles_of(totals, first, request.staff.program.currency)) if is_done else [],
        "facts": list(fact_lines(facts_in(first))),
        "batches": batches_for(first, run),
        "looks": [look for look in looks_of(first, totals, request.staff.program) if look.count],
        "words": words_to_map(),
        "may_map": may(request.user, Right.MAP_CATEGORIES),
        "card": card_of(request, period, run),
        "listing": listing,
    }
    return render(request, "commissions/staff/month.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def month_run(request: StaffRequest, month: str) -> HttpResponse:
    """How far a month's run is, for the page that asks every other second; the page itself once it is over."""
    if request.headers.get("HX-Request") != "true":
        return redirect("staff_month", month)
    first = month_or_404(month)
    card = card_of(request, Period.objects.select_related("closed_by").filter(month=first).first(), run_of(first))
    answer = render(request, "commissions/staff/run.html", {"card": card, "month": month})
    if not card.is_running:
        answer["HX-Refresh"] = "true"
    return answer


@staff_page(Right.RUN_MONTHS)
@require_POST
def month_compute(request: StaffRequest, month: str) -> HttpResponse:
    """Begin a month's run, and leave the work to the workers."""
    try:
        run = start_run(
            month=month_or_404(month), by=request.user, at=timezone.now(), full=request.POST.get("full") == "yes"
        )
    except PeriodIsClosed as refused:
        messages.error(request, f"{refused}: what comes later is settled in the next month’s run.")
    else:
        send_parts(run)
        if run.state == RunState.DONE:
            messages.info(request, f"{month_name(run.period_id)} is computed already, and no fact came since.")
    return redirect("staff_month", month)


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def month_map(request: StaffRequest, month: str) -> HttpResponse:
    """Say what a word that billing used counts as."""
    month_or_404(month)
    form = MappingForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was mapped: choose what the word counts as.")
        return redirect("staff_month", month)
    word, category = form.cleaned_data["word"], Category(form.cleaned_data["category"])
    try:
        map_category(word=word, category=category, by=request.user, at=timezone.now())
    except CategoryIsKnown as refused:
        messages.error(request, f"{refused}, so it needs no mapping; a mapping stays as it was decided.")
    else:
        earns = " and earns with the next run" if category == Category.SUBSCRIPTION else ", which earns nothing"
        messages.success(request, f"“{word}” counts as {category.label.lower()}{earns}.")
    return redirect("staff_month", month)


def _partners(request: StaffRequest, month: date, *, is_done: bool) -> "Listing[Partner]":
    known: dict[int, Any] = {}

    def prepare(rows: Sequence[Partner]) -> None:
        known.update(reasons_of(month, rows))

    def line(row: Any) -> list[Cell]:
        url = reverse("staff_month_partner", args=[show_month(month), row.pk])
        return [
            Cell(row.name, url=url),
            Cell(show_money(row.now), below=f"{show_money(row.waiting)} waiting" if row.waiting else ""),
            Cell(show_money(row.before)),
            Cell(signed(row.change), below="Unusual" if row.is_moved else ""),
            Cell(_rates(row)),
            Cell("; ".join(in_words(row, known.get(row.pk, [])))),
        ]

    def record(row: Any) -> list[object]:
        why = "; ".join(in_words(row, known.get(row.pk, [])))
        return [
            row.reference, row.name, row.now, row.before, row.change, row.waiting, row.rate_now or "",
            row.rate_before or "", why,
        ]  # fmt: skip

    return Listing(
        request=request,
        rows=partners_of(month) if is_done else partners_of(month).none(),
        columns={
            "partner": Column("Partner", sort=("name",)),
            "posted": Column("Posted", sort=("now",), is_number=True),
            "before": Column(f"{month_name(add_months(month, -1))}", sort=("before",), is_number=True),
            "change": Column("Change", sort=("change",), is_number=True),
            "rate": Column("Rate", sort=("rate_now",), is_number=True),
            "why": Column("Why it changed"),
        },
        line=line,
        default="-posted",
        empty=NO_PARTNERS,
        filters=MonthPartnersFilter,
        record=record,
        record_header=(
            "partner", "name", "posted", "month before", "change", "waiting", "rate", "rate before", "why it changed",
        ),
        prepare=prepare,
        label="Partners",
        id="partners",
    )  # fmt: skip


def _rates(row: Any) -> str:
    now = NO_RATE if row.rate_now is None else percent(row.rate_now)
    return f"{percent(row.rate_before)} → {now}" if row.is_rated else now


def _month_line(period: Period) -> list[Cell]:
    run = getattr(period, "run", None)
    closed = f"{moment(period.closed_at)}" if period.closed_at else ""
    return [
        Cell(month_name(period.month), url=reverse("staff_month", args=[show_month(period.month)])),
        Cell(badge=state_of(period, run)),
        Cell(show_money(run.posted) if run else ""),
        Cell(show_money(run.waiting) if run else ""),
        Cell(whole(run.posted_rows) if run else ""),
        Cell(closed, below=who(period.closed_by) if period.closed_at else ""),
    ]


def _month_record(period: Period) -> list[object]:
    run = getattr(period, "run", None)
    figures = [run.posted, run.waiting, run.posted_rows] if run else ["", "", ""]
    closed = [period.closed_at.isoformat(), who(period.closed_by)] if period.closed_at else ["", ""]
    return [show_month(period.month), state_of(period, run).text.lower(), *figures, *closed]
