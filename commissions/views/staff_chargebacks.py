"""Chargebacks with their whole story, and the reviews that repeated ones raise."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from clients.forms import DecisionForm
from clients.models import ChargebackReview, Reversal, ReversalKind
from clients.services.decide_review import DecisionRefused, ReviewIsDecided, decide_review
from clients.views.told import in_short, told_of
from commissions.chargeback_story import Settlement, happened, settlement, won_back
from commissions.filters import ChargebacksFilter, ReviewsFilter
from notices.models import Notice
from parts.formats import counted, day, month_name, short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

LIST = "clients/staff/list.html"
CHARGEBACKS = Reversal.objects.filter(kind=ReversalKind.CHARGEBACK).select_related("payment__invoice__client__partner")


@staff_page(Right.SEE_MONEY)
@require_safe
def chargebacks(request: StaffRequest) -> HttpResponseBase:
    """All chargebacks, the newest first."""
    told: dict[str, list[Notice]] = {}
    won: dict[int, Decimal] = {}

    def prepare(rows: Sequence[Reversal]) -> None:
        told.update(Notice.objects.under(row.notice_key for row in rows))
        back = Reversal.objects.filter(
            kind=ReversalKind.CHARGEBACK_WON, payment__in={row.payment_id for row in rows}
        ).order_by()
        won.update(back.values("payment").annotate(sum=Sum("amount")).values_list("payment", "sum"))

    def line(row: Reversal) -> list[Cell]:
        client = row.payment.invoice.client
        written, sent = in_short(told.get(row.notice_key, []))
        return [
            Cell(short_day(row.occurred_on), url=reverse("staff_chargeback", args=[row.pk])),
            Cell(client.name, below=client.partner.name),
            Cell(row.payment.invoice.reference),
            Cell(show_money(row.amount)),
            Cell(badge=Badge("Won back", Tone.GOOD) if row.payment_id in won else None),
            Cell(written, below=sent),
        ]

    def record(row: Reversal) -> list[object]:
        client, notices = row.payment.invoice.client, told.get(row.notice_key, [])
        return [
            row.reference, row.occurred_on, client.reference, client.name, client.partner.reference,
            row.payment.invoice.reference, row.payment.reference, row.amount, won.get(row.payment_id, ""),
            notices[0].created_at.isoformat() if notices else "",
        ]  # fmt: skip

    listing = Listing(
        request=request,
        rows=CHARGEBACKS.all(),
        columns={
            "day": Column("Day", sort=("occurred_on",)),
            "client": Column("Client", sort=("payment__invoice__client__name",)),
            "invoice": Column("Invoice"),
            "amount": Column("Amount", sort=("amount",), is_number=True),
            "won": Column("Won back"),
            "told": Column("Partner told"),
        },
        line=line,
        default="-day",
        empty=Empty("No chargebacks", "All the money that clients paid stayed."),
        filters=ChargebacksFilter,
        record=record,
        record_header=(
            "chargeback", "day", "client", "name", "partner", "invoice", "payment", "amount", "won back", "told at",
        ),
        prepare=prepare,
        label="Chargebacks",
    )  # fmt: skip
    if listing.wants_csv:
        return listing.csv("chargebacks")
    waiting = ChargebackReview.objects.filter(decided_at=None).count()
    lead = "Money that clients’ banks took back, and what it took of whose commission."
    if waiting:
        lead += f" {counted(waiting, 'review waits', 'reviews wait')} to be decided."
    context = {"title": "Chargebacks", "lead": lead, "at": "chargebacks", "listing": listing}
    return render(request, LIST, context)


@staff_page(Right.SEE_MONEY)
@require_safe
def chargeback(request: StaffRequest, pk: int) -> HttpResponse:
    """One chargeback: what came and went back, the commission that it took, and when its partner was told."""
    found = get_object_or_404(CHARGEBACKS.select_related("batch", "review"), pk=pk)
    client, settled = found.payment.invoice.client, settlement(found)
    won = won_back(found)
    context = {
        "title": f"Chargeback of {show_money(found.amount)}",
        "lead": f"{client}, a client of {client.partner}, on {day(found.occurred_on)}.",
        "back": (reverse("staff_chargebacks"), "Chargebacks"),
        "badge": Badge("Won back", Tone.GOOD) if won else Badge("Not won back", Tone.BAD),
        "story": [(short_day(each.on), each.what, show_money(each.amount)) for each in happened(found)],
        "recorded": f"Recorded on {moment(found.batch.recorded_at)} from {found.batch.source}.",
        "invoice": found.payment.invoice,
        "settled": _settled(settled),
        "lines": [
            (
                f"{line.partner}, service in {month_name(line.service_month)}",
                show_money(line.amount),
                reverse("staff_commission", args=[line.pk]),
            )
            for line in settled.lines
        ],
        "told": told_of(Notice.objects.under([found.notice_key])[found.notice_key]),
        "review": getattr(found, "review", None),
        "beside_label": "The reason of an amount",
    }
    return render(request, "commissions/staff/chargeback.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def reviews(request: StaffRequest) -> HttpResponseBase:
    """The reviews that repeated chargebacks raised: those to decide first."""
    listing = Listing(
        request=request,
        rows=ChargebackReview.objects.select_related("partner", "decided_by"),
        columns={
            "state": Column("State", sort=("decided_at",)),
            "raised": Column("Raised", sort=("raised_at",)),
            "partner": Column("Partner", sort=("partner__name",)),
            "chargebacks": Column("Chargebacks", sort=("chargebacks",), is_number=True),
            "decided": Column("Decided"),
        },
        line=_review_line,
        default="-state",
        empty=Empty("No reviews", "No partner's clients charged back often enough to be looked at."),
        filters=ReviewsFilter,
        label="Reviews",
    )
    program = request.staff.program
    context = {
        "title": "Reviews of repeated chargebacks",
        "lead": (
            f"{program.chargeback_threshold} chargebacks of a partner’s clients within"
            f" {program.chargeback_window_days} days raise one: they may cause cancellation (Appendix B)."
        ),
        "at": "reviews",
        "listing": listing,
    }
    return render(request, LIST, context)


@staff_page(Right.SEE_MONEY)
@require_safe
def review(request: StaffRequest, pk: int) -> HttpResponse:
    """One review: the chargebacks that raised it, and what was decided."""
    return _review_page(request, _review_or_404(pk), DecisionForm())


@staff_page(Right.JUDGE_VIOLATIONS)
@require_POST
def review_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what was found and what follows."""
    found, form = _review_or_404(pk), DecisionForm(request.POST)
    if not form.is_valid():
        return _review_page(request, found, form, status=422)
    try:
        decide_review(review=found, decision=form.cleaned_data["decision"], by=request.user, at=timezone.now())
    except ReviewIsDecided as refused:
        messages.error(request, f"{refused}; what was decided stays.")
    except DecisionRefused as refused:
        form.add_error("decision", f"{refused}.")
        return _review_page(request, found, form, status=422)
    else:
        messages.success(request, "Decided.")
    return redirect("staff_review", pk)


def _review_or_404(pk: int) -> ChargebackReview:
    return get_object_or_404(ChargebackReview.objects.select_related("partner", "raised_by", "decided_by"), pk=pk)


def _review_page(request: StaffRequest, found: ChargebackReview, form: DecisionForm, status: int = 200) -> HttpResponse:
    until = found.raised_by.occurred_on
    since = until - timedelta(days=request.staff.program.chargeback_window_days - 1)
    counted_ones = CHARGEBACKS.filter(
        payment__invoice__client__partner=found.partner_id, occurred_on__range=(since, until)
    ).order_by("-occurred_on", "-id")
    is_open = found.decided_at is None
    context = {
        "title": f"Repeated chargebacks: {found.partner}",
        "lead": f"Raised on {moment(found.raised_at)} by {counted(found.chargebacks, 'chargeback', 'chargebacks')}.",
        "back": (reverse("staff_reviews"), "Reviews"),
        "review": found,
        "badge": Badge("To decide", Tone.WAITING) if is_open else Badge("Decided"),
        "decided": "" if is_open else f"{moment(found.decided_at)}, {who(found.decided_by)}",
        "chargebacks": [
            (
                short_day(row.occurred_on),
                row.payment.invoice.client.name,
                show_money(row.amount),
                reverse("staff_chargeback", args=[row.pk]),
            )
            for row in counted_ones[:100]
        ],
        "form": form,
        "may_decide": is_open and may(request.user, Right.JUDGE_VIOLATIONS),
        "is_open": is_open,
    }
    return render(request, "commissions/staff/review.html", context, status=status)


def _review_line(row: ChargebackReview) -> list[Cell]:
    decided = moment(row.decided_at)
    return [
        Cell(badge=Badge("Decided") if decided else Badge("To decide", Tone.WAITING)),
        Cell(moment(row.raised_at)),
        Cell(row.partner.name, url=reverse("staff_review", args=[row.pk])),
        Cell(f"{row.chargebacks:,}"),
        Cell(decided, below=who(row.decided_by) if decided else ""),
    ]


def _settled(settled: Settlement) -> str:
    if not settled.has_slices:
        return "The invoice had no collected subscription money, so nothing was earned that could be taken back."
    if settled.period is None:
        return "No run has seen it yet: the next one takes back what was posted on this money."
    run = f"The run of {month_name(settled.period.month)}"
    state = "" if settled.period.is_closed else ", which is still open,"
    if not settled.lines:
        return f"{run}{state} saw it: nothing had been posted on this money before, so nothing was taken back."
    return f"{run}{state} took it back:"
