"""The Agreement: its versions, which partners must still accept the current one, and reminding them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, DateField, Value
from django.db.models.functions import Greatest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from affiliates.documents.changes import Change, compare
from affiliates.documents.clauses import read_clauses
from affiliates.models import AgreementVersion, Membership, Partner
from affiliates.models.partner import MemberRole
from affiliates.services.remind_of_agreement import last_reminded, must_accept, remind_of_agreement
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from parts.formats import counted, day, short_day
from parts.listing import CHOSEN, Column, Listing
from parts.shapes import Cell, Empty

COLUMNS = {
    "partner": Column("Partner", sort=("name",)),
    "since": Column("Waits since", sort=("since",)),
    "owners": Column("Owners"),
    "reminded": Column("Reminded last"),
}
ALL_ACCEPTED = Empty("Everybody has accepted it", "No partner must accept the current version.")
NO_VERSION = Empty(
    "No version yet", "Partners can accept the Agreement once its first version is published; payouts wait until then."
)


@dataclass(slots=True)
class Beside:
    """What the lines of a page show besides their partner."""

    version: AgreementVersion
    owners: dict[int, list[str]] = field(default_factory=dict)
    reminded: dict[int, datetime] = field(default_factory=dict)

    def read(self, rows: Sequence[Partner]) -> None:
        """This function will read at once what the rows of a page need."""
        keys = [row.pk for row in rows]
        self.reminded = last_reminded(self.version, keys)
        owners = Membership.objects.filter(partner__in=keys, role=MemberRole.OWNER).select_related("user")
        for membership in owners.order_by("user__name"):
            self.owners.setdefault(membership.partner_id, []).append(membership.user.get_full_name())


@require_safe
@staff_page(Right.PUBLISH_AGREEMENTS)
def agreement(request: StaffRequest) -> HttpResponseBase:
    """Who must still accept the current version, and all versions with how many accepted each."""
    versions = list(AgreementVersion.objects.defer("text").annotate(accepted=Count("acceptances")).order_by("-id"))
    listing = _who_must(request, versions[0]) if versions else None
    if listing is not None and listing.wants_csv:
        return listing.csv("agreement-to-accept")
    waiting = must_accept(versions[0], on=request.staff.today).count() if versions else 0
    context = {
        "title": "Agreement",
        "lead": f"Version {versions[0].number} is the current one. {_lead(waiting)}" if versions else "",
        "listing": listing,
        "waiting": counted(waiting, "partner", "partners"),
        "empty": NO_VERSION,
        "versions": list(_lines(versions, request)),
    }
    return render(request, "affiliates/staff/agreement.html", context)


@require_safe
@staff_page(Right.PUBLISH_AGREEMENTS)
def version(request: StaffRequest, pk: int) -> HttpResponse:
    """A version as partners read it, and what it changed of the one before."""
    found = get_object_or_404(AgreementVersion, pk=pk)
    before = found.previous()
    context = {
        "title": f"Agreement, version {found.number}",
        "lead": f"Published on {day(request.staff.program.day(found.published_at))}.",
        "back": (reverse("staff_agreement"), "Agreement"),
        "version": found,
        "clauses": read_clauses(found.text),
        **(compared(before, found.text) if before else {}),
    }
    return render(request, "affiliates/staff/agreement_version.html", context)


@require_POST
@staff_page(Right.PUBLISH_AGREEMENTS)
def remind(request: StaffRequest) -> HttpResponse:
    """Those who are ticked, or all who must accept, are asked again: each at most once a day."""
    ticked = [key for each in request.POST.getlist(CHOSEN) if (key := asked_key(each))]
    is_all = "all" in request.POST
    if not ticked and not is_all:
        messages.error(request, "Nobody was reminded. Tick the partners to remind first.")
        return redirect("staff_agreement")
    asked = remind_of_agreement(partners=None if is_all else ticked, by=request.staff.user, at=timezone.now())
    if asked:
        messages.success(request, f"{counted(len(asked), 'partner is', 'partners are')} reminded.")
    else:
        messages.info(request, "Nobody was reminded: each was today already, or has accepted meanwhile.")
    return redirect("staff_agreement")


def compared(before: AgreementVersion, text: str) -> dict[str, Any]:
    """What a text changes of a version, as `agreement_change_list.html` shows it."""
    found = compare(read_clauses(before.text), read_clauses(text))
    return {
        "before": before,
        "changed": [clause for clause in found if clause.change is not Change.SAME],
        "same": [clause for clause in found if clause.change is Change.SAME],
        "empty": Empty("No word changed", f"It says what version {before.number} says."),
    }


def _who_must(request: StaffRequest, version: AgreementVersion) -> "Listing[Partner]":
    beside = Beside(version)
    published_on = request.staff.program.day(version.published_at)
    rows = must_accept(version, on=request.staff.today).annotate(
        since=Greatest("joined_on", Value(published_on, output_field=DateField()))
    )

    def since(row: Partner) -> date:
        return max(row.joined_on, published_on)

    return Listing(
        request,
        rows,
        COLUMNS,
        lambda row: (
            Cell(row.name, below=row.reference, url=reverse("staff_partner", args=[row.pk])),
            Cell(short_day(since(row)), below=counted((request.staff.today - since(row)).days, "day", "days")),
            Cell(", ".join(beside.owners.get(row.pk, [])) or "Nobody yet", below=row.email),
            Cell(_moment(beside.reminded.get(row.pk))),
        ),
        "since",
        ALL_ACCEPTED,
        prepare=beside.read,
        record=lambda row: (
            row.name,
            row.reference,
            row.email,
            since(row),
            "; ".join(beside.owners.get(row.pk, [])),
            beside.reminded[row.pk].isoformat() if row.pk in beside.reminded else "",
        ),
        record_header=("Partner", "Key", "E-mail", "Waits since", "Owners", "Reminded at"),
        label="Partners who must accept the current version",
        bulk="affiliates/staff/agreement_remind.html",
    )


def _lines(versions: Sequence[AgreementVersion], request: StaffRequest) -> Iterator[dict[str, Any]]:
    for place, each in enumerate(versions):
        yield {
            "label": f"Version {each.number}",
            "title": each.title,
            "url": reverse("staff_agreement_version", args=[each.pk]),
            "published": short_day(request.staff.program.day(each.published_at)),
            "accepted": f"{each.accepted:,}",  # type: ignore[attr-defined]
            "is_current": place == 0,
        }


def _lead(waiting: int) -> str:
    if not waiting:
        return "Every partner has accepted it."
    return f"{counted(waiting, 'partner', 'partners')} must still accept it; their payouts wait."


def _moment(at: datetime | None) -> str:
    return short_day(timezone.localdate(at)) if at else "Never"
