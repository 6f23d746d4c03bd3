"""What an end of a partnership would mean, in words and numbers for the partner and the company alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from affiliates.models.agreement import no_soliciting_until
from affiliates.money import show_money
from affiliates.months import month_of
from parts.formats import counted, day, month_name, percent
from parts.shapes import Tile
from payouts.ending import Ending
from payouts.forms import LastDayForm


@dataclass(frozen=True, slots=True)
class Outcome:
    """One consequence: what it is about, how much, and why, with the clause."""

    title: str
    figure: str
    why: str


def chosen_day(given: Mapping[str, str], *, today: date) -> tuple[LastDayForm, date]:
    """The form that chooses the last day, and the day: the soonest one where none, or no fitting one, was chosen."""
    if "effective_on" not in given:
        chooser = LastDayForm(today=today)
        chooser.initial["effective_on"] = chooser.soonest
        return chooser, chooser.soonest
    chooser = LastDayForm({"effective_on": given["effective_on"]}, today=today)
    return chooser, chooser.cleaned_data["effective_on"] if chooser.is_valid() else chooser.soonest


def tiles_of(ending: Ending, currency: str) -> list[Tile]:
    """The two figures that the page begins with."""
    return [
        Tile(
            "Commission a month that stops",
            show_money(ending.commission),
            currency,
            f"{percent(ending.rate)} of what {month_name(ending.mrr_month)} brought" if ending.commission else "",
        ),
        Tile("Still paid", show_money(ending.still_paid), currency, "Earned so far, and not paid out yet"),
    ]


def stops_of(ending: Ending, currency: str) -> list[Outcome]:
    """What earns nothing any more."""
    until = month_name(month_of(ending.effective_on))
    stops = [
        Outcome(
            "Leads that sales works on",
            counted(ending.open_leads, "lead", "leads"),
            f"What they pay after {day(ending.effective_on)} earns nothing, won or not (10).",
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


def stays_of(ending: Ending, currency: str) -> list[Outcome]:
    """What is still paid."""
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
            "From money that is in by today. It enters the balance when its month closes.",
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


def dates_of(effective_on: date) -> list[tuple[str, str]]:
    """What happens when."""
    return [
        ("Until and on this day", "Leads can be registered, links count, and money that comes in earns."),
        ("From the next day", "The portal is there to be read, links count no more, no lead can be registered."),
        (
            f"Until {day(no_soliciting_until(effective_on))}",
            "Neither side recruits the other's people, for one year after the end (15).",
        ),
    ]
