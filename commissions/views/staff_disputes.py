"""Disputes: the queue, and one dispute with the reason of its line beside it, to be accepted or declined."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from commissions.filters import DisputesFilter
from commissions.forms import AnswerForm
from commissions.models import Dispute, DisputeFile, DisputeState
from commissions.services.adjust_balance import AdjustmentRefused
from commissions.services.answer_dispute import AnswerRefused, DisputeIsAnswered, accept_dispute, decline_dispute
from commissions.views.staff_lines import reason_for_staff
from parts.formats import day, short_month
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Document, Empty, Event, Tone
from parts.uploads import serve_upload

ACCEPT = "accept"


@staff_page(Right.SEE_MONEY)
@require_safe
def disputes(request: StaffRequest) -> HttpResponseBase:
    """All disputes: the open ones first."""
    listing = Listing(
        request=request,
        rows=Dispute.objects.select_related("partner", "commission__client", "answered_by"),
        columns={
            "state": Column("State", sort=("answered_at",)),
            "opened": Column("Opened", sort=("opened_at",)),
            "partner": Column("Partner", sort=("partner__name",)),
            "line": Column("Line"),
            "amount": Column("Amount", sort=("commission__amount",), is_number=True),
            "answered": Column("Answered"),
        },
        line=_line,
        default="-state",
        empty=Empty("No disputes", "A partner disputes a line from its reason. It stands here then, to be answered."),
        filters=DisputesFilter,
        record=_record,
        record_header=("number", "partner", "client", "service month", "run", "amount", "state", "comment", "answer"),
        label="Disputes",
    )
    if listing.wants_csv:
        return listing.csv("disputes")
    context = {
        "title": "Disputes",
        "lead": "Lines that partners hold to be wrong. Each is answered once, in words that the partner reads.",
        "listing": listing,
    }
    return render(request, "commissions/staff/list.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def staff_dispute(request: StaffRequest, pk: int) -> HttpResponse:
    """One dispute: what the partner says, the reason of the line, and the answer."""
    return _page(request, _dispute_or_404(pk), AnswerForm())


@staff_page(Right.ANSWER_DISPUTES)
@require_POST
def dispute_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Accept with an amount, or decline; the words go to the partner."""
    found = _dispute_or_404(pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    answer, by, at = form.cleaned_data["words"], request.user, timezone.now()
    try:
        if form.cleaned_data["decision"] == ACCEPT:
            accept_dispute(dispute=found, amount=form.cleaned_data["granted"], answer=answer, by=by, at=at)
        else:
            decline_dispute(dispute=found, answer=answer, by=by, at=at)
    except DisputeIsAnswered as refused:
        messages.error(request, f"{refused}; what was answered stays.")
        return redirect("staff_dispute", pk)
    except (AnswerRefused, AdjustmentRefused) as refused:
        form.add_error(None, f"{refused}.")
        return _page(request, found, form, status=422)
    messages.success(request, f"Answered; {found.partner} is told.")
    return redirect("staff_dispute", pk)


@staff_page(Right.SEE_MONEY)
@require_safe
def staff_dispute_file(request: StaffRequest, pk: int) -> FileResponse:
    """A file that the partner sent with a dispute."""
    found = get_object_or_404(DisputeFile, pk=pk)
    return serve_upload(found.file, found.name)


def _dispute_or_404(pk: int) -> Dispute:
    rows = Dispute.objects.select_related(
        "partner", "commission__client", "commission__partner", "commission__period__run", "opened_by", "answered_by",
        "adjustment__entry",
    )  # fmt: skip
    return get_object_or_404(rows.prefetch_related("files"), pk=pk)


def _page(request: StaffRequest, found: Dispute, form: AnswerForm, status: int = 200) -> HttpResponse:
    context = reason_for_staff(found.commission) | {
        "title": f"Dispute of {show_money(found.commission.amount)} by {found.partner}",
        "back": (reverse("staff_disputes"), "Disputes"),
        "dispute": found,
        "disputes": [],
        "badge": Badge(found.get_state_display(), found.tone),
        "events": list(_events(found)),
        "documents": [
            Document(
                file.name,
                "Sent with the dispute",
                reverse("staff_dispute_file", args=[file.pk]),
                file.name.rpartition(".")[2].upper(),
            )
            for file in found.files.all()
        ],
        "form": form,
        "may_answer": found.is_open and may(request.user, Right.ANSWER_DISPUTES),
    }
    return render(request, "commissions/staff/dispute.html", context, status=status)


def _events(found: Dispute) -> Iterator[Event]:
    yield Event(f"{found.partner} disputed the line", found.opened_at, who(found.opened_by), found.comment)
    if found.answered_at is None:
        return
    is_accepted = found.state == DisputeState.ACCEPTED
    title, tone = ("Accepted", Tone.GOOD) if is_accepted else ("Declined", Tone.NEUTRAL)
    yield Event(title, found.answered_at, who(found.answered_by), found.answer, tone)
    granted = found.adjustment
    if granted is not None and granted.approved_at and granted.entry:
        text = f"{show_money(granted.amount)} in the ledger on {day(granted.entry.dated_on)}."
        yield Event("The adjustment was approved", granted.approved_at, text=text, tone=Tone.GOOD)


def _line(row: Dispute) -> list[Cell]:
    line = row.commission
    return [
        Cell(badge=Badge(row.get_state_display(), row.tone)),
        Cell(moment(row.opened_at)),
        Cell(row.partner.name, url=reverse("staff_dispute", args=[row.pk])),
        Cell(line.client.name, below=f"{short_month(line.service_month)}, run of {short_month(line.period_id)}"),
        Cell(show_money(line.amount), url=reverse("staff_commission", args=[line.pk])),
        Cell(moment(row.answered_at), below=who(row.answered_by) if row.answered_at else ""),
    ]


def _record(row: Dispute) -> list[Any]:
    line = row.commission
    return [
        row.pk, row.partner.reference, line.client.reference, f"{line.service_month:%Y-%m}", f"{line.period_id:%Y-%m}",
        line.amount, row.state, row.comment, row.answer,
    ]  # fmt: skip
