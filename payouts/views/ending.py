"""Giving notice of termination: what it would mean in numbers first, then the notice itself (10)."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.models.agreement import no_soliciting_until
from affiliates.models.partner import EndedBy
from affiliates.money import show_money
from affiliates.months import month_of
from affiliates.services.end_partnership import NoticeRefused, end_partnership
from parts.formats import counted, day, month_name, percent
from parts.shapes import Tile
from payouts.ending import Ending, end_of
from payouts.views.ending_form import EndForm, LastDayForm


@dataclass(frozen=True, slots=True)
class Outcome:
    """One consequence: what it is about, how much, and why, with the clause."""

    title: str
    figure: str
    why: str


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True)
def end_agreement(request: PartnerRequest) -> HttpResponse:
    acting = request.acting
    if acting.partner.terminated_on is not None:
        messages.info(request, f"Notice was given: the partnership ends on {day(acting.partner.terminated_on)}.")
        return redirect("agreement")
    form = EndForm(request.POST, partner=acting.partner, today=acting.today) if request.method == "POST" else None
    if form is not None and form.is_valid():
        effective_on = form.cleaned_data["effective_on"]
        try:
            acting.do(
                end_partnership,
                partner=acting.partner,
                given_by=EndedBy.PARTNER,
                given_on=acting.today,
                effective_on=effective_on,
                reason=form.cleaned_data["reason"],
                by=acting.user,
                at=timezone.now(),
            )
        except NoticeRefused as refused:
            messages.error(request, f"No notice was given. {refused}.")
        else:
            messages.success(request, f"Notice is given. The last day of the partnership is {day(effective_on)}.")
        return redirect("agreement")
    return _page(request, form)


def _page(request: PartnerRequest, form: EndForm | None) -> HttpResponse:
    acting, program = request.acting, Program.current()
    chooser, effective_on = _chosen(request, form)
    ending = end_of(acting.partner, effective_on=effective_on, today=acting.today)
    currency = program.currency
    context = {
        "title": "End the partnership",
        "lead": "What ending it would mean, as things stand today. Nothing happens before you give notice below.",
        "back": (reverse("agreement"), "Agreement"),
        "chooser": chooser,
        "effective_on": day(effective_on),
        "tiles": _tiles(ending, currency),
        "stops": _stops(ending, currency),
        "stays": _stays(ending, currency),
        "total": f"{show_money(ending.still_paid)} {currency}",
        "dates": _dates(effective_on),
        "form": form
        or EndForm(partner=acting.partner, today=acting.today, initial={"effective_on": effective_on.isoformat()}),
    }
    return render(request, "payouts/end_agreement.html", context)


def _chosen(request: PartnerRequest, form: EndForm | None) -> tuple[LastDayForm, date]:
    """The form that chooses the last day, and the day: the soonest one where none, or no fitting one, was chosen."""
    data = form.data if form is not None else request.GET
    if "effective_on" not in data:
        chooser = LastDayForm(today=request.acting.today)
        chooser.initial["effective_on"] = chooser.soonest
        return chooser, chooser.soonest
    chooser = LastDayForm({"effective_on": data["effective_on"]}, today=request.acting.today)
    return chooser, chooser.cleaned_data["effective_on"] if chooser.is_valid() else chooser.soonest


def _tiles(ending: Ending, currency: str) -> list[Tile]:
    return [
        Tile(
            "Commission a month that stops",
            show_money(ending.commission),
            currency,
            f"{percent(ending.rate)} of what {month_name(ending.mrr_month)} brought" if ending.commission else "",
        ),
        Tile("Still paid", show_money(ending.still_paid), currency, "Earned so far, and not paid out yet"),
    ]


def _stops(ending: Ending, currency: str) -> list[Outcome]:
    until = month_name(month_of(ending.effective_on))
    stops = [
        Outcome(
            "Leads that sales works on",
            counted(ending.open_leads, "lead", "leads"),
            f"What they pay after {day(ending.effective_on)} earns nothing for you, won or not (10).",
        ),
    ]
    if not ending.clients:
        return [*stops, Outcome("Referred clients", "0 clients", "There is no client whose MRR would stop counting.")]
    stops += [
        Outcome(
            f"MRR of {counted(ending.clients, 'client', 'clients')}",
            f"{show_money(ending.mrr)} {currency} a month",
            f"Received for {month_name(ending.mrr_month)}, from clients who are still there. It counts up to {until},"
            f" as far as the money is in by {day(ending.effective_on)} (10).",
        ),
        Outcome(
            "Commission on it",
            f"{show_money(ending.commission)} {currency} a month",
            f"At {percent(ending.rate)}, the rate of {month_name(ending.mrr_month)} (B)." if ending.rate else "",
        ),
    ]
    if ending.prepaid:
        stops.append(
            Outcome(
                f"Paid in advance by {counted(ending.prepaid_clients, 'client', 'clients')}",
                f"{show_money(ending.prepaid)} {currency}",
                f"Subscription money that is in already, for months after {until}. It earns nothing then (10).",
            )
        )
    if ending.unpaid_invoices:
        stops.append(
            Outcome(
                "Invoices not paid in full",
                counted(ending.unpaid_invoices, "invoice", "invoices"),
                f"Those paid by {day(ending.effective_on)} still earn, the others do not (10, B).",
            )
        )
    return stops


def _stays(ending: Ending, currency: str) -> list[Outcome]:
    if ending.to_post < 0:
        to_post = Outcome(
            "Taken back at the next close",
            f"{show_money(ending.to_post)} {currency}",
            "Refunds and chargebacks that came after their months were closed (B).",
        )
    else:
        to_post = Outcome(
            "Earned, not posted yet",
            f"{show_money(ending.to_post)} {currency}",
            "From money that is in by today. It enters your balance when its month closes.",
        )
    waiting = Outcome(
        "Waiting",
        f"{show_money(ending.waiting)} {currency}",
        f"{counted(ending.waiting_clients, 'client is', 'clients are')} younger than a month. It still matures,"
        f" the last of it on {day(ending.waiting_until)}, and is paid (B)."
        if ending.waiting_until
        else "No client is in its first month (B).",
    )
    return [
        Outcome(
            "Balance",
            f"{show_money(ending.balance)} {currency}",
            "Posted and not paid out. Each payout waits for its checklist as before, and is paid.",
        ),
        to_post,
        waiting,
    ]


def _dates(effective_on: date) -> list[tuple[str, str]]:
    return [
        ("Until and on this day", "Leads can be registered, links attribute, and money that comes in earns."),
        ("From the next day", "The portal is there to be read, links stop attributing, no lead can be registered."),
        (
            f"Until {day(no_soliciting_until(effective_on))}",
            "Neither side recruits the other's people, for one year after the end (15).",
        ),
    ]
