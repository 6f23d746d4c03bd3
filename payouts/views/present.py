"""Report and invoice of a payout, presented in one sitting."""

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.money import show_money
from parts.formats import day, month_name
from payouts.forms import DRAW, PresentForm
from payouts.models import InvoiceCounter, PartnerInvoice, Payout, ReferralReport
from payouts.models.payout import BEFORE_APPROVAL
from payouts.models.presented import drawn_number
from payouts.services.draw_invoice import InvoiceIsDrawn, gather_invoice
from payouts.services.present_invoice import InvoiceComesTooLate, InvoiceIsPresented, InvoiceNumberIsTaken
from payouts.services.present_payout import DrawnInvoice, EverythingIsPresented, SentInvoice, present_payout
from payouts.services.present_report import draft_report
from payouts.views.payout import MOST_LINES, ReportLine, payout_of, report_lines

PRESENTED_ALREADY = (EverythingIsPresented, InvoiceIsPresented)


@dataclass(frozen=True, slots=True)
class Draft:
    """The report as it would be presented now."""

    lines: list[ReportLine]
    left_out: int


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(after_the_end=True)
def present(request: HttpRequest, pk: int) -> HttpResponse:
    acting = cast(PartnerRequest, request).acting
    payout = payout_of(acting.partner, pk)
    page = redirect("payout", pk=payout.pk)
    if request.method != "POST" and payout.state not in BEFORE_APPROVAL:
        messages.info(request, "This payout no longer waits for a report or an invoice.")
        return page
    program = Program.current()
    newest = payout.partner_invoices.order_by("-id").first()
    is_reported = ReferralReport.objects.filter(payout=payout).exists()
    is_invoiced = newest is not None and newest.amount == payout.amount
    form = PresentForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        payout=payout,
        currency=program.currency,
        today=acting.today,
        is_reported=is_reported,
        can_draw=not payout.partner_invoices.filter(is_drawn=True).exists(),
        sends_own=_sends_own(payout),
    )
    if request.method == "POST" and form.is_valid():
        try:
            acting.do(
                present_payout,
                payout=payout,
                note=form.cleaned_data.get("note", ""),
                invoice=_invoice(form),
                by=acting.user,
                at=timezone.now(),
            )
        except PRESENTED_ALREADY as told:
            messages.info(request, f"{told}.")
            return page
        except InvoiceComesTooLate as refused:
            messages.error(request, f"{refused}. Nothing was presented.")
            return page
        except (InvoiceIsDrawn, InvoiceNumberIsTaken) as refused:
            form.add_error("number" if "number" in form.fields else None, f"{refused}.")
        else:
            messages.success(request, _thanks(payout))
            return page
    draft = [] if is_reported else acting.do(draft_report, payout)
    context = {
        "title": "Present report and invoice" if not is_reported else "Present the invoice",
        "lead": f"For {month_name(payout.period_id)}: {show_money(payout.amount)} {program.currency}.",
        "back": (reverse("payout", args=[payout.pk]), f"Payout of {month_name(payout.period_id)}"),
        "form": form,
        "is_reported": is_reported,
        "is_invoiced": is_invoiced,
        "newest": newest,
        "report": Draft(report_lines(draft), max(len(draft) - MOST_LINES, 0)),
        "drawn": _preview(payout, form) if form.can_draw else [],
        "has_address": bool(payout.partner.address.strip()),
    }
    return render(request, "payouts/present.html", context, status=422 if form.errors else 200)


def _sends_own(payout: Payout) -> bool:
    """Whether the partner's last invoice, for this payout or an earlier one, was its own."""
    last = PartnerInvoice.objects.filter(payout__partner=payout.partner_id).order_by("-id").first()
    return last is not None and not last.is_drawn


def _invoice(form: PresentForm) -> SentInvoice | DrawnInvoice:
    cleaned = form.cleaned_data
    if cleaned["how"] == DRAW:
        return DrawnInvoice()
    return SentInvoice(cleaned["number"], cleaned["dated_on"], cleaned["amount"], cleaned["file"])


def _preview(payout: Payout, form: PresentForm) -> list[tuple[str, str]]:
    """What the invoice says that the portal would draw."""
    counter = InvoiceCounter.objects.filter(partner=payout.partner_id).first()
    number = drawn_number(payout.partner, counter.last + 1 if counter else 1)
    data = gather_invoice(payout, number=number, dated_on=form.today)
    return [
        ("Number", data.number),
        ("Dated", day(data.dated_on)),
        ("Amount", f"{show_money(data.amount)} {data.currency}"),
        ("From", ", ".join((data.partner.name, *data.partner.address))),
        ("To", ", ".join((data.company.name, *data.company.address))),
        ("Tax number", data.tax_number or "None on file, left out"),
        ("Pay to", data.pay_to or "No payout method yet, left out"),
    ]


def _thanks(payout: Payout) -> str:
    payout.refresh_from_db()
    following = "Finance approves the payout next" if payout.state == "ready" else "Look below at what is still open"
    return f"Report and invoice for {month_name(payout.period_id)} are presented. {following}."
