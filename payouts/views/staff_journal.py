"""The month's double entries for the company's books, and the account codes that they go to."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right, may
from affiliates.money import ZERO, show_money
from affiliates.months import add_months, month_of, parse_month, show_month
from affiliates.staff_page import StaffRequest, staff_page
from commissions.models import LedgerEntry, Period
from parts.formats import month_name, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from parts.sheet import sheet
from payouts.books.journal import COLUMNS, entries_of, journal_rows, lines_of, sums_of
from payouts.models import AccountCode
from payouts.services.set_up_books import set_account_codes
from payouts.views.books_forms import AccountCodesForm

NOTHING = Empty("No entries", "Nothing entered the ledger in this month.")


@require_safe
@staff_page(Right.EXPORT_BOOKS)
def journal(request: StaffRequest, month: str = "") -> HttpResponseBase:
    """A month's entries, each with the accounts that it moves, and their sums; the last closed one at first."""
    closed = Period.objects.last_closed()
    first = _month(month) if month else closed.month if closed else month_of(request.staff.today)
    is_closed = closed is not None and first <= closed.month
    sums = sums_of(first)
    context = {
        "title": f"Journal of {month_name(first)}",
        "lead": "The ledger as double entries, for the company’s own books.",
        "badge": Badge("Closed: it stays as it is", Tone.GOOD) if is_closed else Badge("Open", Tone.WAITING),
        "csv": reverse("staff_journal_csv", args=[show_month(first)]),
        "before": _way(add_months(first, -1)),
        "after": _way(add_months(first, 1)) if add_months(first, 1) <= request.staff.today else None,
        "sums": [(str(each.code), show_money(each.debit), show_money(each.credit)) for each in sums],
        "debit": show_money(sum((each.debit for each in sums), ZERO)),
        "credit": show_money(sum((each.credit for each in sums), ZERO)),
        "year_url": reverse("staff_tax_year", args=[first.year]),
        "year": first.year,
        "may_set_up": may(request.user, Right.CHANGE_PROGRAM),
        "listing": _entries(request, first),
    }
    return render(request, "payouts/staff/journal.html", context)


@require_safe
@staff_page(Right.EXPORT_BOOKS)
def journal_csv(request: StaffRequest, month: str) -> HttpResponseBase:
    """All of a month's lines as a file; that of a closed month is the same whenever it is taken."""
    first = _month(month)
    closed = Period.objects.last_closed()
    name = f"journal-{month}" if closed and first <= closed.month else f"journal-{month}-open"
    return sheet(name, COLUMNS, journal_rows(first, currency=request.staff.program.currency))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PROGRAM)
def account_codes(request: StaffRequest) -> HttpResponse:
    """What the accounts are called in the company's books, from the first open month on."""
    closed = Period.objects.last_closed()
    begins = closed.next_month if closed else month_of(request.staff.today)
    form = AccountCodesForm(request.POST or None, codes=AccountCode.objects.of(begins))
    if request.method == "POST" and form.is_valid():
        first = set_account_codes(codes=form.codes(), by=request.user, at=timezone.now())
        messages.success(request, f"The journal uses these codes from {month_name(first)} on.")
        return redirect("staff_account_codes")
    context = {
        "title": "Account codes",
        "lead": f"They hold from {month_name(begins)} on; the journals of closed months stay as they are.",
        "back": (reverse("staff_liability"), "Liability"),
        "form": form,
        "action": "Save the codes",
    }
    return render(request, "payouts/staff/books_form.html", context, status=422 if form.errors else 200)


def _entries(request: StaffRequest, month: date) -> "Listing[LedgerEntry]":
    codes = AccountCode.objects.of(month)

    def line(entry: LedgerEntry) -> list[Cell]:
        debit, credit = lines_of(entry)
        ledger = reverse("admin:commissions_ledgerentry_change", args=[entry.pk])
        return [
            Cell(short_day(entry.dated_on)),
            Cell(entry.partner.name, below=entry.partner.reference),
            Cell(entry.text, url=ledger),
            Cell(str(codes[debit.account])),
            Cell(str(codes[credit.account])),
            Cell(show_money(debit.debit)),
        ]

    return Listing(
        request=request,
        rows=entries_of(month),
        columns={
            "day": Column("Day", sort=("dated_on",)),
            "partner": Column("Partner", sort=("partner__name",)),
            "memo": Column("Memo", sort=("kind",)),
            "debit": Column("Debit"),
            "credit": Column("Credit"),
            "amount": Column("Amount", is_number=True),
        },
        line=line,
        default="day",
        empty=NOTHING,
        label="Entries",
    )


def _way(month: date) -> tuple[str, str]:
    return reverse("staff_journal_of", args=[show_month(month)]), month_name(month)


def _month(month: str) -> date:
    try:
        return parse_month(month)
    except ValueError as error:
        raise Http404("It is not a month.") from error
