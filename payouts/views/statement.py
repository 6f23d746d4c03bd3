"""A partner's statements: all of them, and each as the document that was issued."""

from collections.abc import Sequence
from typing import cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.money import ZERO, show_money
from parts.formats import short_day, short_month
from parts.listing import Column, Listing
from parts.shapes import Cell, Empty
from payouts.models import Statement, StatementState

NAMES = ("opening", "commissions", "adjustments", "payouts", "closing")
COLUMNS = {
    "period": Column("Month", sort=("period_id",)),
    **{name: Column(name.title(), sort=(name,), is_number=True) for name in NAMES},
    "issued": Column("Dated", sort=("dated_on",)),
}
NO_STATEMENTS = Empty("No statements yet", "Finance issues one for each closed month in which something moved.")


@require_safe
@partner_page()
def statements(request: HttpRequest) -> HttpResponseBase:
    partner = cast(PartnerRequest, request).acting.partner
    listing = Listing(
        request,
        Statement.objects.filter(partner=partner, state=StatementState.ISSUED).select_related("partner"),
        COLUMNS,
        _line,
        "-period",
        NO_STATEMENTS,
        record=_record,
        record_header=("Month", "Number", "Dated", *(name.title() for name in NAMES)),
        label="Statements",
    )
    if listing.wants_csv:
        return listing.csv("statements")
    currency = Program.current().currency
    context = {
        "title": "Statements",
        "lead": f"What each closed month came to, in {currency}, as it was issued. The month opens the document.",
        "back": (reverse("payouts"), "Payouts"),
        "listing": listing,
    }
    return render(request, "payouts/list.html", context)


@require_safe
@partner_page()
def download_statement(request: HttpRequest, pk: int) -> FileResponse:
    """Streams a statement of the partner; one of another partner is not there."""
    partner = cast(PartnerRequest, request).acting.partner
    issued = Statement.objects.filter(state=StatementState.ISSUED, partner=partner)
    return open_statement(get_object_or_404(issued.select_related("partner"), pk=pk))


def open_statement(statement: Statement) -> FileResponse:
    """Streams an issued statement.

    :raises Http404: its file is missing
    """
    try:
        document = statement.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("Its file is missing.") from error
    return FileResponse(
        document, as_attachment=True, filename=f"{statement.number}.pdf", content_type="application/pdf"
    )


def _line(statement: Statement) -> Sequence[Cell]:
    return (
        Cell(
            short_month(statement.period_id),
            below=statement.number,
            url=reverse("statement_download", args=[statement.pk]),
        ),
        *(Cell(show_money(getattr(statement, name) or ZERO)) for name in NAMES),
        Cell(short_day(statement.dated_on)),
    )


def _record(statement: Statement) -> Sequence[object]:
    return (
        f"{statement.period_id:%Y-%m}",
        statement.number,
        statement.dated_on,
        *(getattr(statement, name) for name in NAMES),
    )
