"""What the program owes its partners on any day, tied to the ledger, and the proof of a month's money."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.rights import Right, may
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.months import add_months, parse_month, show_month
from affiliates.staff_page import StaffRequest, staff_page
from commissions.models import Period
from parts.formats import counted, day, month_name, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile, Tone
from payouts.books.liability import AGED, BUCKETS, Liability, gather_liability, partners_owed
from payouts.completeness import PeriodWasNotRun, Proof, prove_period
from payouts.views.books_forms import DayForm

LABELS = {
    "waiting": "Waiting",
    "payable": "Payable",
    "approved": "Approved",
    "carried": "Carried negative",
    "paid": "Paid",
}
MEANINGS = {
    "waiting": "Held back by the waiting period, and not in the ledger",
    "payable": "Posted, closed and not approved",
    "approved": "Approved, and not paid",
    "carried": "Below zero once what is approved is paid; settled by what is earned next",
}
NOTHING = Empty("Nothing owed", "No partner had a balance, an amount waiting or a payment on this day.")
HEADER = ("partner", "name", *LABELS, "owed", "ledger")


@require_safe
@staff_page(Right.SEE_MONEY)
@transaction.atomic
def liability(request: StaffRequest) -> HttpResponseBase:
    """What was owed on the day that the address says, by age and by partner."""
    today = request.staff.today
    form = DayForm({"on": request.GET.get("on") or f"{today:%Y-%m-%d}"}, today=today)
    context: dict[str, Any] = {
        "title": "Liability",
        "lead": "What the program owes its partners, and how old it is.",
        "form": form,
        "may_set_up": may(request.user, Right.CHANGE_PROGRAM),
    }
    if not form.is_valid():
        return render(request, "payouts/staff/liability.html", context, status=422)
    found = gather_liability(request.staff.program, on=form.cleaned_data["on"])
    listing = _partners(request, found)
    if listing.wants_csv:
        return listing.csv(f"liability-{found.on}")
    closed = Period.objects.closed().filter(month__lte=add_months(found.on, -1)).first()
    context |= {
        "found": found,
        "tiles": list(_tiles(found)),
        "buckets": BUCKETS,
        "ages": [(LABELS[part], *map(show_money, found.ages[part]), show_money(found.total(part))) for part in AGED],
        "sums": [(LABELS[part], show_money(found.total(part))) for part in ("payable", "approved", "carried")],
        "ledger": show_money(found.ledger),
        "added_up": show_money(found.found),
        "difference": show_money(found.difference),
        "differing": [(each.partner, show_money(each.ledger), show_money(each.found)) for each in found.differing],
        "on": day(found.on),
        "proof": (reverse("staff_proof", args=[show_month(closed.month)]), month_name(closed.month))
        if closed
        else None,
        "listing": listing,
    }
    return render(request, "payouts/staff/liability.html", context)


@require_safe
@staff_page(Right.SEE_MONEY)
def proof(request: StaffRequest, month: str) -> HttpResponseBase:
    """Every cent that was received up to a month's end, and where it went; lines, ledger, payouts, statements."""
    try:
        first = parse_month(month)
        proved = prove_period(first)
    except (ValueError, PeriodWasNotRun) as error:
        raise Http404(str(error)) from error
    context = {
        "title": f"Proof of {month_name(first)}",
        "lead": "Starts anew from invoices, payments and reversals, and shares nothing with what computed the month.",
        "back": (reverse("staff_liability"), "Liability"),
        "holds": Badge("It holds", Tone.GOOD) if not proved.failures else Badge("It does not hold", Tone.BAD),
        "told": _told(proved),
        "received": show_money(proved.received),
        "places": [
            (place.heading.capitalize(), place.reason, f"{place.rows:,}", show_money(place.amount))
            for place in proved.whereabouts
        ],
        "checked": proved.checked,
        "failures": proved.failures,
    }
    return render(request, "payouts/staff/proof.html", context)


def _told(proved: Proof) -> str:
    if proved.failures:
        return f"{counted(len(proved.failures), 'finding', 'findings')}, each below."
    return "Every cent is commissioned, waiting, excluded for a named reason, or listed for finance."


def _tiles(found: Liability) -> list[Tile]:
    tiles = [Tile(LABELS[part], show_money(found.total(part)), note=MEANINGS[part]) for part in MEANINGS]
    span = f"{short_day(found.since)} to {short_day(found.on)}, less what came back"
    return [*tiles, Tile("Paid", show_money(found.total("paid")), note=span)]


def _partners(request: StaffRequest, found: Liability) -> "Listing[Partner]":
    ledger = reverse("admin:commissions_ledgerentry_changelist")

    def line(row: Any) -> list[Cell]:
        return [
            Cell(row.name, url=f"{ledger}?partner__id__exact={row.pk}"),
            *(Cell(show_money(getattr(row, f"part_{part}"))) for part in LABELS),
            Cell(show_money(row.owed)),
        ]

    def record(row: Any) -> list[object]:
        return [
            row.reference, row.name, *(getattr(row, f"part_{part}") for part in LABELS), row.owed, row.part_ledger,
        ]  # fmt: skip

    columns = {"partner": Column("Partner", sort=("name",))}
    columns |= {part: Column(label, sort=(f"part_{part}",), is_number=True) for part, label in LABELS.items()}
    return Listing(
        request=request,
        rows=partners_owed(),
        columns={**columns, "owed": Column("Balance", sort=("owed",), is_number=True)},
        line=line,
        default="-owed",
        empty=NOTHING,
        record=record,
        record_header=HEADER,
        label=f"Partners on {short_day(found.on)}",
    )
