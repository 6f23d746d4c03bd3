"""Payment files: what is approved goes into one, it is taken to the bank, and what the bank says is entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import AuditEntry
from accounts.rights import Right, may
from affiliates.models import PayoutMethod, Program
from affiliates.models.payee import PayoutMethodKind
from affiliates.money import ZERO, show_money
from affiliates.staff_page import StaffRequest, asked_key, staff_page
from parts.formats import counted, day, short_day, short_month, whole
from parts.listing import CHOSEN, Column, Listing
from parts.shapes import Badge, Cell, Empty, Event, Tile, Tone
from payouts.documents.bank_answers import Answer, Outcome
from payouts.forms import AnswerForm, NewFileForm
from payouts.gates import gates_of
from payouts.models import FileFormat, LineState, PaymentFile, PaymentLine, Payout, PayoutState
from payouts.services.make_payment_file import FITS, FileRefused, make_payment_file, take_payment_file, why_not
from payouts.services.record_answers import Matched, Verdict, record_answers
from payouts.services.refresh_payout import not_covered, void_because

CONTENT_TYPES = {FileFormat.NACHA: "text/plain; charset=us-ascii", FileFormat.SEPA: "application/xml"}
MOST_IN_A_FILE = 1000
LINE_BADGES = {
    LineState.SENT: Badge("With the bank", Tone.INFO),
    LineState.PAID: Badge("Paid", Tone.GOOD),
    LineState.RETURNED: Badge("Returned", Tone.BAD),
}
FILE_COLUMNS = {
    "file": Column("File", sort=("id",)),
    "format": Column("Format", sort=("format",)),
    "date": Column("Pays on", sort=("value_date",)),
    "count": Column("Payments", sort=("count",), is_number=True),
    "total": Column("Total", sort=("total",), is_number=True),
    "answer": Column("The bank’s answer"),
    "made": Column("Made"),
}
LINE_COLUMNS = {
    "partner": Column("Partner", sort=("payout__partner__name",)),
    "month": Column("Month", sort=("payout__period_id",)),
    "amount": Column("Amount", sort=("amount",), is_number=True),
    "to": Column("Goes to"),
    "reference": Column("Reference", sort=("reference",)),
    "state": Column("State", sort=("state",)),
    "answer": Column("The bank’s answer"),
}
TAKEN = {
    "payment file made": "Made",
    "payment file taken": "Taken",
    "payment returned": "Returned",
}


@dataclass(frozen=True, slots=True)
class Ready:
    """What waits for a file of one format."""

    label: str
    told: str
    why_not: str
    url: str


@require_safe
@staff_page(Right.SEE_MONEY)
def files(request: HttpRequest) -> HttpResponseBase:
    """What waits for a file, and all files."""
    staff = cast(StaffRequest, request).staff
    answered: dict[int, dict[str, int]] = {}
    listing = Listing(
        request,
        PaymentFile.objects.select_related("made_by"),
        FILE_COLUMNS,
        lambda file: _file_line(file, answered.get(file.pk, {})),
        "-file",
        Empty("No payment file yet", "Approved payouts go into one, which you take to the bank."),
        prepare=lambda found: answered.update(_answered(found)),
        label="Payment files",
    )
    context = {
        "title": "Payment files",
        "lead": "Approved payouts, as the bank wants to have them; and what the bank answered.",
        "ready": _ready(staff.program) if may(staff.user, Right.PAY_PAYOUTS) else [],
        "listing": listing,
        "may_pay": may(staff.user, Right.PAY_PAYOUTS),
    }
    return render(request, "payouts/staff/files.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PAY_PAYOUTS)
def new_file(request: HttpRequest, file_format: str) -> HttpResponse:
    """Chooses the payouts of a file, and makes it."""
    if file_format not in FileFormat.values:
        raise Http404("There is no such format.")
    chosen, staff = FileFormat(file_format), cast(StaffRequest, request).staff
    waiting = list(_waiting(chosen)[:MOST_IN_A_FILE])
    reasons: Sequence[str] = [reason] if (reason := why_not(chosen, staff.program)) else []
    form = NewFileForm(request.POST or None, file_format=chosen, today=staff.today)
    picked = _picked(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_payment_file(
                file_format=chosen,
                payouts=picked,
                value_date=form.cleaned_data["value_date"],
                by=staff.user,
                at=timezone.now(),
            )
        except FileRefused as refusal:
            already = _already(picked)
            if already is not None:
                messages.info(request, f"These payouts are in this file already; {_who(already)} made it.")
                return redirect("staff_payment_file", already.pk)
            reasons = refusal.reasons
        else:
            what = counted(made.count, "payment", "payments")
            messages.success(request, f"Payment file {made.pk} is made: {what} over {_sum(made)}. Take it to the bank.")
            return redirect("staff_payment_file", made.pk)
    total = sum((payout.payable or ZERO for payout in waiting), ZERO)
    context = {
        "title": f"New payment file: {chosen.label}",
        "lead": f"{counted(len(waiting), 'approved payout', 'approved payouts')} over {show_money(total)} "
        f"{staff.program.currency} can go into it. Each is held against its approval and its gates once more.",
        "back": (reverse("staff_payment_files"), "Payment files"),
        "form": form,
        "reasons": reasons,
        "rows": [_waiting_row(each, each.pk in picked or not picked) for each in waiting],
    }
    is_wrong = request.method == "POST"
    return render(request, "payouts/staff/file_new.html", context, status=409 if is_wrong else 200)


@require_safe
@staff_page(Right.SEE_MONEY)
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One file: its totals and hash, each payment with the bank's answer, and who had the file in hand."""
    found = get_object_or_404(PaymentFile.objects.select_related("account", "made_by"), pk=pk)
    staff = cast(StaffRequest, request).staff
    return _show_file(cast(StaffRequest, request), found, AnswerForm(today=staff.today))


@require_POST
@never_cache
@staff_page(Right.PAY_PAYOUTS)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives the file with all its accounts; who took it is noted."""
    found = get_object_or_404(PaymentFile, pk=pk)
    content = take_payment_file(file=found, by=cast(StaffRequest, request).staff.user, at=timezone.now())
    answer = HttpResponse(
        content.encode(), content_type=CONTENT_TYPES.get(FileFormat(found.format), "text/csv; charset=utf-8")
    )
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@staff_page(Right.PAY_PAYOUTS)
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Enters what the bank said of payments of a file, by hand."""
    found = get_object_or_404(PaymentFile.objects.select_related("account", "made_by"), pk=pk)
    staff = cast(StaffRequest, request).staff
    form = AnswerForm(request.POST, today=staff.today)
    lines = _chosen_lines(request, found)
    if not lines:
        form.add_error(None, "Tick the payments that the bank answered, or all that are with it.")
    if not form.is_valid() or not lines:
        return _show_file(cast(StaffRequest, request), found, form, status=422)
    given = form.cleaned_data
    answers = [
        Answer(line.reference, Outcome(given["outcome"]), given["on"], given["code"].strip(), given["reason"].strip())
        for line in lines
    ]
    tell_what_came(request, record_answers(answers=answers, by=staff.user, at=timezone.now()))
    return redirect("staff_payment_file", pk)


def tell_what_came(request: HttpRequest, matched: Sequence[Matched]) -> None:
    """This function will say on the next page what came of the bank's answers."""
    words = {Verdict.PAYS: "paid", Verdict.RETURNS: "returned", Verdict.KNOWN: "known already"}
    counts = [(sum(each.verdict == verdict for each in matched), said) for verdict, said in words.items()]
    told = ", ".join(f"{number} {said}" for number, said in counts if number)
    if told:
        messages.success(request, f"Entered: {told}.")
    for each in matched:
        if each.verdict == Verdict.REFUSED:
            whose = f"{each.line.payout.partner}: " if each.line else ""
            messages.error(request, f"{whose}{each.text.rstrip('.')}.")


def _show_file(request: StaffRequest, found: PaymentFile, form: AnswerForm, status: int = 200) -> HttpResponse:
    may_pay = may(request.staff.user, Right.PAY_PAYOUTS)
    changed: dict[int, str] = {}
    lines = PaymentLine.objects.filter(file=found).select_related("payout__partner", "payout__period", "method", "file")
    listing = Listing(
        request,
        lines,
        LINE_COLUMNS,
        lambda line: _payment_line(line, changed.get(line.pk, "")),
        "partner",
        Empty("Nothing", "A payment file has a payment at least."),
        prepare=lambda page: changed.update(_changed(page)),
        label="Payments",
        bulk="payouts/staff/answer_form.html" if may_pay else "",
    )
    answers = _answered([found])[found.pk]
    context = {
        "title": f"Payment file {found.pk}",
        "lead": f"{FileFormat(found.format).label}: {counted(found.count, 'payment', 'payments')} over {_sum(found)}, "
        f"to be paid on {day(found.value_date)}.",
        "back": (reverse("staff_payment_files"), "Payment files"),
        "file": found,
        "tiles": [
            Tile("Total", show_money(found.total), found.currency, counted(found.count, "payment", "payments")),
            *(Tile(badge.text, whole(answers.get(state.value, 0))) for state, badge in LINE_BADGES.items()),
        ],
        "listing": listing,
        "answer_form": form,
        "may_pay": may_pay,
        "events": _events(found),
    }
    return render(request, "payouts/staff/file.html", context, status=status)


def _waiting(file_format: FileFormat) -> "QuerySet[Payout]":
    """The approved payouts that a file of a format can pay and no file has yet."""
    methods = PayoutMethod.objects.current().filter(kind__in=FITS[file_format])
    return (
        Payout.objects.filter(state=PayoutState.APPROVED, partner__in=methods.values("partner"))
        .exclude(payment_lines__state=LineState.SENT)
        .select_related("partner", "approved_by")
        .order_by("partner__name", "pk")
    )


def _ready(program: Program) -> list[Ready]:
    """What waits, by format; a format that nothing waits for is left out."""
    unsent = Payout.objects.filter(state=PayoutState.APPROVED).exclude(payment_lines__state=LineState.SENT)
    rows = (
        unsent.filter(partner__payout_methods__replaced_at=None)
        .order_by()
        .values_list("partner__payout_methods__kind")
        .annotate(Count("pk"), Sum("payable"))
    )
    sums = {PayoutMethodKind(kind): (number, amount) for kind, number, amount in rows if kind}
    ready = []
    for file_format, kinds in FITS.items():
        number = sum(sums.get(kind, (0, ZERO))[0] for kind in kinds)
        amount = sum((sums.get(kind, (0, ZERO))[1] for kind in kinds), ZERO)
        if number:
            told = f"{counted(number, 'payout', 'payouts')} over {show_money(amount)} {program.currency}"
            url = reverse("staff_payment_file_new", args=[file_format.value])
            ready.append(Ready(file_format.label, told, why_not(file_format, program), url))
    return ready


def _waiting_row(payout: Payout, is_picked: bool) -> dict[str, object]:
    return {
        "pk": payout.pk,
        "partner": payout.partner.name,
        "url": reverse("staff_payout", args=[payout.pk]),
        "month": short_month(payout.period_id),
        "payable": show_money(payout.payable or ZERO),
        "approved": _approved(payout),
        "is_picked": is_picked,
    }


def _approved(payout: Payout) -> str:
    if payout.approved_by is None or payout.approved_at is None:
        return ""
    return f"{payout.approved_by.get_full_name()}, {short_day(timezone.localtime(payout.approved_at).date())}"


def _already(keys: set[int]) -> PaymentFile | None:
    """The file that has all of these payouts, where there is one: its button was pressed twice."""
    standing = PaymentLine.objects.standing().filter(payout__in=keys).values_list("payout", "file")
    found = dict(standing)
    of_all = set(found.values()) if set(found) == keys else set()
    return PaymentFile.objects.select_related("made_by").get(pk=of_all.pop()) if len(of_all) == 1 else None


def _answered(found: Sequence[PaymentFile]) -> dict[int, dict[str, int]]:
    """How many payments of each file are in each state."""
    rows = PaymentLine.objects.filter(file__in=found).order_by().values_list("file", "state").annotate(Count("pk"))
    answered: dict[int, dict[str, int]] = {each.pk: {} for each in found}
    for key, state, number in rows:
        answered[key][state] = number
    return answered


def _changed(page: Sequence[PaymentLine]) -> dict[int, str]:
    """What changed about payments that are with the bank: whoever has the file in hand should know."""
    sent = [line for line in page if line.state == LineState.SENT]
    payouts = [line.payout for line in sent]
    if not payouts:
        return {}
    listed = gates_of(payouts, at=timezone.now())
    partners = {payout.partner_id for payout in payouts}
    methods = {each.partner_id: each for each in PayoutMethod.objects.current().filter(partner__in=partners)}
    beyond = not_covered(payouts)
    reasons = {
        line.pk: void_because(line.payout, listed[line.payout_id], methods.get(line.payout.partner_id), beyond)
        for line in sent
    }
    return {key: f"Since the file was made: {'; '.join(said)}" for key, said in reasons.items() if said}


def _chosen_lines(request: HttpRequest, found: PaymentFile) -> list[PaymentLine]:
    lines = PaymentLine.objects.filter(file=found)
    if request.POST.get("everything"):
        return list(lines.filter(state=LineState.SENT))
    return list(lines.filter(pk__in=_picked(request)))


def _picked(request: HttpRequest) -> set[int]:
    """The keys that were ticked."""
    return {key for each in request.POST.getlist(CHOSEN) if (key := asked_key(each))}


def _file_line(found: PaymentFile, states: dict[str, int]) -> Sequence[Cell]:
    told = ", ".join(
        f"{whole(states[state])} {badge.text.lower()}" for state, badge in LINE_BADGES.items() if states.get(state)
    )
    return (
        Cell(f"File {found.pk}", url=reverse("staff_payment_file", args=[found.pk])),
        Cell(FileFormat(found.format).label),
        Cell(short_day(found.value_date)),
        Cell(whole(found.count)),
        Cell(show_money(found.total)),
        Cell(told),
        Cell(short_day(timezone.localtime(found.made_at).date()), below=_who(found)),
    )


def _payment_line(line: PaymentLine, changed: str) -> Sequence[Cell]:
    said = f"{line.code}: {line.reason}" if line.code and not line.reason.startswith(line.code) else line.reason
    return (
        Cell(line.payout.partner.name, url=reverse("staff_payout", args=[line.payout_id])),
        Cell(short_month(line.payout.period_id)),
        Cell(show_money(line.amount)),
        Cell(str(line.method), below=line.method.holder),
        Cell(line.reference),
        Cell(badge=LINE_BADGES[LineState(line.state)], below=changed),
        Cell(f"On {short_day(line.answered_on)}" if line.answered_on else "", below=said),
    )


def _events(found: PaymentFile) -> list[Event]:
    """Who made the file, who took it, and what came back, newest first; what was paid, its lines say."""
    entries = AuditEntry.objects.filter(subject=f"payment file {found.pk}", action__in=TAKEN).select_related("by")
    return [
        Event(
            TAKEN[entry.action],
            entry.at,
            entry.by.get_full_name() if entry.by else "The system",
            str(entry.details.get("reason", "")),
        )
        for entry in entries.order_by("-id")[:30]
    ]


def _sum(found: PaymentFile) -> str:
    return f"{show_money(found.total)} {found.currency}"


def _who(found: PaymentFile) -> str:
    return found.made_by.get_full_name() if found.made_by else "The system"
