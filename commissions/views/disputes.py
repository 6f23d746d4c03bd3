"""Disputes: a partner holds a line to be wrong, says why with files, and follows the answer."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.reading import read_rows
from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Partner
from affiliates.money import show_money
from commissions.forms import DisputeForm
from commissions.models import Commission, Dispute, DisputeFile, DisputeState
from commissions.services.open_dispute import DisputeIsOpen, MonthIsOpen, open_dispute
from parts.addresses import row_url
from parts.formats import day, month_name, short_day, short_month
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Document, Empty, Event, Tone
from parts.uploads import serve_upload

SHOWN = 5
LATEST = """
    SELECT {dispute}, commission.amount, client.name
    FROM commissions_dispute AS dispute
    JOIN commissions_commission AS commission ON commission.id = dispute.commission_id
    JOIN clients_client AS client ON client.id = commission.client_id
    WHERE dispute.partner_id = %s
    ORDER BY dispute.id DESC LIMIT %s
"""
NONE_YET = Empty("No disputes", "Where an amount is not what you expected, open its reason and dispute the line there.")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page()
def commission_dispute(request: PartnerRequest, pk: int) -> HttpResponse:
    """Dispute a line: a comment and files go to finance."""
    own = Commission.objects.filter(partner=request.acting.partner).select_related("client", "period")
    commission = get_object_or_404(own, pk=pk)
    form = DisputeForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            dispute = request.acting.do(
                open_dispute,
                partner=request.acting.partner,
                commission_id=commission.pk,
                comment=form.cleaned_data["comment"],
                files=form.cleaned_data["attachments"],
                by=request.user,
                at=timezone.now(),
            )
        except (MonthIsOpen, DisputeIsOpen) as refused:
            form.add_error(None, f"{refused}.")
        else:
            messages.success(request, "Your dispute is with finance. The answer comes to this page.")
            return redirect("dispute", dispute.pk)
    context = {
        "title": f"Dispute {show_money(commission.amount)}",
        "lead": _line(commission),
        "back": (reverse("commission_why", args=[commission.pk]), "The reason of this amount"),
        "form": form,
        "is_closed": commission.period.is_closed,
    }
    return render(request, "commissions/dispute_form.html", context)


@require_safe
@partner_page()
def dispute(request: PartnerRequest, pk: int) -> HttpResponse:
    """A dispute of the partner's: what was said, the answer, and what came of it."""
    rows = Dispute.objects.filter(partner=request.acting.partner)
    dispute = get_object_or_404(
        rows.select_related(
            "commission__client", "commission__period", "opened_by", "answered_by", "adjustment__entry"
        ).prefetch_related("files"),
        pk=pk,
    )
    context = {
        "title": f"Dispute of {show_money(dispute.commission.amount)}",
        "lead": _line(dispute.commission),
        "back": (reverse("disputes"), "Disputes"),
        "dispute": dispute,
        "badge": Badge(dispute.get_state_display(), dispute.tone),
        "next": _next(dispute),
        "events": list(_events(dispute)),
        "documents": [
            Document(
                file.name,
                "Sent with the dispute",
                reverse("dispute_file", args=[file.pk]),
                file.name.rpartition(".")[2].upper(),
            )
            for file in dispute.files.all()
        ],
        "beside_label": "The reason of an amount",
    }
    return render(request, "commissions/dispute.html", context)


@require_safe
@partner_page()
def dispute_file(request: PartnerRequest, pk: int) -> FileResponse:
    """A file that the partner sent with a dispute."""
    found = get_object_or_404(DisputeFile, dispute__partner=request.acting.partner, pk=pk)
    return serve_upload(found.file, found.name)


@require_safe
@partner_page()
def disputes(request: PartnerRequest) -> HttpResponse:
    """All disputes of the partner, the newest first."""
    context = {
        "title": "Disputes",
        "lead": "Lines that you hold to be wrong, and what finance answered.",
        "back": (reverse("commissions"), "Commissions"),
        "listing": dispute_listing(request),
    }
    return render(request, "commissions/disputes.html", context)


def latest_disputes(partner: Partner) -> list[Cell]:
    """The newest few disputes, each with what it is of and how it stands."""
    return [
        Cell(
            f"{show_money(amount)}, {client}",
            f"Opened on {short_day(timezone.localdate(row.opened_at))}",
            row_url("dispute", row.pk),
            Badge(row.get_state_display(), row.tone),
        )
        for row, amount, client in read_rows(LATEST, [partner.pk, SHOWN], dispute=Dispute)
    ]


def dispute_listing(request: PartnerRequest) -> "Listing[Dispute]":
    """The partner's disputes as a list."""
    return Listing(
        request=request,
        rows=Dispute.objects.filter(partner=request.acting.partner).select_related("commission__client"),
        columns={
            "opened": Column("Opened", sort=("opened_at",)),
            "line": Column("Line"),
            "amount": Column("Amount", is_number=True),
            "state": Column("State"),
        },
        line=_dispute_line,
        default="-opened",
        empty=NONE_YET,
        label="Disputes",
        id="disputes",
    )


def _dispute_line(dispute: Dispute) -> list[Cell]:
    commission = dispute.commission
    return [
        Cell(short_day(timezone.localdate(dispute.opened_at)), url=reverse("dispute", args=[dispute.pk])),
        Cell(
            commission.client.name,
            below=f"{short_month(commission.service_month)}, run of {short_month(commission.period_id)}",
        ),
        Cell(show_money(commission.amount)),
        Cell(badge=Badge(dispute.get_state_display(), dispute.tone)),
    ]


def _line(commission: Commission) -> str:
    return (
        f"{commission.client.name}, service in {month_name(commission.service_month)},"
        f" settled in {month_name(commission.period_id)}."
    )


def _next(dispute: Dispute) -> str:
    """What happens now, in a sentence."""
    adjustment = dispute.adjustment
    if dispute.is_open:
        return "Finance looks at it and answers here. The line stays as it is meanwhile."
    if adjustment is None:
        return "The line stays as it is. Where the answer leaves something open, dispute it again from its reason."
    amount = show_money(adjustment.amount)
    if adjustment.entry is None:
        return f"Finance granted {amount}. A second person has to approve it, then it is added to your balance."
    return f"{amount} was added to your balance on {day(adjustment.entry.dated_on)}; it goes out with the next payout."


def _events(dispute: Dispute) -> Iterator[Event]:
    yield Event("You disputed the line", dispute.opened_at, dispute.opened_by.get_full_name(), dispute.comment)
    if dispute.answered_at:
        is_accepted = dispute.state == DisputeState.ACCEPTED
        title = "Finance accepted it" if is_accepted else "Finance declined it"
        tone = Tone.GOOD if is_accepted else Tone.NEUTRAL
        yield Event(title, dispute.answered_at, "Finance", dispute.answer, tone)
    adjustment = dispute.adjustment
    if adjustment and adjustment.approved_at:
        title = f"{show_money(adjustment.amount)} was added to your balance"
        yield Event(title, adjustment.approved_at, "", adjustment.reason, Tone.GOOD)
