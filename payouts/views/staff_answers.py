"""The bank's answer as a file: what it says and what comes of it is shown, and entered when somebody says so."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.money import show_money
from affiliates.staff_page import StaffRequest, staff_page
from parts.formats import counted, short_day
from parts.shapes import Badge, Tone
from payouts.documents.bank_answers import Answer, AnswerUnreadable, Outcome, read_answers
from payouts.forms import BankFileForm
from payouts.services.record_answers import Matched, Verdict, match_answers, record_answers
from payouts.views.staff_files import tell_what_came

SALT = "payouts.answers"
GOOD_FOR = timedelta(hours=2)
BADGES = {
    Verdict.PAYS: Badge("Paid", Tone.GOOD),
    Verdict.RETURNS: Badge("Returned", Tone.BAD),
    Verdict.KNOWN: Badge("Known already"),
    Verdict.NOTED: Badge("To read", Tone.INFO),
    Verdict.REFUSED: Badge("Cannot be entered", Tone.WAITING),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An answer and what comes of it, ready to print."""

    partner: str
    url: str
    file: str
    amount: str
    reference: str
    on: str
    badge: Badge
    text: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.PAY_PAYOUTS)
def bank_answer(request: HttpRequest) -> HttpResponse:
    """Takes the bank's file, shows what it would change, and changes it after that was seen."""
    staff, now = cast(StaffRequest, request).staff, timezone.now()
    if request.method == "POST" and "answers" in request.POST:
        try:
            answers = _unpacked(request.POST["answers"])
        except signing.BadSignature:
            return _show(request, BankFileForm(), refused="The page was too old; send the file again.")
        tell_what_came(request, record_answers(answers=answers, by=staff.user, at=now))
        return redirect("staff_payment_files")
    form = BankFileForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        answers = read_answers(form.cleaned_data["file"])
    except AnswerUnreadable as refusal:
        form.add_error("file", f"{refusal}.")
        return _show(request, form, status=422)
    return _show(request, form, answers=answers)


def _show(
    request: HttpRequest,
    form: BankFileForm,
    *,
    answers: list[Answer] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    matched = match_answers(answers or [], at=timezone.now())
    changes = sum(each.changes for each in matched)
    context = {
        "title": "The bank’s answer",
        "lead": "Nothing is entered before you have seen what comes of it."
        if answers is None
        else f"{counted(len(matched), 'answer', 'answers')} in the file. Nothing is entered yet.",
        "back": (reverse("staff_payment_files"), "Payment files"),
        "form": form,
        "refused": refused,
        "rows": [_row(each) for each in matched],
        "answers": _packed(answers) if answers and changes else "",
        "action": f"Enter {counted(changes, 'answer', 'answers')}",
        "is_looked_at": answers is not None,
    }
    return render(request, "payouts/staff/bank_answer.html", context, status=status)


def _row(matched: Matched) -> Row:
    line, answer = matched.line, matched.answer
    return Row(
        partner=line.payout.partner.name if line else "–",
        url=reverse("staff_payout", args=[line.payout_id]) if line else "",
        file=f"File {line.file_id}" if line else "",
        amount=show_money(line.amount) if line else "",
        reference=answer.reference,
        on=short_day(answer.on) if answer.on else "",
        badge=BADGES[matched.verdict],
        text=matched.text,
    )


def _packed(answers: list[Answer]) -> str:
    rows = [asdict(answer) for answer in answers]
    kept = [{key: str(value) for key, value in row.items() if value not in (None, "", False)} for row in rows]
    return signing.dumps(kept, salt=SALT, compress=True)


def _unpacked(text: str) -> list[Answer]:
    """:raises BadSignature: it was not packed here, or too long ago"""
    return [_answer(row) for row in signing.loads(text, salt=SALT, max_age=GOOD_FOR)]


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(
        reference=row.get("reference", ""),
        outcome=Outcome(row["outcome"]),
        on=date.fromisoformat(row["on"]) if "on" in row else None,
        code=row.get("code", ""),
        reason=row.get("reason", ""),
        amount=Decimal(row["amount"]) if "amount" in row else None,
        is_message="is_message" in row,
    )
