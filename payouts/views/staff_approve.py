"""Approving one payout or many: what is signed is shown, and signed as it was shown or not at all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.contrib import messages
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.rights import Right
from affiliates.money import ZERO, show_money
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from affiliates.views.confirmed_person import confirmed_person
from parts.formats import counted, short_month
from parts.listing import CHOSEN
from payouts.models import Payout, PayoutState
from payouts.services.approve_payouts import (
    MOST_AT_ONCE,
    SIGNED,
    ApprovalStopped,
    Content,
    Look,
    approve_payouts,
    look_at,
)
from payouts.views.staff_queue import queue_url

SALT = "payouts.approve"
GOOD_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Row:
    """A payout as it would be signed; `changes` is what the last try found, `against` what stands in the way."""

    partner: str
    url: str
    month: str
    content: list[tuple[str, str]]
    payable: str
    against: tuple[str, ...]
    changes: tuple[str, ...]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.APPROVE_PAYOUTS)
@confirmed_person
def approve(request: StaffRequest) -> HttpResponse:
    """Shows what an approval of the chosen payouts signs, and approves them as they were shown: all, or none."""
    now, changes = timezone.now(), dict[int, tuple[str, ...]]()
    if request.method == "POST":
        seen: dict[int, Content] = {}
        try:
            seen = _seen(request, request.staff.user)
            approved = approve_payouts(seen=seen, by=request.staff.user, at=now)
        except signing.BadSignature:
            messages.error(request, "Nothing was approved: the page was too old. Look again, and approve.")
        except ApprovalStopped as stopped:
            if told := _approved_already(seen):
                messages.info(request, told)
                return redirect(queue_url(PayoutState.APPROVED))
            changes = {key: tuple(said) for key, said in stopped.problems.items()}
            messages.error(request, f"{stopped}. Below is how things stand now.")
        else:
            total = show_money(sum((payout.payable or ZERO for payout in approved), ZERO))
            what = counted(len(approved), "payout", "payouts")
            messages.success(request, f"{what} over {total} {request.staff.program.currency} approved.")
            return redirect(queue_url(PayoutState.APPROVED))
    payouts = list(_chosen(request)[:MOST_AT_ONCE])
    if not payouts:
        messages.error(request, "Choose the payouts first.")
        return redirect("staff_payouts")
    return _show(request, payouts, changes, now)


def _show(
    request: StaffRequest, payouts: list[Payout], changes: dict[int, tuple[str, ...]], now: datetime
) -> HttpResponse:
    staff = request.staff
    looks = look_at(payouts, by=staff.user, at=now)
    good = [look for look in looks if not look.against]
    total = show_money(sum((look.payable for look in good), ZERO))
    what = counted(len(good), "payout", "payouts")
    context = {
        "title": "Approve a payout" if len(looks) == 1 else f"Approve {counted(len(looks), 'payout', 'payouts')}",
        "lead": "Your approval signs exactly what stands here. If anything changes before, nothing is approved.",
        "back": (reverse("staff_payouts"), "Payouts"),
        "rows": [_row(look, changes.get(look.payout.pk, ())) for look in looks],
        "left_out": len(looks) - len(good),
        "seen": _sign({look.payout.pk: look.content for look in good}, staff.user) if good else "",
        "chosen": [look.payout.pk for look in looks],
        "action": f"Approve {what} over {total} {staff.program.currency}",
    }
    return render(request, "payouts/staff/approve.html", context, status=409 if changes else 200)


def _chosen(request: StaffRequest) -> "QuerySet[Payout]":
    given = request.POST if request.method == "POST" else request.GET
    keys = [key for each in given.getlist(CHOSEN) if (key := asked_key(each))]
    return Payout.objects.filter(pk__in=keys).select_related("partner", "period__run").order_by("partner_id", "pk")


def _row(look: Look, changes: tuple[str, ...]) -> Row:
    payout = look.payout
    return Row(
        partner=payout.partner.name,
        url=reverse("staff_payout", args=[payout.pk]),
        month=short_month(payout.period_id),
        content=[(label, said) for label, said in look.content.items() if label not in (SIGNED, "Payee", "Period")],
        payable=show_money(look.payable),
        against=look.against,
        changes=changes,
    )


def _approved_already(keys: Collection[int]) -> str:
    """By whom all of these payouts were approved, where they are: the button was pressed twice, or by two."""
    found = Payout.objects.filter(pk__in=keys, state=PayoutState.APPROVED).select_related("approved_by")
    people = sorted({payout.approved_by.get_full_name() for payout in found if payout.approved_by})
    if len(found) < len(keys):
        return ""
    what = "The payout was" if len(keys) == 1 else f"All {len(keys)} payouts were"
    return f"{what} approved already, by {' and '.join(people)}."


def _sign(contents: dict[int, Content], by: User) -> str:
    """What somebody saw, so that nobody can say that they saw something else."""
    return signing.dumps({str(key): content for key, content in contents.items()}, salt=_salt(by), compress=True)


def _seen(request: StaffRequest, by: User) -> dict[int, Content]:
    """:raises BadSignature: it is too old, somebody else's, or was never shown"""
    found = signing.loads(request.POST.get("seen", ""), salt=_salt(by), max_age=GOOD_FOR)
    return {int(key): cast(Content, content) for key, content in found.items()}


def _salt(by: User) -> str:
    return f"{SALT}:{by.pk}"
