"""What came from PartnerStack, what of it has no place here, and what was paid there against this Agreement."""

import json
from collections.abc import Sequence
from decimal import Decimal

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from affiliates.staff_page import StaffRequest, moment, staff_page
from integrations.partnerstack.filters import DifferencesFilter, UnplacedFilter
from integrations.partnerstack.formats import Kind
from integrations.partnerstack.models import Difference, Import, RawRow, Unplaced
from integrations.partnerstack.services.compare import KINDS, compare, part_of, words_of
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile, Tone

COUNTS = {
    "read": "Read",
    "new": "New or changed",
    "mapped": "Taken over",
    "listed": "Without a place",
    "test": "Tests, skipped",
}
COLUMNS = {
    "month": Column("Month", sort=("month", "who")),
    "who": Column("Partner", sort=("who", "month")),
    "there": Column("Paid there", sort=("there",), is_number=True),
    "here": Column("This Agreement", sort=("here",), is_number=True),
    "difference": Column("Difference", sort=("difference",), is_number=True),
    "why": Column("Because"),
}
HOW = Empty(
    "Nothing was imported yet", "Run manage.py import_partnerstack with the keys of PartnerStack, or --from DIR."
)
HEADER = (
    "Month", "Partner", "Paid there", "Scheduled there", "This Agreement", "Waiting here", "Difference",
    *KINDS.values(), "Explanation",
)  # fmt: skip


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def partnerstack(request: StaffRequest) -> HttpResponseBase:
    """The last import and its comparison."""
    listing = Listing(
        request,
        Difference.objects.select_related("partner"),
        COLUMNS,
        _line,
        "-month",
        HOW,
        filters=DifferencesFilter,
        record=_record,
        record_header=HEADER,
        label="Paid there and here",
    )
    if listing.wants_csv:
        return listing.csv("partnerstack")
    last = Import.objects.first()
    sums = Difference.objects.aggregate(there=Sum("there"), here=Sum("here"), difference=Sum("difference"))
    context = {
        "title": "PartnerStack",
        "back": (reverse("staff_integrations"), "Integrations"),
        "lead": _lead(last),
        "listing": listing,
        "last": last,
        "tiles": _tiles({name: amount or ZERO for name, amount in sums.items()}, request.staff.program.currency)
        if last
        else (),
        "header": list(COUNTS.values()),
        "rows": [(kind.label, _counts(last, kind)) for kind in Kind] if last and last.counts else (),
        "unplaced": Unplaced.objects.count(),
    }
    return render(request, "partnerstack/staff/report.html", context)


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def difference(request: StaffRequest, pk: int) -> HttpResponse:
    """A partner's month, with each reason for its difference and the arithmetic."""
    found = get_object_or_404(Difference.objects.select_related("partner"), pk=pk)
    currency = request.staff.program.currency
    context = {
        "title": f"{found.partner or found.who}, {show_month(found.month)}",
        "lead": f"As compared on {moment(found.compared_at)}.",
        "back": (reverse("staff_partnerstack"), "PartnerStack"),
        "tiles": (
            Tile("Paid there", show_money(found.there), currency, note=_scheduled(found.scheduled)),
            Tile("This Agreement gives", show_money(found.here), currency, note=_waiting(found.waiting)),
            Tile("Difference", show_money(found.difference), currency),
        ),
        "parts": [each | {"shown": show_money(each["amount"])} for each in words_of(found)],
        "total": show_money(found.difference),
    }
    return render(request, "partnerstack/staff/difference.html", context)


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def unplaced(request: StaffRequest) -> HttpResponseBase:
    """What has no place here, each row with why."""
    listing = Listing(
        request,
        Unplaced.objects.all(),
        {"kind": Column("Kind", sort=("kind", "key")), "key": Column("Key there"), "why": Column("Why")},
        lambda row: (
            Cell(row.get_kind_display()),
            Cell(row.key, below=row.name, url=reverse("staff_partnerstack_row", args=[row.pk])),
            Cell(row.why),
        ),
        "kind",
        Empty("Everything has its place", "What an import cannot place is listed here, with the reason."),
        filters=UnplacedFilter,
        record=lambda row: (row.kind, row.key, row.name, row.why),
        record_header=("Kind", "Key", "Name", "Why"),
        label="Rows without a place",
    )
    if listing.wants_csv:
        return listing.csv("partnerstack-without-a-place")
    context = {
        "title": "Rows without a place",
        "lead": "Kept as they came. Mend the reason there or here and import again: what is placed leaves this list.",
        "back": (reverse("staff_partnerstack"), "PartnerStack"),
        "listing": listing,
    }
    return render(request, "affiliates/staff/list.html", context)


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def raw_row(request: StaffRequest, pk: int) -> HttpResponse:
    """A row without a place as PartnerStack gave it last."""
    found = get_object_or_404(Unplaced, pk=pk)
    raw = RawRow.objects.newest(Kind(found.kind)).filter(key=found.key).first()
    context = {
        "title": f"{found.get_kind_display()}: {found.key}",
        "lead": f"{found.why}.",
        "back": (reverse("staff_partnerstack_unplaced"), "Rows without a place"),
        "body": _printed(raw) if raw else "",
        "came": moment(raw.at) if raw else "",
    }
    return render(request, "partnerstack/staff/row.html", context)


def _printed(raw: RawRow) -> str:
    """A row as people read it; what is half a character is shown as its code."""
    text = json.dumps(json.loads(raw.body), indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


@require_POST
@staff_page(Right.MANAGE_INTEGRATIONS)
def compare_again(request: StaffRequest) -> HttpResponse:
    """Compare with the facts as they stand now, after a category was mapped or a plan given."""
    months = compare(by=request.user, at=timezone.now())
    messages.success(request, f"{months:,} month{'s' * (months != 1)} of partners compared anew.")
    return redirect("staff_partnerstack")


def _lead(last: Import | None) -> str:
    if last is None:
        return "Brings a program from PartnerStack, and says what was paid there against what this Agreement gives."
    if last.finished_at is None:
        return f"The import that began on {moment(last.started_at)} has not ended; start the command again, it goes on."
    return f"Imported on {moment(last.finished_at)} from {last.source}."


def _tiles(sums: dict[str, Decimal], currency: str) -> Sequence[Tile]:
    difference = sums["difference"]
    meaning = "more was paid there" if difference > 0 else "less was paid there" if difference < 0 else ""
    return (
        Tile("Paid there", show_money(sums["there"]), currency),
        Tile("This Agreement gives", show_money(sums["here"]), currency, note="for the same months"),
        Tile("Difference", show_money(difference), currency, note=meaning),
    )


def _counts(last: Import, kind: Kind) -> list[str]:
    counts = last.counts.get(kind.value, {})
    return [f"{counts.get(name, 0):,}" for name in COUNTS]


def _line(row: Difference) -> Sequence[Cell]:
    name = row.partner.name if row.partner else row.who.removesuffix(" (there)")
    kinds = list(dict.fromkeys(KINDS[part["kind"]] for part in row.parts))
    badge = Badge("Agrees", Tone.GOOD) if not row.difference else None
    return (
        Cell(show_month(row.month), url=reverse("staff_partnerstack_difference", args=[row.pk])),
        Cell(name, below="" if row.partner else "Not known here"),
        Cell(show_money(row.there), below=f"and {show_money(row.scheduled)} scheduled" if row.scheduled else ""),
        Cell(show_money(row.here), below=f"and {show_money(row.waiting)} waiting" if row.waiting else ""),
        Cell(show_money(row.difference)),
        Cell("; ".join(kinds), badge=badge),
    )


def _record(row: Difference) -> Sequence[object]:
    parts = (part_of(row, kind) for kind in KINDS)
    words = " | ".join(f"{each['name']} {show_money(each['amount'])}: {each['says']}" for each in words_of(row))
    money = (row.there, row.scheduled, row.here, row.waiting, row.difference)
    return show_month(row.month), row.who, *money, *parts, words


def _scheduled(amount: Decimal) -> str:
    return f"{show_money(amount)} more is scheduled" if amount else ""


def _waiting(amount: Decimal) -> str:
    return f"{show_money(amount)} more is waiting" if amount else ""
