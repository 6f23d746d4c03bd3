"""The program at a glance, over any months: each picture with its numbers as a table and as a file."""

from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rights import Right
from affiliates.months import show_month
from affiliates.staff_page import StaffRequest, staff_page
from parts.shapes import Figure
from parts.sheet import sheet
from portal.figures.cohorts import cohort_figure
from portal.figures.leads import lead_figures
from portal.figures.money import chargeback_figure, money_figures
from portal.figures.span import Span, default_span
from portal.forms import SpanForm


@require_safe
@staff_page(Right.SEE_PROGRAM)
def overview(request: StaffRequest) -> HttpResponseBase:
    """Money, leads, clients that stay, and chargebacks of the months that the address says."""
    today = request.staff.today
    since, until = default_span(today=today)
    given = {"since": show_month(since), "until": show_month(until)} | request.GET.dict()
    form = SpanForm(given)
    if not form.is_valid():
        return _page(request, form, [], status=422)
    span = Span.of(form.cleaned_data["since"], form.cleaned_data["until"], today=today)
    figures = _figures(span)
    asked = request.GET.get("figure")
    if asked is None:
        return _page(request, form, figures)
    figure = next((each for each in figures if each.key == asked), None)
    if figure is None:
        raise Http404(f"There is no figure “{asked}”")
    return sheet(f"{figure.key}-{span}", figure.record_header or figure.header, figure.records)


def _figures(span: Span) -> list[Figure]:
    figures = [*money_figures(span), *lead_figures(span), cohort_figure(span), chargeback_figure(span)]
    months = f"since={show_month(span.first)}&until={show_month(span.last)}"
    return [replace(figure, csv_url=f"?figure={figure.key}&{months}") for figure in figures]


def _page(request: StaffRequest, form: SpanForm, figures: list[Figure], status: int = 200) -> HttpResponse:
    context = {"title": "Overview", "lead": "The program in numbers.", "form": form, "figures": figures}
    return render(request, "portal/staff/overview.html", context, status=status)
