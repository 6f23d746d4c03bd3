"""What is done with one payout beside approving it: held, released, cancelled, noted as paid or as come back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.rights import Right, may
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import month_name
from payouts.forms import DayForm, ReasonForm, ReturnForm
from payouts.models import LineState, PaymentLine, Payout, PayoutState
from payouts.services.hold_payout import ReasonIsMissing, cancel_payout, hold_payout, release_payout
from payouts.services.move_payout import MOVES, PayoutCannotMove
from payouts.services.settle_payout import ApprovalIsVoid, fail_payout, pay_payout

S = PayoutState


@dataclass(frozen=True, slots=True)
class Move:
    """A step with a payout: where it leads, from which states, who may take it, and what its page says."""

    name: str
    action: str
    says: str
    done: str
    to: PayoutState
    states: tuple[PayoutState, ...]
    right: Right
    service: Callable[..., Payout]
    form: type[forms.Form] | None = None
    tone: str = "primary"

    @property
    def url_name(self) -> str:
        return f"staff_payout_{self.name}"


MOVES_OF_STAFF = {
    move.name: move
    for move in (
        Move(
            "hold",
            "Hold it",
            "It does not go on until it is released. An approval that it has is void then.",
            "held",
            S.HELD,
            (S.WAITING, S.READY, S.APPROVED),
            Right.HOLD_PAYOUTS,
            hold_payout,
            ReasonForm,
        ),
        Move(
            "release",
            "Release it",
            "It goes on: to ready where every gate is open, else to waiting. It needs an approval anew.",
            "released",
            S.WAITING,
            (S.HELD, S.FAILED),
            Right.HOLD_PAYOUTS,
            release_payout,
        ),
        Move(
            "cancel",
            "Cancel it",
            "It ends for good. Its amount stays in the partner’s balance and is part of the next payout.",
            "cancelled",
            S.CANCELLED,
            (S.WAITING, S.READY, S.APPROVED, S.HELD, S.FAILED),
            Right.HOLD_PAYOUTS,
            cancel_payout,
            ReasonForm,
            "danger",
        ),
        Move(
            "pay",
            "Note it as paid",
            "For a transfer made by hand. The amount leaves the partner’s balance.",
            "noted as paid",
            S.PAID,
            (S.APPROVED,),
            Right.PAY_PAYOUTS,
            pay_payout,
            DayForm,
        ),
        Move(
            "fail",
            "Note that it failed",
            "The payment did not arrive or came back. What was paid returns to the partner’s balance, and the payout "
            "waits until it is released and approved anew.",
            "noted as failed",
            S.FAILED,
            (S.APPROVED, S.PAID),
            Right.PAY_PAYOUTS,
            fail_payout,
            ReturnForm,
            "danger",
        ),
    )
}


def moves_of(payout: Payout, line: PaymentLine | None, user: User) -> list[tuple[str, str]]:
    """The steps that somebody can take with a payout now, each with its address.

    What is with the bank is answered for at its payment file.
    """
    if line is not None and line.state == LineState.SENT:
        return []
    return [
        (move.action, reverse(move.url_name, args=[payout.pk]))
        for move in MOVES_OF_STAFF.values()
        if payout.state in move.states and move.to in MOVES[S(payout.state)] and may(user, move.right)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.HOLD_PAYOUTS)
def change(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Asks before a payout is held, released or cancelled, and does it."""
    return _take(cast(StaffRequest, request), pk, MOVES_OF_STAFF[step])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PAY_PAYOUTS)
def settle(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Asks for the day on which a payout was paid or came back, and enters it."""
    return _take(cast(StaffRequest, request), pk, MOVES_OF_STAFF[step])


def _take(request: StaffRequest, pk: int, move: Move) -> HttpResponse:
    payout = get_object_or_404(Payout.objects.select_related("partner"), pk=pk)
    form = _form(request, move, payout)
    is_asked = request.method != "POST" or not (form is None or form.is_valid())
    if is_asked:
        context = {
            "title": move.action,
            "lead": f"{payout.partner}, {month_name(payout.period_id)}: {show_money(payout.amount)} "
            f"{request.staff.program.currency}.",
            "back": (reverse("staff_payout", args=[pk]), "The payout"),
            "form": form,
            "says": move.says,
            "action": move.action,
            "tone": move.tone,
        }
        return render(request, "payouts/staff/move.html", context, status=422 if form and form.errors else 200)
    given = form.cleaned_data if form is not None else {}
    try:
        _call(move, payout, given, request.staff.user, timezone.now())
    except (PayoutCannotMove, ApprovalIsVoid, ReasonIsMissing) as refusal:
        messages.error(request, f"{str(refusal).rstrip('.')}.")
    else:
        messages.success(request, f"The payout is {move.done}.")
    return redirect("staff_payout", pk)


def _form(request: StaffRequest, move: Move, payout: Payout) -> forms.Form | None:
    if move.form is None:
        return None
    make: Callable[..., forms.Form] = move.form
    if issubclass(move.form, DayForm):
        earliest = payout.paid_on or (payout.approved_at and request.staff.program.day(payout.approved_at))
        make = partial(make, today=request.staff.today, earliest=earliest)
    return make(request.POST or None)


def _call(move: Move, payout: Payout, given: dict[str, Any], by: User, at: datetime) -> None:
    move.service(payout=payout, **given, by=by, at=at)
