"""One payout as finance sees it: each gate with its evidence, the documents beside the numbers, and who may approve."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib.auth import get_user_model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import HOLDERS, Right, may
from affiliates.documents.acceptance import file_name, render_acceptance
from affiliates.models import Acceptance, Program
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from commissions.services.pending_clawbacks import Clawback, list_clawbacks
from parts.formats import counted, day, month_name, short_month
from parts.shapes import Badge, Event, Tile, Tone
from parts.uploads import serve_upload
from payouts.checklist import BADGES, CHECKED
from payouts.documents.draw_pages import CannotBeDrawn, draw_pages
from payouts.gates import Facts, Gate, gates_from, gather_facts
from payouts.models import LineState, PartnerInvoice, PaymentLine, Payout, PayoutState, PayoutStep, ReferralReport
from payouts.services.approve_payout import reasons_against
from payouts.views.payout import report_lines
from payouts.views.payouts import payable
from payouts.views.staff_moves import moves_of
from payouts.views.staff_queue import queue_url, waits_for

S = PayoutState


@dataclass(frozen=True, slots=True)
class Evidence:
    """A gate with the things themselves that open it, or what is missing."""

    title: str
    clause: str
    is_open: bool
    state: str
    next_step: str
    facts: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the invoice says beside what it should say."""

    label: str
    says: str
    should: str
    fits: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who approves payouts, and why not this one."""

    name: str
    against: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What the next run would take back, ready to print."""

    client: str
    month: str
    posted: str
    target: str
    amount: str
    facts: Sequence[str]


@require_safe
@staff_page(Right.SEE_MONEY)
def payout(request: HttpRequest, pk: int) -> HttpResponse:
    staff, now = cast(StaffRequest, request).staff, timezone.now()
    found = get_object_or_404(Payout.objects.select_related("partner", "period__run", "approved_by"), pk=pk)
    facts = gather_facts([found], at=now)
    listed = gates_from(facts, found)
    steps = list(PayoutStep.objects.filter(payout=found).select_related("by").order_by("-id"))
    lines = list(PaymentLine.objects.filter(payout=found).select_related("answered_by", "file").order_by("-id"))
    standing = next((line for line in lines if line.state != LineState.RETURNED), None)
    invoice = PartnerInvoice.objects.filter(payout=found).order_by("-id").first()
    losses = list_clawbacks(partner=found.partner, on=staff.today) if found.state in CHECKED else []
    context = {
        "title": f"{found.partner}, {month_name(found.period_id)}",
        "lead": f"{BADGES[S(found.state)].text}. {waits_for(found, listed, steps[0] if steps else None, standing)}.",
        "back": (queue_url(S(found.state)), "Payouts"),
        "payout": found,
        "badge": Badge(found.get_state_display(), BADGES[S(found.state)].tone),
        "tiles": _tiles(found, staff.program.currency, losses),
        "evidence": _evidence(found, facts, listed, invoice) if found.state in (*CHECKED, S.APPROVED) else [],
        "invoice": invoice,
        "compared": _compared(found, invoice, staff.program),
        "report": _report(found),
        "losses": [_loss(each) for each in losses],
        "lost": show_money(sum((each.amount for each in losses), start=found.withheld.__class__(0))),
        "people": _people(found) if found.state in CHECKED else [],
        "can_approve": found.state == S.READY and may(staff.user, Right.APPROVE_PAYOUTS),
        "why_not": next(reasons_against(found, staff.user), ""),
        "moves": moves_of(found, standing, staff.user),
        "line": standing,
        "events": list(_events(steps, lines)),
    }
    return render(request, "payouts/staff/payout.html", context)


@require_safe
@staff_page(Right.SEE_MONEY)
def invoice(request: HttpRequest, pk: int) -> FileResponse:
    """Streams the newest invoice of a payout, to be saved."""
    found = _newest_invoice(pk)
    return serve_upload(found.file, f"{found.number}.pdf")


@require_safe
@staff_page(Right.SEE_MONEY)
def invoice_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """The first pages of the invoice as a picture."""
    found = _newest_invoice(pk)
    try:
        with found.file.open("rb") as pdf:
            picture = draw_pages(pdf.read())
    except (CannotBeDrawn, FileNotFoundError) as error:
        raise Http404("It cannot be shown.") from error
    answer = HttpResponse(picture, content_type="image/jpeg")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=600"
    return answer


@require_safe
@staff_page(Right.SEE_MONEY)
def acceptance(request: HttpRequest, pk: int) -> HttpResponse:
    """The acceptance of the Agreement that a payout's partner gave last, as it was signed."""
    found = get_object_or_404(Payout, pk=pk)
    accepted = Acceptance.objects.filter(partner=found.partner_id).select_related("version", "partner")
    newest = accepted.order_by("-version_id").first()
    if newest is None:
        raise Http404("Nothing was accepted.")
    accent = cast(StaffRequest, request).staff.program.accent_colour
    answer = HttpResponse(render_acceptance(newest, accent=accent), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(newest)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _newest_invoice(pk: int) -> PartnerInvoice:
    found = PartnerInvoice.objects.filter(payout=pk).order_by("-id").first()
    if found is None or not found.file:
        raise Http404("There is no document of an invoice.")
    return found


def _tiles(payout: Payout, currency: str, losses: Sequence[Clawback]) -> list[Tile]:
    tiles = [Tile("Amount", show_money(payout.amount), currency, "What the invoice has to say")]
    if payout.payable is not None:
        tiles.append(Tile("Withheld", show_money(payout.withheld), currency, "Stays in the balance"))
        note = f"Approved by {payout.approved_by.get_full_name()}" if payout.approved_by else ""
        tiles.append(Tile("Paid" if payout.state == S.PAID else "Payable", payable(payout), currency, note))
    elif losses:
        lost = sum((each.amount for each in losses), start=payout.withheld.__class__(0))
        tiles.append(Tile("To be withheld", show_money(lost), currency, "As the facts stand", "#withheld"))
    return tiles


def _evidence(payout: Payout, facts: Facts, listed: Sequence[Gate], invoice: PartnerInvoice | None) -> list[Evidence]:
    """The gates with what each was judged by."""
    proofs = [
        _of_agreement(payout, facts),
        _of_report(payout, facts),
        _of_invoice(payout, invoice),
        _of_violations(payout, facts),
        _of_tax_form(payout, facts),
        _of_method(payout, facts),
        ([], []),
    ]
    return [
        Evidence(gate.name, gate.clause, gate.is_open, gate.state, gate.opened_by, *proof)
        for gate, proof in zip(listed, proofs, strict=True)
    ]


Proof = tuple[list[tuple[str, str]], list[tuple[str, str]]]


def _of_agreement(payout: Payout, facts: Facts) -> Proof:
    accepted = facts.acceptances.get(payout.partner_id)
    if accepted is None:
        return [], []
    signed = [("Signed", f"{accepted.name}, {_moment(accepted.at, facts.program)}"), ("From", accepted.address or "–")]
    return signed, [("Acceptance (PDF)", reverse("staff_payout_acceptance", args=[payout.pk]))]


def _of_report(payout: Payout, facts: Facts) -> Proof:
    is_there = facts.presented[payout.pk].reported_at is not None
    return ([], [("Its lines", "#report")]) if is_there else ([], [])


def _of_invoice(payout: Payout, found: PartnerInvoice | None) -> Proof:
    if found is None:
        return [], []
    links = [("Beside the numbers", "#invoice")]
    if found.file:
        links.append(("Invoice (PDF)", reverse("staff_payout_invoice", args=[payout.pk])))
    return [("Dated", day(found.dated_on)), ("Made by", "the portal" if found.is_drawn else "the partner")], links


def _of_violations(payout: Payout, facts: Facts) -> Proof:
    violation = facts.violations.get(payout.partner_id)
    return ([("Evidence", violation.evidence)], []) if violation else ([], [])


def _of_tax_form(payout: Payout, facts: Facts) -> Proof:
    form = facts.tax_forms.get(payout.partner_id)
    if form is None:
        return [], []
    filed = _moment(form.filed_at, facts.program)
    return [("Form", f"{form.kind}, {form.legal_name}"), ("Number", form.masked_number), ("Filed", filed)], []


def _of_method(payout: Payout, facts: Facts) -> Proof:
    method = facts.methods.get(payout.partner_id)
    if method is None:
        return [], []
    changed = _moment(method.entered_at, facts.program)
    confirmed = _moment(method.confirmed_at, facts.program) if method.confirmed_at else "Not yet"
    entered = "Changed" if method.is_change else "Entered"
    told = [("Account", str(method)), ("Holder", method.holder), (entered, changed), ("Confirmed", confirmed)]
    return told, []


def _moment(at: datetime, program: Program) -> str:
    return f"{day(program.day(at))}, {timezone.localtime(at):%H:%M}"


def _compared(payout: Payout, found: PartnerInvoice | None, program: Program) -> list[Compared]:
    if found is None:
        return []
    amount, currency = show_money(payout.amount), program.currency
    today = program.day(timezone.now())
    fits_day = payout.period_id <= found.dated_on <= today
    others = PartnerInvoice.objects.filter(payout__partner=payout.partner_id, number=found.number)
    is_own = not others.exclude(payout=payout.pk).exists()
    said = f"{show_money(found.amount)} {currency}"
    elsewhere = "Read it in the document" if found.file else "Not known"  # What is entered with it does not say.
    sender, receiver = (payout.partner.name, program.company_name) if found.is_drawn else (elsewhere, elsewhere)
    return [
        Compared("Amount", said, f"{amount} {currency}", found.amount == payout.amount),
        Compared("Number", found.number, "A number of its own", is_own),
        Compared("Date", day(found.dated_on), f"From {day(payout.period_id)} on", fits_day),
        Compared("From", sender, f"{payout.partner.name}\n{payout.partner.address}".strip(), fits=True),
        Compared("To", receiver, f"{program.company_name}\n{program.company_address}".strip(), fits=True),
    ]


def _report(payout: Payout) -> dict[str, object]:
    found = ReferralReport.objects.filter(payout=payout).select_related("presented_by").first()
    if found is None:
        return {}
    lines = report_lines(found.lines)
    return {
        "told": f"{counted(len(found.lines), 'line', 'lines')}, presented by {found.presented_by.get_full_name()}",
        "note": found.note,
        "lines": lines,
        "left_out": len(found.lines) - len(lines),
    }


def _loss(each: Clawback) -> Loss:
    return Loss(
        each.client.name,
        short_month(each.service_month),
        show_money(each.posted),
        show_money(each.target),
        show_money(each.amount),
        each.facts,
    )


def _people(payout: Payout) -> list[Person]:
    """Everybody who approves payouts, with what keeps each from this one."""
    roles = [role.value for role in HOLDERS[Right.APPROVE_PAYOUTS]]
    users: list[User] = list(
        get_user_model().objects.filter(is_active=True, groups__name__in=roles).order_by("name").distinct()
    )
    return [Person(user.get_full_name(), next(reasons_against(payout, user), "")) for user in users]


def _events(steps: Sequence[PayoutStep], lines: Sequence[PaymentLine]) -> Iterator[Event]:
    """Yield what happened, newest first: the payout's moves, and the payment files that it was in."""
    moves = [
        Event(
            step.get_state_display(),
            step.at,
            step.by.get_full_name() if step.by else "The system",
            step.reason,
            BADGES[S(step.state)].tone,
        )
        for step in steps
    ]
    files = [
        Event(f"In payment file {line.file_id}", line.file.made_at, "", f"As {line.reference}", Tone.INFO)
        for line in lines
    ]
    yield from sorted((*moves, *files), key=lambda event: event.at, reverse=True)
