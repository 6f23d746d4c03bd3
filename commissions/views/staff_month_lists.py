"""What of a month needs a look, each as a list with the way to mend it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.rights import Right
from affiliates.money import ZERO, show_money
from affiliates.months import last_day
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from clients.models import Client, Payment, RefusedRecording
from commissions.month_facts import clients_of_ended_partners, negative_balances, partly_paid
from commissions.views.staff_month_parts import month_or_404
from parts.formats import counted, month_name, short_day
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty

REFUSALS_SHOWN = 10
LIST = "commissions/staff/list.html"


@staff_page(Right.SEE_MONEY)
@require_safe
def month_partly_paid(request: StaffRequest, month: str) -> HttpResponseBase:
    """Invoices that received some of their money: they earn nothing until the rest comes."""
    first = month_or_404(month)
    listing = Listing(
        request=request,
        rows=partly_paid(first).select_related("client__partner"),
        columns={
            "invoice": Column("Invoice", sort=("reference",)),
            "client": Column("Client", sort=("client__name",)),
            "issued": Column("Issued", sort=("issued_on",)),
            "total": Column("Total", sort=("total",), is_number=True),
            "paid": Column("Paid", sort=("paid",), is_number=True),
            "missing": Column("Missing", sort=("missing",), is_number=True),
            "last": Column("Last payment", sort=("last_paid",)),
        },
        line=_partly_paid_line,
        default="-missing",
        empty=Empty("No invoice is partly paid", "Each that received money of the last year is paid in full."),
        record=_partly_paid_record,
        record_header=(
            "invoice", "client", "name", "partner", "issued", "total", "paid", "missing", "last payment",
        ),
        label="Invoices partly paid",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv(f"partly-paid-{month}")
    lead = (
        f"Issued in the year up to {short_day(last_day(first))} and paid in part. Billing collects the rest; once it is"
        " recorded, the invoice earns (Appendix B, all monies received)."
    )
    return render(request, LIST, _about("Invoices partly paid", lead, _back(month)) | {"listing": listing})


@staff_page(Right.SEE_MONEY)
@require_safe
def month_ended_partners(request: StaffRequest, month: str) -> HttpResponseBase:
    """Clients that are still there while their partner is not."""
    first = month_or_404(month)
    paid: dict[int, Decimal] = {}

    def prepare(rows: Sequence[Client]) -> None:
        found = Payment.objects.filter(
            invoice__client__in=[row.pk for row in rows], received_on__range=(first, last_day(first))
        )
        sums = found.order_by().values("invoice__client").annotate(sum=Sum("amount"))
        paid.update(sums.values_list("invoice__client", "sum"))

    listing = Listing(
        request=request,
        rows=clients_of_ended_partners(first).select_related("partner"),
        columns={
            "client": Column("Client", sort=("name",)),
            "partner": Column("Partner", sort=("partner__name", "name")),
            "ended": Column("Partnership ended", sort=("partner__terminated_on", "name")),
            "paid": Column(f"Paid in {month_name(first)}", is_number=True),
        },
        line=lambda row: _ended_line(row, paid.get(row.pk, ZERO)),
        default="partner",
        empty=Empty("No such client", "Each client that is there belongs to a partner that is there too."),
        record=lambda row: (
            row.reference, row.name, row.partner.reference, row.partner.name, row.partner.terminated_on,
            paid.get(row.pk, ZERO),
        ),
        record_header=("client", "name", "partner", "partner name", "partnership ended", "paid in the month"),
        prepare=prepare,
        label="Clients of ended partners",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv(f"clients-of-ended-partners-{month}")
    lead = (
        "What was collected after the end earns nothing (clause 10). A client that another partner took over is moved"
        " by importing it with that partner; the next run settles the rest."
    )
    return render(request, LIST, _about("Clients of ended partners", lead, _back(month)) | {"listing": listing})


@staff_page(Right.SEE_MONEY)
@require_safe
def negative(request: StaffRequest) -> HttpResponseBase:
    """Partners who owe."""
    listing = Listing(
        request=request,
        rows=negative_balances(),
        columns={
            "partner": Column("Partner", sort=("name",)),
            "balance": Column("Balance", sort=("balance",), is_number=True),
            "last": Column("Last entry", sort=("last",)),
            "ended": Column("Partnership ended", sort=("terminated_on",)),
        },
        line=_negative_line,
        default="balance",
        empty=Empty("Nobody owes", "Every partner's ledger adds up to nothing or more."),
        record=_negative_record,
        record_header=("partner", "name", "balance", "last entry", "partnership ended"),
        label="Negative balances",
    )
    if listing.wants_csv:
        return listing.csv("negative-balances")
    lead = "What is owed is carried forward and taken from what is earned next. Where nothing will come, adjust it."
    back = (reverse("staff_months"), "Months")
    return render(request, LIST, _about("Negative balances", lead, back) | {"listing": listing})


@staff_page(Right.SEE_MONEY)
@require_safe
def refused(request: StaffRequest) -> HttpResponse:
    """Files that were refused as a whole and not mended since, row by row with what would be right."""
    found = RefusedRecording.objects.unmended().select_related("by")[:REFUSALS_SHOWN]
    context = {
        "title": "Facts refused",
        "lead": "Nothing of these files was recorded. Mend the rows and import the file again; it goes from here then.",
        "back": (reverse("staff_months"), "Months"),
        "refusals": [
            {
                "source": refusal.source,
                "when": f"{moment(refusal.refused_at)}, by {who(refusal.by)}",
                "count": counted(refusal.count, "problem", "problems"),
                "rows": list(refusal.rows),
                "more": refusal.count - len(refusal.problems),
            }
            for refusal in found
        ],
        "empty": Empty("Nothing is refused", "Everything that was imported last was recorded."),
    }
    return render(request, "commissions/staff/refused.html", context)


def _about(title: str, lead: str, back: tuple[str, str]) -> dict[str, Any]:
    return {"title": title, "lead": lead, "back": back}


def _back(month: str) -> tuple[str, str]:
    return reverse("staff_month", args=[month]), month_name(month_or_404(month))


def _partly_paid_line(row: Any) -> list[Cell]:
    return [
        Cell(row.reference, url=reverse("admin:clients_invoice_change", args=[row.pk])),
        Cell(row.client.name, below=row.client.partner.name),
        Cell(short_day(row.issued_on)),
        Cell(show_money(row.total)),
        Cell(show_money(row.paid)),
        Cell(show_money(row.missing)),
        Cell(short_day(row.last_paid)),
    ]


def _ended_line(row: Client, paid: Decimal) -> list[Cell]:
    ended = row.partner.terminated_on
    return [
        Cell(row.name, url=reverse("admin:clients_client_change", args=[row.pk])),
        Cell(row.partner.name),
        Cell(short_day(ended) if ended else ""),
        Cell(show_money(paid)),
    ]


def _negative_line(row: Any) -> list[Cell]:
    ledger = f"{reverse('admin:commissions_ledgerentry_changelist')}?partner__id__exact={row.pk}"
    return [
        Cell(row.name, url=ledger),
        Cell(show_money(row.balance)),
        Cell(short_day(row.last)),
        Cell(short_day(row.terminated_on) if row.terminated_on else ""),
    ]


def _partly_paid_record(row: Any) -> list[object]:
    client = row.client
    return [
        row.reference, client.reference, client.name, client.partner.reference, row.issued_on, row.total, row.paid,
        row.missing, row.last_paid,
    ]  # fmt: skip


def _negative_record(row: Any) -> list[object]:
    return [row.reference, row.name, row.balance, row.last, row.terminated_on or ""]
