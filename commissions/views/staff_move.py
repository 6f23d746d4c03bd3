"""Clients go to another partner, or a whole partner merges into one: what the next run would post is shown first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from clients.models import Client
from clients.services.merge_partners import merge_partners
from clients.services.move_clients import MoveRefused, move_clients
from commissions.forms import ConfirmMergeForm, ConfirmMoveForm, ToPartnerForm
from commissions.models import LedgerEntry
from commissions.services.effect_on_next_run import Effect, effect_on_next_run
from parts.formats import counted, month_name, short_month

BEFORE_THE_REASON = "To see what it would do"


@dataclass(frozen=True, slots=True)
class Move:
    """A step from one partner to another: `take` takes it with the answers of the form, and says what was done."""

    title: str
    lead: str
    action: str
    of: Partner
    back: tuple[str, str]
    form: type[ConfirmMoveForm]
    take: Callable[[Partner, dict[str, Any]], str]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PARTNERS)
def move_client(request: StaffRequest, pk: int) -> HttpResponse:
    """One client goes to another partner."""
    client = get_object_or_404(Client.objects.select_related("partner"), pk=pk)
    return _page(request, _move_of(request, client.partner, [client.pk], str(client)))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PARTNERS)
def move_all_clients(request: StaffRequest, pk: int) -> HttpResponse:
    """All clients of a partner go to another one."""
    partner = get_object_or_404(Partner, pk=pk)
    clients = list(Client.objects.filter(partner=partner).values_list("pk", flat=True))
    return _page(request, _move_of(request, partner, clients, counted(len(clients), "client", "clients")))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PARTNERS)
def merge(request: StaffRequest, pk: int) -> HttpResponse:
    """A partner merges into another one."""
    partner, by = get_object_or_404(Partner, pk=pk), request.staff.user

    def take(to: Partner, said: dict[str, Any]) -> str:
        moved = merge_partners(
            partner=partner,
            into=to,
            with_people=said.get("with_people", True),
            reason=said["reason"],
            by=by,
            at=timezone.now(),
        )
        went = f"{counted(moved['clients'], 'client', 'clients')}, {counted(moved['leads'], 'open lead', 'open leads')}"
        return f"{partner} is merged into {to}: {went} and {counted(moved['links'], 'link', 'links')} went over."

    step = Move(
        title=f"Merge {partner} into another partner",
        lead="Its clients, open leads and links become the other’s. The partnership ends three days later; its "
        "account, payouts and statements stay where they are.",
        action="Merge them",
        of=partner,
        back=(reverse("staff_partner", args=[partner.pk]), str(partner)),
        form=ConfirmMergeForm,
        take=take,
    )
    return _page(request, step)


def _move_of(request: StaffRequest, of: Partner, clients: Sequence[int], what: str) -> Move:
    by, them = request.staff.user, "it" if len(clients) == 1 else "them"

    def take(to: Partner, said: dict[str, Any]) -> str:
        move_clients(of=of, to=to, clients=clients, reason=said["reason"], by=by, at=timezone.now())
        return f"{what} went from {of} to {to}. The next run posts the difference."

    return Move(
        title=f"Move {what} to another partner",
        lead=f"What {of} earned with {them} is taken back, and the other partner earns it, at its own rates.",
        action=f"Move {them}",
        of=of,
        back=(reverse("staff_partner", args=[of.pk]), str(of)),
        form=ConfirmMoveForm,
        take=take,
    )


def _page(request: StaffRequest, move: Move) -> HttpResponse:
    """First the other partner is named, then the effect is shown, then it is confirmed as shown."""
    chooser = ToPartnerForm(request.GET if "to" in request.GET else None)
    context = {
        "title": move.title,
        "lead": move.lead,
        "back": move.back,
        "chooser": chooser,
        "action": move.action,
        "of": move.of,
    }
    if not chooser.is_valid():
        return render(request, "commissions/staff_move.html", context, status=422 if chooser.errors else 200)
    to = chooser.cleaned_data["to"]
    form = move.form(request.POST if request.method == "POST" else None)
    status = 200
    try:
        effect = _effect(request, move, to)
        if form.is_bound and form.is_valid():
            if form.cleaned_data["shown"] == effect.fingerprint:
                messages.success(request, move.take(to, form.cleaned_data))
                return redirect(reverse("staff_partner", args=[to.pk]))
            messages.error(request, "Nothing was moved: the facts changed meanwhile. This is the effect as it is now.")
            status = 409
            form = move.form(initial={"reason": form.cleaned_data["reason"]})
        elif form.is_bound:
            status = 422
    except MoveRefused as refusal:
        chooser.add_error("to", f"{refusal}.")
        return render(request, "commissions/staff_move.html", context, status=422)
    if not form.is_bound:
        form.initial["shown"] = effect.fingerprint
    context |= {
        "to": to,
        "form": form,
        "confirm_url": f"{request.path}?{urlencode({'to': to.reference})}",
        **_shown(effect, move.of, to),
    }
    return render(request, "commissions/staff_move.html", context, status=status)


def _effect(request: StaffRequest, move: Move, to: Partner) -> Effect:
    return effect_on_next_run(
        step=lambda: move.take(to, {"reason": BEFORE_THE_REASON}), partners=(move.of, to), on=request.staff.today
    )


def _shown(effect: Effect, of: Partner, to: Partner) -> dict[str, Any]:
    """The effect, ready to print: by service month, in total, and what it does to the balances."""
    taken, given = effect.posted[of.pk], effect.posted[to.pk]
    balances = [(each, LedgerEntry.objects.filter(partner=each).balance(), effect.total(each)) for each in (of, to)]
    return {
        "period": month_name(effect.period),
        "rows": [
            (
                short_month(month),
                show_money(taken[month]) if month in taken else "",
                show_money(given[month]) if month in given else "",
            )
            for month in effect.months
        ],
        "totals": (show_money(effect.total(of)), show_money(effect.total(to))),
        "waiting": [(str(each), show_money(effect.waiting[each.pk])) for each in (of, to) if effect.waiting[each.pk]],
        "balances": [
            (str(each), show_money(now), show_money(change), show_money(now + change)) for each, now, change in balances
        ],
        "owes": balances[0][1] + balances[0][2] < 0,
    }
