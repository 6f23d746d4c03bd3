"""The audit trail: who did what to which thing and when."""

from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry, AuditSeal
from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import HARD_SPACE, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from portal.filters import AuditFilter
from portal.subjects import addresses_of

MOST_IN_FILE = 100_000
VALUE, ALL_VALUES = 40, 120  # So much of the details stands in a list; the entry's own page has all.
COLUMNS = {
    "when": Column("When", sort=("at",)),
    "who": Column("Who"),
    "action": Column("Did what"),
    "subject": Column("To what"),
    "details": Column("Details"),
}
NOTHING = Empty("Nothing was done yet", "Each step that somebody takes is written here, in the step itself.")


@require_safe
@staff_page(Right.SEE_AUDIT)
def audit(request: StaffRequest) -> HttpResponseBase:
    """The newest entries first; the file holds at most so many of what was found."""
    urls: dict[str, str] = {}

    def prepare(rows: Sequence[AuditEntry]) -> None:
        urls.update(addresses_of(row.subject for row in rows))

    listing = Listing(
        request,
        AuditEntry.objects.select_related("by"),
        COLUMNS,
        lambda row: _line(row, urls.get(row.subject, "")),
        "-when",
        NOTHING,
        filters=AuditFilter,
        record=_record,
        record_header=("Number", "At", "Person", "E-mail", "Action", "Subject", "Details"),
        prepare=prepare,
        label="Audit trail",
    )
    if listing.wants_csv:
        listing.rows = listing.rows[:MOST_IN_FILE]
        return listing.csv("audit")
    context = {
        "title": "Audit trail",
        "lead": f"Who did what to which thing and when. A file holds the first {MOST_IN_FILE:,} of what was found.",
        "listing": listing,
    }
    return render(request, "affiliates/staff/list.html", context)


@require_safe
@staff_page(Right.SEE_AUDIT)
def audit_entry(request: StaffRequest, pk: int) -> HttpResponse:
    """One entry with all its details, and the link of the chain that seals it."""
    entry = get_object_or_404(AuditEntry.objects.select_related("by"), pk=pk)
    seal = AuditSeal.objects.filter(entry=entry).first()
    context = {
        "title": f"{entry.action[:1].upper()}{entry.action[1:]}",
        "back": (reverse("staff_audit"), "Audit trail"),
        "entry": entry,
        "who": _who(entry),
        "url": addresses_of([entry.subject]).get(entry.subject, ""),
        "details": [(key.replace("_", " "), _said(value)) for key, value in entry.details.items()],
        "seal": seal,
        "badge": Badge("Sealed", Tone.GOOD) if seal else Badge("To be sealed", Tone.WAITING),
    }
    return render(request, "portal/staff/audit_entry.html", context)


def _line(row: AuditEntry, url: str) -> Sequence[Cell]:
    at = timezone.localtime(row.at)
    said = ", ".join(f"{key.replace('_', ' ')}: {_cut(_said(value), VALUE)}" for key, value in row.details.items())
    day = short_day(at.date()).replace(" ", HARD_SPACE)
    return (
        Cell(day, below=f"{at:%H:%M:%S}", url=reverse("staff_audit_entry", args=[row.pk])),
        Cell(_who(row), below=row.by.email if row.by and row.by.name else ""),
        Cell(row.action),
        Cell(row.subject, url=url),
        Cell(_cut(said, ALL_VALUES)),
    )


def _record(row: AuditEntry) -> Sequence[object]:
    said = "; ".join(f"{key}: {_said(value)}" for key, value in row.details.items())
    who = (row.by.name, row.by.email) if row.by else ("the system", "")
    return row.pk, row.at.isoformat(), *who, row.action, row.subject, said


def _who(entry: AuditEntry) -> str:
    return entry.by.get_full_name() if entry.by else "the system"


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cut(text: str, most: int) -> str:
    return f"{text[: most - 1]}…" if len(text) > most else text
