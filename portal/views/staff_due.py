"""What falls due by its date: what waits, what is coming, and what was done on its day, all read from the dates."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.rights import Right, may
from affiliates.models import AgreementVersion, TerminationNotice, Violation
from affiliates.models.agreement import ViolationState, no_soliciting_until
from affiliates.months import add_months
from affiliates.services.remind_of_agreement import KEY, must_accept
from affiliates.staff_page import StaffRequest, staff_page
from notices.models import Notice, NoticeKind
from parts.formats import counted, day, short_day
from parts.shapes import Badge, Empty, Tone
from referrals.models import Lead

AHEAD = timedelta(days=60)
BEHIND = timedelta(days=30)
LEADS_AHEAD = LEADS_BEHIND = timedelta(days=14)
MOST_LEADS = 50
AROUND = timedelta(days=3)  # Months differ in length; what is found is looked at by its day again.
WEEK = 7


@dataclass(frozen=True, slots=True)
class Due:
    """Something with its day: what it is, whose, how it stands, and where to look."""

    on: date
    what: str
    who: str
    url: str
    badge: Badge
    note: str = ""

    @property
    def written_on(self) -> str:
        return short_day(self.on)


@require_safe
@staff_page(Right.SEE_PROGRAM)
def due(request: StaffRequest) -> HttpResponse:
    """Cure dates, ends of partnerships, of not soliciting and of protection, and the Agreement's reminders."""
    today = request.staff.today
    sees_leads = may(request.staff.user, Right.SEE_LEADS)
    dated = [
        *_cures(today), *_ends(today), *_freedoms(today), *(_protections(today) if sees_leads else ()),
        *_to_accept(today),
    ]  # fmt: skip
    done = chain(
        _decided(today), _ended(today), _freed(today), _ran_out(today) if sees_leads else (), _reminders(request)
    )
    context = {
        "title": "What falls due",
        "lead": f"What waits for somebody, the next {AHEAD.days} days, and what was done in the last {BEHIND.days}. "
        "What follows from a date alone takes effect on its day by itself.",
        "waiting": sorted((each for each in dated if each.on < today), key=lambda each: each.on),
        "coming": sorted((each for each in dated if each.on >= today), key=lambda each: each.on),
        "done": sorted(done, key=lambda each: each.on, reverse=True),
        "nothing_coming": Empty("Nothing falls due", f"There is no date in the next {AHEAD.days} days."),
        "most_leads": MOST_LEADS,
    }
    return render(request, "portal/staff/due.html", context)


# -- Coming, or waiting since its day ----------------------------------------------------------------------


def _cures(today: date) -> Iterator[Due]:
    rows = list(Violation.objects.open().select_related("partner"))
    keys = {row.pk: f"violation:{row.pk}:overdue" for row in rows if row.cure_by < today}
    told = Notice.objects.under(keys.values()) if keys else {}
    for row in rows:
        said = told.get(keys.get(row.pk, ""), [])
        yield Due(
            row.cure_by,
            f"A breach of clause {row.clause} is to be cured",
            row.partner.name,
            reverse("staff_violation", args=[row.pk]),
            _left(row.cure_by, today),
            f"Managers told on {_day_of(said[0])}" if said else "",
        )


def _ends(today: date) -> Iterator[Due]:
    rows = TerminationNotice.objects.filter(effective_on__gte=today).select_related("partner")
    for row in rows:
        yield Due(
            row.effective_on,
            "A partnership ends",
            row.partner.name,
            reverse("staff_partner", args=[row.partner_id]),
            _left(row.effective_on, today),
            f"Notice by {row.get_given_by_display().lower()}, {day(row.given_on)}",
        )


def _freedoms(today: date) -> Iterator[Due]:
    for row, until in _soliciting(today, today + AHEAD):
        yield Due(
            until,
            "The year without soliciting ends (15)",
            row.partner.name,
            reverse("staff_partner", args=[row.partner_id]),
            _left(until, today),
        )


def _protections(today: date) -> Iterator[Due]:
    rows = Lead.objects.protected(on=today).filter(protected_until__lte=today + LEADS_AHEAD)
    for row in rows.select_related("partner").order_by("protected_until", "pk")[:MOST_LEADS]:
        if row.protected_until:
            yield Due(
                row.protected_until,
                "A lead’s protection runs out",
                f"{row.company} ({row.partner})",
                reverse("staff_lead", args=[row.pk]),
                _left(row.protected_until, today),
            )


def _to_accept(today: date) -> Iterator[Due]:
    version = AgreementVersion.current()
    waiting = must_accept(version, on=today).count() if version else 0
    if version and waiting:
        since = timezone.localdate(version.published_at)
        yield Due(
            since,
            f"Version {version.number} of the Agreement, published on this day, is to be accepted",
            counted(waiting, "partner", "partners"),
            reverse("staff_agreement"),
            Badge("Payouts wait", Tone.WAITING),
        )


# -- Done -------------------------------------------------------------------------------------------------


def _decided(today: date) -> Iterator[Due]:
    rows = Violation.objects.exclude(state=ViolationState.OPEN).filter(decided_on__gte=today - BEHIND)
    for row in rows.select_related("partner"):
        is_cured = row.state == ViolationState.CURED
        yield Due(
            row.decided_on or today,
            f"A breach of clause {row.clause} was decided",
            row.partner.name,
            reverse("staff_violation", args=[row.pk]),
            Badge("Cured", Tone.GOOD) if is_cured else Badge("Not cured", Tone.BAD),
        )


def _ended(today: date) -> Iterator[Due]:
    rows = TerminationNotice.objects.filter(effective_on__lt=today, effective_on__gte=today - BEHIND)
    found = list(rows.select_related("partner"))
    keys = {row.pk: f"termination:{row.pk}:effective" for row in found}
    told = Notice.objects.under(keys.values()) if keys else {}
    for row in found:
        said = told.get(keys[row.pk], [])
        note = "Links stopped, no lead can be registered, its people can only read"
        yield Due(
            row.effective_on,
            "A partnership ended",
            row.partner.name,
            reverse("staff_partner", args=[row.partner_id]),
            Badge(f"Told on {_day_of(said[0])}", Tone.GOOD) if said else Badge("To be told", Tone.WAITING),
            note,
        )


def _freed(today: date) -> Iterator[Due]:
    for row, until in _soliciting(today - BEHIND, today - timedelta(days=1)):
        yield Due(
            until,
            "The year without soliciting ended (15)",
            row.partner.name,
            reverse("staff_partner", args=[row.partner_id]),
            Badge("Over"),
        )


def _ran_out(today: date) -> Iterator[Due]:
    rows = Lead.objects.ran_out(on=today).filter(protected_until__gte=today - LEADS_BEHIND)
    for row in rows.select_related("partner").order_by("-protected_until", "pk")[:MOST_LEADS]:
        if row.protected_until:
            yield Due(
                row.protected_until,
                "A lead’s protection ran out",
                f"{row.company} ({row.partner})",
                reverse("staff_lead", args=[row.pk]),
                Badge("Free to register"),
            )


def _reminders(request: StaffRequest) -> Iterator[Due]:
    """Who was reminded of the Agreement, a line for each day."""
    since = timezone.now() - BEHIND
    rows = Notice.objects.filter(kind=NoticeKind.AGREEMENT, key__startswith=f"{KEY}:", created_at__gte=since)
    partners = {
        (request.staff.program.day(at), partner) for at, partner in rows.values_list("created_at", "partner_id")
    }
    for on, number in Counter(on for on, _ in partners).items():
        yield Due(
            on,
            "Reminded to accept the Agreement",
            counted(number, "partner", "partners"),
            reverse("staff_agreement"),
            Badge("Sent", Tone.GOOD),
        )


# -- How it is said ---------------------------------------------------------------------------------------


def _soliciting(first: date, last: date) -> Iterator[tuple[TerminationNotice, date]]:
    """Ended partnerships whose year without soliciting ends within these days."""
    rows = TerminationNotice.objects.filter(
        effective_on__gte=add_months(first, -12) - AROUND, effective_on__lte=add_months(last, -12) + AROUND
    )
    for row in rows.select_related("partner"):
        until = no_soliciting_until(row.effective_on)
        if first <= until <= last:
            yield row, until


def _left(on: date, today: date) -> Badge:
    left = (on - today).days
    if left < 0:
        return Badge(f"{counted(-left, 'day', 'days')} overdue", Tone.BAD)
    if left == 0:
        return Badge("Today", Tone.BAD)
    return Badge(f"In {counted(left, 'day', 'days')}", Tone.WAITING if left <= WEEK else Tone.NEUTRAL)


def _day_of(notice: Notice) -> str:
    at: datetime = notice.created_at
    return short_day(timezone.localdate(at))
