"""All partners, and everything of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from accounts.rights import Right, may
from affiliates.models import Acceptance, Application, Membership, Partner, Violation
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from clients.models import ChargebackReview, Client
from commissions.explanation import tiers_of
from commissions.models import Adjustment, Dispute, Period
from parts.formats import percent, short_day, short_month
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Event, Tile, Tone
from payouts.models import Payout
from portal.figures.partners import Beside, Money, beside, with_money
from portal.filters import PartnersFilter
from referrals.models import Lead

RECENT = 10
LOOKED_BACK = 50  # So many of each kind of thing are looked at for the timeline,
EVENTS = 25  # which shows so many of what happened to them.
COLUMNS = {
    "name": Column("Partner", sort=("name",)),
    "since": Column("Since", sort=("joined_on",)),
    "mrr": Column("MRR", sort=("mrr",), is_number=True),
    "rate": Column("Rate", is_number=True),
    "balance": Column("Balance", sort=("balance",), is_number=True),
    "payouts": Column("Payouts", is_number=True),
    "leads": Column("Open leads", is_number=True),
    "agreement": Column("Agreement"),
    "seen": Column("Last sign-in"),
}
RECORD = (
    "Key", "Name", "Kind", "E-mail", "Since", "Ends", "MRR", "Rate", "Balance", "Open payouts", "Open leads",
    "Accepted version", "Is the current one", "Last sign-in",
)  # fmt: skip
NONE_YET = Empty("No partners yet", "They come by an application that you approve, or with the first import of facts.")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a short list: a name that leads somewhere, and what stands beside it."""

    name: str
    text: str
    url: str = ""
    badge: Badge | None = None


@require_safe
@staff_page(Right.SEE_PROGRAM)
def partners(request: StaffRequest) -> HttpResponseBase:
    """All partners with what they bring, are owed and have to do."""
    newest = Period.objects.newest()
    month = newest.month if newest else None
    known: dict[int, Beside] = {}
    today = request.staff.today

    def prepare(rows: Sequence[Partner]) -> None:
        known.update(beside(rows))

    listing = Listing(
        request,
        with_money(Partner.objects.all(), month),
        COLUMNS,
        lambda row: _line(row, known[row.pk], today),
        "name",
        NONE_YET,
        filters=PartnersFilter,
        record=lambda row: _record(row, known[row.pk]),
        record_header=RECORD,
        prepare=prepare,
        label="Partners",
    )
    if listing.wants_csv:
        return listing.csv("partners")
    context = {
        "title": "Partners",
        "lead": f"MRR and rate are those of {short_month(month)}." if month else "No month was computed yet.",
        "listing": listing,
    }
    return render(request, "affiliates/staff/list.html", context)


@require_safe
@staff_page(Right.SEE_PROGRAM)
def partner(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything of a partner: figures, people, what is open, and what happened."""
    newest = Period.objects.newest()
    rows = with_money(Partner.objects.all(), newest.month if newest else None)
    found = get_object_or_404(rows, pk=pk)
    context = {
        "title": found.name,
        "back": (reverse("staff_partners"), "Partners"),
        "partner": found,
        "badge": standing(found, request.staff.today),
        "tiles": _tiles(found, newest, request.staff.program.currency),
        "facts": _facts(found, newest),
        "people": _people(found),
        "leads": _leads(found),
        "clients": _clients(found),
        "payouts": _payouts(found),
        "open_points": _open_points(found),
        "events": _events(found),
        "audit_url": f"{reverse('staff_audit')}?{urlencode({'subject': f'partner {found.reference}'})}",
        "may_help": may(request.staff.user, Right.HELP_PARTNERS),
        "may_change": may(request.staff.user, Right.CHANGE_PARTNERS),
        "may_give": may(request.staff.user, Right.GIVE_PLANS) and found.terminated_on is None,
        "may_judge": may(request.staff.user, Right.JUDGE_VIOLATIONS),
        "may_end": may(request.staff.user, Right.END_PARTNERSHIPS) and found.terminated_on is None,
        "may_audit": may(request.staff.user, Right.SEE_AUDIT),
    }
    return render(request, "portal/staff/partner.html", context)


def standing(row: Partner, today: date) -> Badge:
    """Whether the partnership goes on."""
    if row.terminated_on is None:
        return Badge("Active", Tone.GOOD) if row.joined_on <= today else Badge("Not begun", Tone.NEUTRAL)
    if row.terminated_on < today:
        return Badge(f"Ended {short_day(row.terminated_on)}")
    return Badge(f"Ends {short_day(row.terminated_on)}", Tone.WAITING)


# -- The list ---------------------------------------------------------------------------------------------


def _line(row: Partner, more: Beside, today: date) -> Sequence[Cell]:
    shown, money = standing(row, today), Money.of(row)
    return (
        Cell(
            row.name,
            below=row.reference,
            url=reverse("staff_partner", args=[row.pk]),
            badge=None if row.terminated_on is None else shown,
        ),
        Cell(short_day(row.joined_on), below=row.get_kind_display()),
        Cell(show_money(money.mrr)),
        Cell("" if money.rate is None else percent(money.rate)),
        Cell(show_money(money.balance)),
        Cell(f"{more.payouts:,}"),
        Cell(f"{more.leads:,}"),
        Cell(badge=_accepted(more)),
        Cell(short_day(timezone.localdate(more.seen_at)) if more.seen_at else "Never"),
    )


def _accepted(more: Beside) -> Badge:
    if more.has_accepted:
        return Badge("Accepted", Tone.GOOD)
    return Badge(f"Version {more.version}", Tone.WAITING) if more.version else Badge("Not accepted", Tone.BAD)


def _record(row: Partner, more: Beside) -> Sequence[object]:
    money = Money.of(row)
    return (
        row.reference,
        row.name,
        row.get_kind_display(),
        row.email,
        row.joined_on,
        row.terminated_on or "",
        money.mrr,
        "" if money.rate is None else money.rate,
        money.balance,
        more.payouts,
        more.leads,
        more.version,
        "yes" if more.has_accepted else "no",
        more.seen_at.isoformat() if more.seen_at else "",
    )


# -- One partner ------------------------------------------------------------------------------------------


def _tiles(row: Partner, newest: Period | None, currency: str) -> list[Tile]:
    money = Money.of(row)
    month = short_month(newest.month) if newest else "No month yet"
    ledger = f"{reverse('admin:commissions_ledgerentry_changelist')}?{urlencode({'partner__id__exact': row.pk})}"
    return [
        Tile("MRR", show_money(money.mrr), currency, note=month),
        Tile(
            "Rate",
            "–" if money.rate is None else percent(money.rate),
            note="of all of it" if money.rate else "Nothing came in",
        ),
        Tile("Balance", show_money(money.balance), currency, note="Every entry", url=ledger),
        Tile("Clients", f"{Client.objects.filter(partner=row, canceled_on=None).count():,}", note="that are there"),
    ]


def _facts(row: Partner, newest: Period | None) -> list[tuple[str, str]]:
    acceptance = Acceptance.objects.filter(partner=row).select_related("version").order_by("-version_id").first()
    facts = [
        ("Key", row.reference),
        ("Kind", row.get_kind_display()),
        ("E-mail", row.email),
        ("Address", row.address or "Not told"),
        ("Partner since", short_day(row.joined_on)),
        (
            "Agreement",
            f"{acceptance.version}, accepted by {acceptance.name} on {short_day(timezone.localdate(acceptance.at))}"
            if acceptance
            else "Not accepted",
        ),
    ]
    if newest:
        batch = newest.run.batch_id or 0
        plan, _ = tiers_of(row.pk, newest.month, Money.of(row).mrr, batch)
        facts.insert(2, ("Plan", plan))
    return facts


def _people(row: Partner) -> list[Row]:
    members = Membership.objects.filter(partner=row).select_related("user").order_by("user__name", "pk")
    return [
        Row(
            member.user.get_full_name(),
            f"{member.user.email}, "
            + (
                f"last here {short_day(timezone.localdate(member.user.last_login))}"
                if member.user.last_login
                else "never here"
            ),
            badge=Badge(member.get_role_display(), Tone.INFO if member.role == "owner" else Tone.NEUTRAL),
        )
        for member in members
    ]


def _leads(row: Partner) -> list[Row]:
    rows = Lead.objects.open().filter(partner=row).order_by("-pk")[:RECENT]
    return [
        Row(
            lead.company,
            f"since {short_day(lead.registered_on)}",
            reverse("staff_lead", args=[lead.pk]),
            Badge(lead.get_stage_display(), Tone.INFO),
        )
        for lead in rows
    ]


def _clients(row: Partner) -> list[Row]:
    rows = Client.objects.filter(partner=row).order_by("-closed_on", "-pk")[:RECENT]
    return [
        Row(
            client.name,
            f"closed {short_day(client.closed_on)}"
            + (f", cancelled {short_day(client.canceled_on)}" if client.canceled_on else ""),
            reverse("staff_client_move", args=[client.pk]),
        )
        for client in rows
    ]


def _payouts(row: Partner) -> list[Row]:
    rows = Payout.objects.filter(partner=row).order_by("-period_id")[:RECENT]
    return [
        Row(
            short_month(payout.period_id),
            show_money(payout.amount if payout.payable is None else payout.payable),
            reverse("staff_payout", args=[payout.pk]),
            Badge(payout.get_state_display()),
        )
        for payout in rows
    ]


def _open_points(row: Partner) -> list[str]:
    """What keeps somebody of the company from leaving the partner alone."""
    points = [
        f"Violation of clause {each.clause}, to be cured by {short_day(each.cure_by)}"
        for each in Violation.objects.open().filter(partner=row)
    ]
    points += [
        f"{each.chargebacks} chargebacks wait for a review"
        for each in ChargebackReview.objects.filter(partner=row, decided_at=None)
    ]
    return points


def _events(row: Partner) -> list[Event]:
    """What the audit trail says of the partner and of its newest things, the latest first."""
    entries = AuditEntry.objects.filter(subject__in=_subjects(row)).select_related("by").order_by("-pk")[:EVENTS]
    return [
        Event(
            f"{entry.action[:1].upper()}{entry.action[1:]}".replace("_", " "),
            entry.at,
            entry.by.get_full_name() if entry.by else "the system",
            _text(entry, row),
        )
        for entry in entries
    ]


def _text(entry: AuditEntry, row: Partner) -> str:
    about = "" if entry.subject == f"partner {row.reference}" else entry.subject
    details = [(key.replace("_", " "), str(value).rstrip(".")) for key, value in entry.details.items()]
    said = ", ".join(f"{key}: {value}" for key, value in details if value)
    return ": ".join(part for part in (about[:1].upper() + about[1:], said) if part)


def _subjects(row: Partner) -> list[str]:
    def of(kind: str, rows: "QuerySet[Any]") -> list[str]:
        keys = rows.filter(partner=row).order_by("-pk").values_list("pk", flat=True)[:LOOKED_BACK]
        return [f"{kind} {key}" for key in keys]

    clients = Client.objects.filter(partner=row).order_by("-pk").values_list("reference", flat=True)[:LOOKED_BACK]
    return [
        f"partner {row.reference}",
        *(f"client {reference}" for reference in clients),
        *of("application", Application.objects.all()),
        *of("lead", Lead.objects.all()),
        *of("payout", Payout.objects.all()),
        *of("violation", Violation.objects.all()),
        *of("dispute", Dispute.objects.all()),
        *of("adjustment", Adjustment.objects.all()),
    ]
