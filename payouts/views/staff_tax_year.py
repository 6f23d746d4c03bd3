"""Year end: what each partner was paid, whose 1099-NEC is filed, and the file for the IRS."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right, may
from affiliates.money import ZERO, show_money
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from affiliates.views.confirmed_person import confirmed_person
from parts.formats import counted, day
from parts.shapes import Tile
from parts.sheet import sheet
from payouts.models import Filer, TaxFile
from payouts.services.gather_tax_year import FIRST_YEAR, Standing, TaxYear, Total, gather_tax_year
from payouts.services.note_tax_filing import TaxFilingRefused, note_tax_filing
from payouts.services.set_up_books import set_filer
from payouts.services.write_tax_file import TaxFileRefused, write_tax_file
from payouts.views.books_forms import DayForm, FilerForm

HEADER = (
    "partner",
    "name",
    "paid",
    "through PayPal",
    "box 1",
    "tax form",
    "number",
    "what becomes of it",
    "note",
    "told before",
)
SHOWN = 500  # Of a group on the page; the CSV has all.


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that somebody took, ready to print; `filed` is empty until it reached the IRS."""

    made: str
    by: str
    filed: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The partners of whom the same becomes, ready to print."""

    title: str
    total: str
    rows: list[tuple[str, str, str, str, str, str]]
    more: int


@require_safe
@staff_page(Right.EXPORT_BOOKS)
def tax_year(request: StaffRequest, year: int) -> HttpResponseBase:
    """A calendar year's totals by partner, those that are filed first."""
    gathered = _gather(request, year)
    if request.GET.get("format") == "csv":
        return sheet(f"tax-year-{year}", HEADER, map(_record, gathered.totals))
    filer = Filer.current()
    context = {
        "title": f"Year end {year}",
        "lead": f"Payouts paid from 1 January to 31 December {year}; what came back does not count.",
        "year": year,
        "tiles": list(_tiles(gathered)),
        "threshold": show_money(gathered.threshold.amount),
        "source": gathered.threshold.source,
        "groups": list(_groups(gathered)),
        "corrections": [_correction(total) for total in gathered.to_correct],
        "files": [_taken(file) for file in TaxFile.objects.filter(year=year).select_related("made_by", "filing")],
        "today": request.staff.today,
        "filer": filer,
        "all_filed": bool(gathered.filed) and not gathered.to_take,
        "may_set_up": may(request.user, Right.CHANGE_PROGRAM),
        "can_take": filer is not None and bool(gathered.to_take),
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < request.staff.today.year else None,
    }
    return render(request, "payouts/staff/tax_year.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.EXPORT_BOOKS)
@confirmed_person
def tax_year_file(request: StaffRequest, year: int) -> HttpResponse:
    """The forms as the IRS takes them, with every taxpayer's number in plain: asked who it is, and written down."""
    _check(request, year)
    if request.method != "POST":
        return redirect("staff_tax_year", year)
    try:
        download = write_tax_file(year=year, by=request.user, at=timezone.now())
    except TaxFileRefused as refused:
        messages.error(request, f"No file was written. {refused}.")
        return redirect("staff_tax_year", year)
    answer = HttpResponse(download.content, content_type=download.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{download.name}"'
    return answer


@require_POST
@staff_page(Right.EXPORT_BOOKS)
def tax_file_filed(request: StaffRequest, pk: int) -> HttpResponse:
    """Note that a file reached the IRS: corrections are told against it from then on."""
    found = get_object_or_404(TaxFile, pk=pk)
    form = DayForm(request.POST, today=request.staff.today)
    if not form.is_valid():
        messages.error(request, f"Nothing was noted. {form.errors['on'][0]}")
        return redirect("staff_tax_year", found.year)
    try:
        filing = note_tax_filing(file=found, on=form.cleaned_data["on"], by=request.user, at=timezone.now())
    except TaxFilingRefused as refused:
        messages.error(request, f"Nothing was noted. {refused}.")
    else:
        messages.success(request, f"Noted as filed on {day(filing.filed_on)}; corrections are told against it.")
    return redirect("staff_tax_year", found.year)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PROGRAM)
def filer(request: StaffRequest) -> HttpResponse:
    """The company as the IRS knows it."""
    form = FilerForm(request.POST or None, instance=Filer.current())
    if request.method == "POST" and form.is_valid():
        set_filer(filer=form.save(commit=False), by=request.user, at=timezone.now())
        messages.success(request, "The 1099 forms come from this company from now on.")
        return redirect("staff_filer")
    context = {
        "title": "The company, for the IRS",
        "lead": "Whom 1099 forms come from, as the IRS knows the company.",
        "back": (reverse("staff_liability"), "Liability"),
        "form": form,
        "action": "Save",
    }
    return render(request, "payouts/staff/books_form.html", context, status=422 if form.errors else 200)


def _check(request: StaffRequest, year: int) -> None:
    if not FIRST_YEAR <= year <= request.staff.today.year:
        raise Http404(f"There are 1099-NEC forms from {FIRST_YEAR} to this year.")


def _gather(request: StaffRequest, year: int) -> TaxYear:
    _check(request, year)
    return gather_tax_year(year)


def _taken(file: TaxFile) -> Taken:
    filing = getattr(file, "filing", None)
    filed = f"Filed on {day(filing.filed_on)}" if filing else ""
    return Taken(moment(file.made_at), who(file.made_by), filed, reverse("staff_tax_file_filed", args=[file.pk]))


def _tiles(gathered: TaxYear) -> Iterator[Tile]:
    paid = sum((total.paid for total in gathered.totals), ZERO)
    filed = sum((total.box_1 for total in gathered.filed), ZERO)
    missing = [total for total in gathered.totals if total.standing in (Standing.NO_FORM, Standing.TO_MEND)]
    yield Tile("Paid in the year", show_money(paid), note=counted(len(gathered.totals), "partner", "partners"))
    yield Tile("On 1099-NEC forms", show_money(filed), note=counted(len(gathered.filed), "form", "forms"))
    yield Tile("Tax forms missing or to be mended", f"{len(missing):,}", note="Ask for them before the forms are due")
    yield Tile("To be corrected", f"{len(gathered.to_correct):,}", note="The IRS was told another amount")


def _groups(gathered: TaxYear) -> Iterator[Group]:
    for standing in Standing:
        totals = [total for total in gathered.totals if total.standing == standing]
        if totals:
            what = f"{counted(len(totals), 'partner', 'partners')}, {show_money(sum((t.paid for t in totals), ZERO))}"
            yield Group(standing.value, what, [_row(total) for total in totals[:SHOWN]], max(len(totals) - SHOWN, 0))


def _row(total: Total) -> tuple[str, str, str, str, str, str]:
    form = total.tax_form
    on_file = f"{form.kind} {form.masked_number}" if form else "None"
    payouts = f"{reverse('admin:payouts_payout_changelist')}?partner__id__exact={total.partner.pk}"
    return (
        total.partner.name, payouts, on_file, show_money(total.paid), show_money(total.box_1), total.note,
    )  # fmt: skip


def _correction(total: Total) -> tuple[str, str, str]:
    return total.partner.name, show_money(total.filed_before or ZERO), show_money(total.box_1)


def _record(total: Total) -> list[object]:
    form = total.tax_form
    before = "" if total.filed_before is None else total.filed_before
    return [
        total.partner.reference, total.partner.name, total.paid, total.elsewhere, total.box_1,
        form.kind if form else "", form.masked_number if form else "", total.standing.value, total.note, before,
    ]  # fmt: skip
