"""Why an amount is what it is, in a partner's words: a page of its own, and the panel beside a figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from clients.models import ReversalKind
from commissions.explanation import SCHEDULE, WAITING_PERIOD, ExcludedLine, Explanation, SliceFact, explain
from commissions.models import Commission, CommissionState, Dispute
from parts.formats import counted, day, month_name, percent, short_day

NAMED_CLIENTS = 12  # More of a month's clients than these are added up in one line.
CLAUSES = {"B": "Appendix B", "A": "Appendix A"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A slice of an invoice: what it is of, when it was paid, and how much of it counts, with the reason if not."""

    invoice: str
    part: str
    paid: str
    amount: str
    reversed: str
    counts: str
    notes: tuple[str, ...]
    is_left_out: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A name with an amount, and where it comes from, for the small tables."""

    name: str
    amount: str
    note: str = ""
    url: str = ""
    applies: bool = False


@require_safe
@partner_page()
def commission_why(request: PartnerRequest, pk: int) -> HttpResponse:
    """The reason of one amount of the partner's; the part alone where the panel beside a figure asks for it."""
    own = Commission.objects.filter(partner=request.acting.partner)
    commission = get_object_or_404(own.select_related("client", "period__run"), pk=pk)
    why = explain(commission)
    disputes = list(Dispute.objects.filter(commission=commission.pk).order_by("-id"))
    month = show_month(commission.period_id)
    context = reason(why, page="commission_why", together="All your clients together") | {
        "back": (reverse("commission_month", args=[month]), month_name(commission.period_id)),
        "disputes": disputes,
        "may_dispute": commission.period.is_closed
        and not request.acting.has_ended
        and not any(dispute.is_open for dispute in disputes),
    }
    return page_or_panel(request, "commissions/why.html", context)


def reason(why: Explanation, *, page: str, together: str) -> dict[str, Any]:
    """What `why_inside.html` shows; `page` names the address of a reason, `together` whose clients made the MRR."""
    commission = why.commission
    return {
        "title": f"Why {show_money(commission.amount)}",
        "lead": lead(commission),
        "why": why,
        "why_page": page,
        "commission": commission,
        "sentences": list(sentences(why, together)),
        "facts": [_fact(fact) for fact in why.slices],
        "excluded": [_excluded(line) for line in why.excluded],
        "base": show_money(why.base),
        "mrr": show_money(why.mrr),
        "clients": _clients(why),
        "tiers": _tiers(why),
        "postings": _postings(why, page),
        "amount": show_money(commission.amount),
        "run": month_name(commission.period_id),
    }


def page_or_panel(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A reason as its page; its inside alone where the panel beside a figure asks for it."""
    is_beside = request.headers.get("HX-Request") == "true"
    chosen = "commissions/why_inside.html" if is_beside else template
    response = render(request, chosen, context | {"is_beside": is_beside})
    patch_vary_headers(response, ["HX-Request"])
    return response


def lead(commission: Commission) -> str:
    """For whom, for which month and in which run an amount stands."""
    run = month_name(commission.period_id)
    settled = f"settled in {run}" if commission.period.is_closed else f"computed for {run}, which is still open"
    return f"{commission.client.name}, service in {month_name(commission.service_month)}, {settled}."


def sentences(why: Explanation, together: str) -> Iterator[str]:
    """The reason step by step, from the money that came to the amount of this run."""
    row, money = why.commission, show_money
    client, month, run = row.client.name, month_name(row.service_month), month_name(row.period_id)
    if why.base:
        yield f"{client} paid {money(why.base)} of subscription money that counts for {month}."
    else:
        yield f"No subscription money of {client} counts for {month}; what was left out is listed below."
    yield (
        f"{together} made an MRR of {money(why.mrr)} in {month}. By the {why.plan} that earns"
        f" {percent(why.rate)} of the whole month ({clause(SCHEDULE)})."
    )
    yield f"{percent(why.rate)} of {money(why.base)} is {money(why.full_target)}."
    if why.closed_on and why.matured_on and why.matured_on > why.as_of:
        yield (
            f"{client} closed on {day(why.closed_on)}. A commission waits until a client has been there for one"
            f" month, so nothing is posted before {day(why.matured_on)} ({clause(WAITING_PERIOD)})."
        )
    before = sum((posting.amount for posting in why.posted_before), ZERO)
    if row.state == CommissionState.POSTED and why.posted_before:
        left = why.target - before
        verb = "adds" if left > 0 else "takes back"
        yield (
            f"Earlier months posted {money(before)} for it already. {money(why.target)} less {money(before)} is"
            f" {money(left)}, so {run} {verb} {money(abs(left))}."
        )
    elif row.state == CommissionState.POSTED:
        yield f"Nothing was posted for it before, so {run} adds all {money(row.amount)}."


def clause(written: str) -> str:
    """A clause as the explanation names it, in full: `B, cancellations` is `Appendix B, cancellations`."""
    number, _, name = written.partition(", ")
    return f"{CLAUSES.get(number) or f'clause {number}'}, {name}" if name else written


def _fact(fact: SliceFact) -> Fact:
    notes = [f"Does not count: {fact.why_not} ({clause(fact.clause)})."] if fact.why_not else []
    for reversal in fact.reversals:
        kind = ReversalKind(reversal.kind).label.lower()
        notes.append(
            f"{short_day(reversal.occurred_on)}: {kind} of {show_money(reversal.amount)} out of the invoice's"
            f" {show_money(fact.invoice_total)}."
        )
    part = "the whole of it" if fact.months == 1 else f"month {fact.place} of {fact.months}"
    return Fact(
        invoice=fact.invoice,
        part=f"Line {fact.line} of {show_money(fact.line_amount)}, {part}",
        paid=short_day(fact.collected_on),
        amount=show_money(fact.amount),
        reversed=show_money(fact.net - fact.amount),
        counts=show_money(ZERO if fact.why_not else fact.net),
        notes=tuple(notes),
        is_left_out=bool(fact.why_not),
    )


def _excluded(line: ExcludedLine) -> Line:
    return Line(f"Invoice {line.invoice}, line {line.line}", show_money(line.amount), f"{line.why_not}.")


def _clients(why: Explanation) -> list[Line]:
    named = [
        Line(part.client, show_money(part.amount), applies=part.client_id == why.commission.client_id)
        for part in why.mrr_by_client[:NAMED_CLIENTS]
    ]
    others = why.mrr_by_client[NAMED_CLIENTS:]
    if others:
        rest = show_money(sum((part.amount for part in others), ZERO))
        named.append(Line(counted(len(others), "more client", "more clients"), rest))
    return named


def _tiers(why: Explanation) -> Sequence[Line]:
    return [
        Line(f"From {show_money(tier.threshold)} a month", percent(tier.rate), applies=tier.applies)
        for tier in why.tiers
    ]


def _postings(why: Explanation, page: str) -> Sequence[Line]:
    return [
        Line(
            f"Posted in {month_name(posting.period)}",
            show_money(posting.amount),
            url=reverse(page, args=[posting.commission_id]),
        )
        for posting in why.posted_before
    ]
