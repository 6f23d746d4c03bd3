"""One payout: how it stands, what it waits for, what was presented, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from defusedcsv import csv
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Partner, Program
from affiliates.money import show_money
from affiliates.months import parse_month
from clients.models import Reversal
from clients.models.payment import ReversalKind
from parts.formats import counted, day, month_name, short_month
from parts.shapes import Document, Event, Tile
from parts.uploads import serve_upload
from payouts.checklist import BADGES, CHECKED, can_present, checklist, standing
from payouts.gates import gates
from payouts.models import Payout, PayoutState, PayoutStep, ReferralReport, Statement, StatementState
from payouts.views.payouts import payable, statement_document

MOST_LINES = 25
REPORT_COLUMNS = ("client", "name", "service_month", "mrr", "mrr_before", "change", "commission", "state")
WITHHELD = (
    "Money went back to clients, or a correction came, after the month was closed. The next run takes the commission "
    "on it from your balance, which is why this much is not paid out now (Agreement, Appendix B)."
)
GIVEN_BACK = (ReversalKind.REFUND, ReversalKind.CHARGEBACK)
MOST_REVERSALS = 10


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a referral report, ready to print."""

    client: str
    month: str
    mrr: str
    before: str
    change: str
    commission: str
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The report that was presented."""

    told: str
    note: str
    lines: list[ReportLine]
    left_out: int
    csv: Document


@dataclass(frozen=True, slots=True)
class Invoice:
    """The invoice that was presented; the newest one counts."""

    told: str
    document: Document | None
    is_wrong: bool


@require_safe
@partner_page()
def payout(request: HttpRequest, pk: int) -> HttpResponse:
    partner = cast(PartnerRequest, request).acting.partner
    found = payout_of(partner, pk)
    program = Program.current()
    steps = list(PayoutStep.objects.filter(payout=found).select_related("by").order_by("-id"))
    listed = gates(found, at=timezone.now()) if found.state in CHECKED else ()
    statement = Statement.objects.filter(partner=partner, period=found.period_id, state=StatementState.ISSUED)
    context = {
        "title": f"Payout of {month_name(found.period_id)}",
        "lead": f"{show_money(found.amount)} {program.currency}, opened on {day(program.day(found.opened_at))}.",
        "back": (reverse("payouts"), "Payouts"),
        "tiles": _tiles(found, program.currency),
        "standing": standing(found, listed, currency=program.currency, reason=steps[0].reason if steps else ""),
        "checks": checklist(found, listed),
        "present_url": reverse("payout_present", args=[found.pk]) if can_present(found, listed) else "",
        "withheld": f"{show_money(found.withheld)} {program.currency}" if found.withheld else "",
        "why_withheld": WITHHELD,
        "given_back": _given_back(found, program) if found.withheld else [],
        "report": _report(found, program),
        "invoice": _invoice(found, program),
        "statement": next(
            (statement_document(each, program.currency) for each in statement.select_related("partner")), None
        ),
        "events": [_event(step) for step in steps],
    }
    return render(request, "payouts/payout.html", context)


@require_safe
@partner_page()
def download_invoice(request: HttpRequest, pk: int) -> FileResponse:
    """Streams the payout's newest invoice."""
    found = payout_of(cast(PartnerRequest, request).acting.partner, pk)
    invoice = found.partner_invoices.exclude(file="").order_by("-id").first()
    if invoice is None:
        raise Http404("There is no document of an invoice.")
    return serve_upload(invoice.file, f"{invoice.number}.pdf")


@require_safe
@partner_page()
def download_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the lines of the referral report as they were presented."""
    found = payout_of(cast(PartnerRequest, request).acting.partner, pk)
    report = get_object_or_404(ReferralReport, payout=found)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="referral-report-{found.period_id:%Y-%m}.csv"'
    writer = csv.writer(answer)
    writer.writerow(REPORT_COLUMNS)
    writer.writerows([line.get(name, "") for name in REPORT_COLUMNS] for line in report.lines)
    return answer


def payout_of(partner: Partner, pk: int) -> Payout:
    """A payout of this partner; one of another is not there."""
    return get_object_or_404(Payout.objects.filter(partner=partner).select_related("partner"), pk=pk)


def report_lines(lines: Sequence[dict[str, Any]]) -> list[ReportLine]:
    """The first lines of a report, ready to print."""
    return [
        ReportLine(
            client=line["name"],
            month=short_month(parse_month(line["service_month"])),
            mrr=show_money(Decimal(line["mrr"])),
            before=show_money(Decimal(line["mrr_before"])) if line.get("mrr_before") else "",
            change=line.get("change", ""),
            commission=show_money(Decimal(line["commission"])),
            is_waiting=line["state"] == "waiting",
        )
        for line in lines[:MOST_LINES]
    ]


def _tiles(payout: Payout, currency: str) -> list[Tile]:
    tiles = [Tile("Amount", show_money(payout.amount), currency, "What the invoice is for")]
    if payout.withheld:
        tiles.append(Tile("Withheld", show_money(payout.withheld), currency, "Stays in your balance"))
    if payout.payable is not None:
        paid = payout.state == PayoutState.PAID and payout.paid_on
        note = f"on {day(payout.paid_on)}" if paid and payout.paid_on else "As it was approved"
        tiles.append(Tile("Paid" if paid else "Payable", payable(payout), currency, note))
    return tiles


def _given_back(payout: Payout, program: Program) -> list[str]:
    """The newest refunds and chargebacks that the month's run did not count, up to the day of approval."""
    if payout.approved_at is None:
        return []
    period = payout.period
    later = Reversal.objects.filter(
        Q(occurred_on__gt=period.as_of) | Q(batch__gt=period.run.batch_id or 0),
        payment__invoice__client__partner=payout.partner_id,
        occurred_on__lte=program.day(payout.approved_at),
        kind__in=GIVEN_BACK,
    )
    return [
        f"{each.get_kind_display()} of {show_money(each.amount)} to {each.payment.invoice.client.name}, "
        f"{day(each.occurred_on)}"
        for each in later.select_related("payment__invoice__client").order_by("-occurred_on", "-id")[:MOST_REVERSALS]
    ]


def _report(payout: Payout, program: Program) -> Report | None:
    report = ReferralReport.objects.filter(payout=payout).select_related("presented_by").first()
    if report is None:
        return None
    count = counted(len(report.lines), "line", "lines")
    return Report(
        told=_told(report.presented_by, day(program.day(report.presented_at))),
        note=report.note,
        lines=report_lines(report.lines),
        left_out=max(len(report.lines) - MOST_LINES, 0),
        csv=Document("Referral report", f"{count}, as presented", reverse("payout_report", args=[payout.pk]), "CSV"),
    )


def _invoice(payout: Payout, program: Program) -> Invoice | None:
    invoice = payout.partner_invoices.select_related("presented_by").order_by("-id").first()
    if invoice is None:
        return None
    what = f"{show_money(invoice.amount)} {program.currency}, dated {day(invoice.dated_on)}"
    how = ", drawn by the portal" if invoice.is_drawn else ""
    url = reverse("payout_invoice", args=[payout.pk])
    told = _told(invoice.presented_by, day(program.day(invoice.presented_at)))
    return Invoice(
        told=told if invoice.file else f"Invoice {invoice.number}: {what}. {told}",
        document=Document(f"Invoice {invoice.number}", f"{what}{how}", url) if invoice.file else None,
        is_wrong=invoice.amount != payout.amount,
    )


def _told(by: User, on: str) -> str:
    return f"Presented by {by.get_full_name()} on {on}."


def _event(step: PayoutStep) -> Event:
    badge = BADGES[PayoutState(step.state)]
    who = "" if step.by is None else ("Finance" if step.by.is_staff else step.by.get_full_name())
    return Event(badge.text, step.at, who, step.reason, badge.tone)
