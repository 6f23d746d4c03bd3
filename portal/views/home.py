"""The front door: staff go on to the admin, a partner's people see where the partner stands."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from affiliates.models import Partner, Program
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from commissions.models import Commission, CommissionState, LedgerEntry
from payouts.gates import Gate, gates
from payouts.models import Payout, PayoutState, Statement, StatementState
from payouts.models.payout import BEFORE_APPROVAL

RECENT = 6
CHECKED = (*BEFORE_APPROVAL, PayoutState.HELD)  # Whose gates still matter.
LINES = 50  # More of a month's commissions than these stand in its statement.


@dataclass(frozen=True, slots=True)
class Line:
    """A commission, ready to print."""

    client: str
    service_month: str
    rate: str
    amount: str
    waiting_until: date | None


@dataclass(frozen=True, slots=True)
class Month:
    """The commissions of the newest month that has any: what was posted, what waits, and the lines."""

    name: str
    is_closed: bool
    posted: str
    waiting: str
    lines: list[Line]
    left_out: int


@dataclass(frozen=True, slots=True)
class Document:
    number: str
    period: str
    closing: str
    url: str


@dataclass(frozen=True, slots=True)
class PayoutCard:
    period: str
    amount: str
    state: str
    state_name: str
    paid_on: date | None
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a partner stands."""

    name: str
    balance: str
    payouts: list[PayoutCard]
    month: Month | None
    documents: list[Document]


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if user.is_staff:
        return HttpResponseRedirect(reverse("admin:index"))
    partners = Partner.objects.filter(memberships__user=user).order_by("name")
    standings = [_standing(partner, timezone.now()) for partner in partners]
    return render(request, "portal/home.html", {"program": Program.current(), "standings": standings})


def _standing(partner: Partner, at: datetime) -> Standing:
    return Standing(
        name=partner.name,
        balance=show_money(LedgerEntry.objects.filter(partner=partner).balance()),
        payouts=_payouts(partner, at),
        month=_last_month(partner),
        documents=_documents(partner),
    )


def _payouts(partner: Partner, at: datetime) -> list[PayoutCard]:
    payouts = Payout.objects.filter(partner=partner).select_related("partner").order_by("-period_id")[:RECENT]
    return [
        PayoutCard(
            period=show_month(payout.period_id),
            amount=show_money(payout.amount if payout.payable is None else payout.payable),
            state=payout.state,
            state_name=payout.get_state_display(),
            paid_on=payout.paid_on,
            gates=gates(payout, at=at) if payout.state in CHECKED else (),
        )
        for payout in payouts
    ]


def _last_month(partner: Partner) -> Month | None:
    commissions = Commission.objects.filter(partner=partner)
    newest = commissions.select_related("period").order_by("-period_id").first()
    if newest is None:
        return None
    rows = list(
        commissions.filter(period=newest.period_id).select_related("client").order_by("client__name", "service_month")
    )
    sums = {state: sum((row.amount for row in rows if row.state == state), ZERO) for state in CommissionState}
    return Month(
        name=show_month(newest.period_id),
        is_closed=newest.period.is_closed,
        posted=show_money(sums[CommissionState.POSTED]),
        waiting=show_money(sums[CommissionState.WAITING]),
        lines=[_line(row) for row in rows[:LINES]],
        left_out=max(len(rows) - LINES, 0),
    )


def _line(row: Commission) -> Line:
    return Line(
        client=row.client.name,
        service_month=show_month(row.service_month),
        rate=f"{(row.rate * 100).normalize():f}\N{NO-BREAK SPACE}%",
        amount=show_money(row.amount),
        waiting_until=row.waiting_until,
    )


def _documents(partner: Partner) -> list[Document]:
    issued = Statement.objects.filter(partner=partner, state=StatementState.ISSUED).select_related("partner")
    return [
        Document(
            number=statement.number,
            period=show_month(statement.period_id),
            closing=show_money(statement.closing or ZERO),
            url=reverse("statement_download", args=[statement.pk]),
        )
        for statement in issued.order_by("-period_id")[:RECENT]
    ]
