"""The lines of a partner's month, and the reason of each, for the company's people."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.rights import Right
from affiliates.models import Partner
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from affiliates.staff_page import StaffRequest, staff_page
from commissions.explanation import explain
from commissions.models import Commission, Dispute
from commissions.month_changes import in_words, partners_of, reasons_of, signed
from commissions.views.months import state_cell
from commissions.views.staff_month_parts import month_or_404
from commissions.views.why import page_or_panel, reason
from parts.formats import month_name, percent, short_month
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty, Tile


@staff_page(Right.SEE_MONEY)
@require_safe
def staff_commission(request: StaffRequest, pk: int) -> HttpResponse:
    """The reason of one amount, with the facts behind it."""
    found = get_object_or_404(Commission.objects.select_related("client", "partner", "period__run"), pk=pk)
    context = reason_for_staff(found) | {"back": _back_to_lines(found)}
    return page_or_panel(request, "commissions/staff/why.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def month_partner(request: StaffRequest, month: str, pk: int) -> HttpResponseBase:
    """The lines of one partner's month: each opens its reason."""
    first = month_or_404(month)
    partner = get_object_or_404(Partner, pk=pk)
    listing = Listing(
        request=request,
        rows=Commission.objects.filter(period=first, partner=partner).select_related("client"),
        columns={
            "client": Column("Client", sort=("client__name", "service_month")),
            "service": Column("Service month", sort=("service_month", "client__name")),
            "base": Column("Client’s MRR", sort=("base",), is_number=True),
            "rate": Column("Rate", sort=("rate",), is_number=True),
            "amount": Column("Amount", sort=("amount",), is_number=True),
            "state": Column("State", sort=("state", "waiting_until")),
        },
        line=_commission_line,
        default="client",
        empty=Empty("No lines in this month", "No client’s money changed this partner’s commission."),
        record=lambda row: (
            show_month(first), partner.reference, row.client.reference, row.client.name, show_month(row.service_month),
            row.base, row.rate, row.amount, row.state, row.waiting_until or "",
        ),
        record_header=(
            "period", "partner", "client", "name", "service month", "client MRR", "rate", "amount", "state",
            "waiting until",
        ),
        label=f"Lines of {partner}",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv(f"commissions-{partner.reference}-{month}")
    currency = request.staff.program.currency
    row: Any = partners_of(first).filter(pk=pk).first()
    reasons = reasons_of(first, [partner]).get(partner.pk, []) if row else []
    context = {
        "title": f"{partner}, {month_name(first)}",
        "lead": "Each line opens its reason.",
        "back": (reverse("staff_month", args=[month]), month_name(first)),
        "tiles": [
            Tile("Posted", show_money(row.now if row else ZERO), currency),
            Tile("The month before", show_money(row.before if row else ZERO), currency),
            Tile("Change", signed(row.change if row else ZERO), currency),
            Tile("Waiting", show_money(row.waiting if row else ZERO), currency),
        ],
        "reasons": list(in_words(row, reasons)),
        "listing": listing,
        "beside_label": "The reason of an amount",
    }
    return render(request, "commissions/staff/partner.html", context)


def reason_for_staff(commission: Commission) -> dict[str, Any]:
    """What the reason of a line shows to the company's people."""
    why = explain(commission)
    together = f"All clients of {commission.partner} together"
    return reason(why, page="staff_commission", together=together) | {
        "is_staff_page": True,
        "disputes": list(Dispute.objects.filter(commission=commission.pk).order_by("-id")),
        "beside_label": "The reason of an amount",
    }


def _back_to_lines(commission: Commission) -> tuple[str, str]:
    month = show_month(commission.period_id)
    url = reverse("staff_month_partner", args=[month, commission.partner_id])
    return url, f"{commission.partner}, {month_name(commission.period_id)}"


def _commission_line(row: Commission) -> list[Cell]:
    url = reverse("staff_commission", args=[row.pk])
    is_correction = row.state == "posted" and row.posted_before != 0
    return [
        Cell(row.client.name),
        Cell(short_month(row.service_month), below="Correction" if is_correction else ""),
        Cell(show_money(row.base)),
        Cell(percent(row.rate)),
        Cell(show_money(row.amount), url=url, opens_beside=True),
        state_cell(row),
    ]
