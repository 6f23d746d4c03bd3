"""Payments of clients that failed or are disputed: recorded by finance, told to the partner at once."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, asked_key, moment, staff_page, who
from clients.filters import ProblemsFilter
from clients.forms import ProblemForm
from clients.models import Client, PaymentProblem
from clients.services.record_payment_problem import ProblemRefused, record_payment_problem
from clients.views.told import in_short, told_of
from notices.models import Notice
from parts.formats import day, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone


@staff_page(Right.SEE_MONEY)
@require_safe
def problems(request: StaffRequest) -> HttpResponseBase:
    """All payment problems, the newest first, each with when its partner was told."""
    told: dict[str, list[Notice]] = {}

    def prepare(rows: Sequence[PaymentProblem]) -> None:
        told.update(Notice.objects.under(row.notice_key for row in rows))

    def line(row: PaymentProblem) -> list[Cell]:
        written, sent = in_short(told.get(row.notice_key, []))
        return [
            Cell(short_day(row.occurred_on), url=reverse("staff_problem", args=[row.pk])),
            Cell(badge=Badge(row.get_kind_display(), Tone.WAITING)),
            Cell(row.client.name, below=row.partner.name),
            Cell(row.invoice.reference if row.invoice else ""),
            Cell(moment(row.recorded_at), below=who(row.recorded_by)),
            Cell(written, below=sent),
        ]

    listing = Listing(
        request=request,
        rows=PaymentProblem.objects.select_related("client", "partner", "invoice", "recorded_by"),
        columns={
            "day": Column("Day", sort=("occurred_on",)),
            "kind": Column("What"),
            "client": Column("Client", sort=("client__name",)),
            "invoice": Column("Invoice"),
            "recorded": Column("Recorded", sort=("recorded_at",)),
            "told": Column("Partner told"),
        },
        line=line,
        default="-day",
        empty=Empty("No problems", "What fails or is disputed is recorded here, and the partner told at once."),
        filters=ProblemsFilter,
        prepare=prepare,
        label="Payment problems",
    )
    context: dict[str, Any] = {
        "title": "Payment problems",
        "lead": "Payments that failed or that clients dispute. Each partner is told the moment it is recorded.",
        "at": "problems",
        "listing": listing,
    }
    if may(request.user, Right.RECORD_PROBLEMS):
        context |= {"action_url": reverse("staff_problem_new"), "action_name": "Record a payment problem"}
    return render(request, "clients/staff/list.html", context)


@staff_page(Right.RECORD_PROBLEMS)
@require_http_methods(["GET", "HEAD", "POST"])
def problem_new(request: StaffRequest) -> HttpResponse:
    """Record a problem; the partner is told at once."""
    client = Client.objects.filter(pk=asked_key(request.GET.get("client", ""))).first()
    initial = {"key": f"form:{uuid.uuid4()}", "occurred_on": request.staff.today, "client": client and client.reference}
    form = ProblemForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            recorded = record_payment_problem(**form.cleaned_data, by=request.user, at=timezone.now())
        except ProblemRefused as refused:
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, f"Recorded; the e-mail to {recorded.partner} goes out within a minute.")
            return redirect("staff_problem", recorded.pk)
    context = {
        "title": "Record a payment problem",
        "lead": "The partner is told by e-mail within a minute, at whatever pace it hears of other things.",
        "back": (reverse("staff_problems"), "Payment problems"),
        "form": form,
    }
    return render(request, "clients/staff/problem_form.html", context, status=422 if form.errors else 200)


@staff_page(Right.SEE_MONEY)
@require_safe
def problem(request: StaffRequest, pk: int) -> HttpResponse:
    """One problem, with when its partner was told."""
    rows = PaymentProblem.objects.select_related("client", "partner", "invoice", "recorded_by")
    found = get_object_or_404(rows, pk=pk)
    notices = Notice.objects.under([found.notice_key])[found.notice_key]
    context = {
        "title": f"{found.get_kind_display()}: {found.client}",
        "lead": f"On {day(found.occurred_on)}, recorded on {moment(found.recorded_at)} by {who(found.recorded_by)}.",
        "back": (reverse("staff_problems"), "Payment problems"),
        "problem": found,
        "told": told_of(notices),
    }
    return render(request, "clients/staff/problem.html", context)
