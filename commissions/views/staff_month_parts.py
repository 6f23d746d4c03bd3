"""What a month's page is made of: its figures, its facts, what needs a look, and how its run stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import Http404
from django.urls import reverse

from accounts.rights import Right, may
from affiliates.models import FactBatch, Program
from affiliates.money import ZERO, show_money
from affiliates.months import add_months, parse_month, show_month
from affiliates.staff_page import StaffRequest, moment, who
from clients.models import RefusedRecording
from commissions.forms import MappingForm
from commissions.models import Period, Run, RunState
from commissions.month_changes import Totals, signed
from commissions.month_facts import (
    FactsIn,
    batches_of,
    chargebacks_in,
    clients_of_ended_partners,
    negative_balances,
    partly_paid,
    unmapped_words,
)
from commissions.services.start_run import is_up_to_date
from parts.formats import counted, month_name, short_day, whole
from parts.shapes import Badge, Meter, Tile, Tone

WORDS_SHOWN = 25
BATCHES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Look:
    """Something that needs a look: what it is, how many, how much, what to do, and where."""

    title: str
    count: int
    amount: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word that nobody mapped, with the form that maps it."""

    word: str
    note: str
    amount: str
    form: MappingForm


@dataclass(frozen=True, slots=True)
class RunCard:
    """How a month's run stands, and the steps that it lets one take next."""

    badge: Badge
    sentences: Sequence[str]
    meter: Meter | None = None
    compute: str = ""
    is_full: bool = False
    can_close: bool = False
    is_running: bool = False
    error: str = ""


def month_or_404(month: str) -> date:
    """The month that an address names."""
    try:
        return parse_month(month)
    except ValueError as error:
        raise Http404("It is not a month.") from error


def run_of(month: date) -> Run | None:
    return Run.objects.select_related("period", "computed_by", "batch", "after").filter(period=month).first()


def lead_of(period: Period | None, run: Run | None) -> str:
    if period is not None and period.closed_at is not None:
        return f"Closed on {moment(period.closed_at)} by {who(period.closed_by)}: its amounts stay."
    if run is None:
        return "Open, and not computed yet."
    return "Open: look at what needs a look, then compute and close it."


def tiles_of(totals: Totals, month: date, currency: str) -> Iterator[Tile]:
    change = totals.now - totals.before
    yield Tile("Posted", show_money(totals.now), currency)
    before = f"From {show_money(totals.before)}"
    yield Tile(f"Against {month_name(add_months(month, -1))}", signed(change), currency, before)
    yield Tile("Waiting", show_money(totals.waiting), currency, "Until clients have been there for one month")
    yield Tile("Partners", whole(totals.partners), note="With amounts in this month or the one before")


def fact_lines(facts: FactsIn) -> Iterator[tuple[str, str, str]]:
    yield "Clients closed", whole(facts.closed), counted(facts.cancelled, "cancelled", "cancelled")
    yield "Invoices issued", whole(facts.invoices), show_money(facts.invoiced)
    yield "Payments received", whole(facts.payments), show_money(facts.paid)
    yield "Refunds and chargebacks", whole(facts.reversals), show_money(-facts.reversed if facts.reversed else ZERO)


def batches_for(month: date, run: Run | None) -> dict[str, Any]:
    found = list(batches_of(month).select_related("by")[: BATCHES_SHOWN + 1])
    seen = run.batch_id or 0 if run else 0
    return {
        "rows": [
            (moment(batch.recorded_at), _source(batch), who(batch.by), run is not None and batch.pk > seen)
            for batch in found[:BATCHES_SHOWN]
        ],
        "has_more": len(found) > BATCHES_SHOWN,
    }


def _source(batch: FactBatch) -> str:
    counts = ", ".join(f"{number:,} {kind}" for kind, number in batch.counts.items() if number)
    return f"{batch.source}: {counts}" if counts else batch.source


def looks_of(month: date, totals: Totals, program: Program) -> Iterator[Look]:
    """Yield everything that can need a look, with how much of it there is."""
    name, here = show_month(month), reverse("staff_month", args=[show_month(month)])
    paid = count_and_sum(partly_paid(month), "missing")
    yield Look(
        "Invoices partly paid", paid[0], f"{show_money(paid[1])} missing",
        "They earn nothing until the rest is paid.", reverse("staff_month_partly_paid", args=[name]),
    )  # fmt: skip
    yield Look(
        "Clients of ended partners", clients_of_ended_partners(month).count(), "",
        "What they pay earns nobody anything; move a client that another partner took over.",
        reverse("staff_month_ended_partners", args=[name]),
    )  # fmt: skip
    refused = RefusedRecording.objects.unmended().count()
    yield Look(
        "Facts refused", refused, "", "Nothing of these files was recorded; mend them and import them again.",
        reverse("staff_refused"),
    )  # fmt: skip
    owed = count_and_sum(negative_balances(), "balance")
    yield Look(
        "Negative balances", owed[0], show_money(owed[1]), "What is owed is taken from what is earned next.",
        reverse("staff_negative_balances"),
    )  # fmt: skip
    share = f"{program.unusual_change_percent} %"
    yield Look(
        f"Commission moved by more than {share}", totals.moved, "", "Look at the reason before you close.",
        f"{here}?show=moved#partners",
    )  # fmt: skip
    yield Look("Rate changed", totals.rates, "", "Another tier, or another plan.", f"{here}?show=rate#partners")
    back = count_and_sum(chargebacks_in(month), "amount")
    yield Look(
        "Chargebacks", back[0], show_money(back[1]), "Commission on this money is taken back.",
        f"{reverse('staff_chargebacks')}?month={name}",
    )  # fmt: skip


def words_to_map() -> list[Word]:
    return [
        Word(
            row["category"],
            f"{counted(row['lines'], 'line', 'lines')}, {short_day(row['first'])} to {short_day(row['last'])}",
            show_money(row["at_stake"]),
            MappingForm(initial={"word": row["category"]}, auto_id=f"word-{number}-%s"),
        )
        for number, row in enumerate(unmapped_words()[:WORDS_SHOWN])
    ]


def card_of(request: StaffRequest, period: Period | None, run: Run | None) -> RunCard:
    card = _stands(period, run)
    return card if may(request.user, Right.RUN_MONTHS) else replace(card, compute="", can_close=False)


def _stands(period: Period | None, run: Run | None) -> RunCard:
    if run is None:
        return RunCard(Badge("Not computed"), ["Computing changes nothing for good; closing does."], compute="Compute")
    computed = f"Computed by {who(run.computed_by)}, begun on {moment(run.started_at)}."
    seen = f"It saw the facts of {moment(run.batch.recorded_at)} and before." if run.batch else "It saw no facts."
    if period is not None and period.is_closed:
        return RunCard(Badge("Closed"), [computed, seen])
    if run.state == RunState.RUNNING:
        return _running(run, computed)
    if run.state == RunState.FAILED:
        return RunCard(Badge("Failed", Tone.BAD), [computed, seen], compute="Compute again", error=run.error)
    if not is_up_to_date(run):
        late = "Facts that reach into this month were recorded since: compute it again before you close it."
        return RunCard(Badge("Older than its facts", Tone.WAITING), [late, computed, seen], compute="Compute again")
    result = (
        f"{counted(run.posted_rows, 'amount', 'amounts')} posted, {counted(run.waiting_rows, 'amount', 'amounts')}"
        f" waiting, finished on {moment(run.finished_at)}."
    )
    return RunCard(
        Badge("Computed", Tone.GOOD),
        [result, computed, seen],
        compute="Recompute everything",
        is_full=True,
        can_close=True,
    )


def _running(run: Run, computed: str) -> RunCard:
    done, parts = run.parts.filter(done_at__isnull=False).count(), run.parts.count()
    meter = Meter("Parts computed", done / parts if parts else 0.0, whole(done), whole(parts))
    return RunCard(Badge("Running", Tone.INFO), [computed], meter=meter, is_running=True)


def state_of(period: Period, run: Run | None) -> Badge:
    if period.is_closed:
        return Badge("Closed")
    states = {
        RunState.DONE: Badge("Computed", Tone.INFO),
        RunState.RUNNING: Badge("Running", Tone.INFO),
        RunState.FAILED: Badge("Failed", Tone.BAD),
    }
    return states[RunState(run.state)] if run else Badge("Open", Tone.WAITING)


def count_and_sum(rows: "QuerySet[Any, Any]", field: str) -> tuple[int, Decimal]:
    """How many rows there are and what a field of theirs adds up to."""
    found = rows.order_by().aggregate(count=Count("pk"), sum=Sum(field, default=ZERO))
    return found["count"], found["sum"]
