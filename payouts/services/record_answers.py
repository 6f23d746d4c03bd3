"""What the bank answered, matched to the payments that were sent: looked at first, then entered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Program
from affiliates.money import show_money
from affiliates.services.open_batch import wait_for_turn
from parts.formats import day
from payouts.documents.bank_answers import Answer, Outcome
from payouts.models import LineState, PaymentLine
from payouts.services.move_payout import PayoutCannotMove
from payouts.services.settle_payout import ApprovalIsVoid, fail_payout, pay_payout

NO_REASON = "The bank sent it back"


class Verdict(StrEnum):
    """What comes of an answer."""

    PAYS = "pays"
    RETURNS = "returns"
    KNOWN = "known"  # It was entered before.
    NOTED = "noted"  # There is nothing to enter.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Matched:
    """An answer, the payment that it is about, and what comes of it; `text` says so."""

    answer: Answer
    line: PaymentLine | None
    verdict: Verdict
    text: str

    @property
    def changes(self) -> bool:
        return self.verdict in (Verdict.PAYS, Verdict.RETURNS)


def match_answers(answers: Iterable[Answer], *, at: datetime) -> list[Matched]:
    """This function will tell what would come of answers, in a constant number of queries; it changes nothing."""
    program, found = Program.current(), list(answers)
    by_message = _lines_of_files([answer.reference for answer in found if answer.is_message])
    spread: list[Answer] = []
    for answer in found:
        own = by_message.get(answer.reference, []) if answer.is_message else []
        spread += [replace(answer, reference=each, is_message=False) for each in own] or [answer]
    lines = _lines_by_reference([answer.reference for answer in spread])
    several = _sent_again([answer.reference for answer in spread])
    matched, answered = [], set()
    for answer in spread:
        line = lines.get(answer.reference)
        if line is not None and answer.reference in several:
            told = f"Payout {answer.reference} was sent more than once; name the payment by its reference"
            matched.append(Matched(answer, line, Verdict.REFUSED, f"{told}: the newest is {line.reference}"))
            continue
        if line is not None and line.pk in answered and answer.outcome != Outcome.NOTED:
            matched.append(Matched(answer, line, Verdict.REFUSED, "The file answers this payment twice"))
            continue
        matched.append(Matched(answer, line, *_judge(answer, line, program, program.day(at))))
        if line is not None and answer.outcome != Outcome.NOTED:
            answered.add(line.pk)
    return matched


@needs(Right.PAY_PAYOUTS)
def record_answers(*, answers: Iterable[Answer], by: User, at: datetime) -> list[Matched]:
    """This function will enter what the bank said: what was paid leaves the balance, what came back returns to it.

    What was entered before stays as it is, so the same answer twice changes nothing. What cannot be entered is
    left out and says why in what is given back.
    """
    with transaction.atomic():
        wait_for_turn()
        return [_record(matched, by, at) for matched in match_answers(answers, at=at)]


def _record(matched: Matched, by: User, at: datetime) -> Matched:
    line, answer = matched.line, matched.answer
    if line is None or not matched.changes:
        return matched
    on = answer.on or Program.current().day(at)
    try:
        with transaction.atomic():
            if matched.verdict == Verdict.PAYS:
                pay_payout(payout=line.payout, on=on, by=by, at=at)
            else:
                reason = answer.reason or NO_REASON
                fail_payout(payout=line.payout, on=on, reason=_told(answer, reason), by=by, at=at, code=answer.code)
    except (PayoutCannotMove, ApprovalIsVoid) as refusal:
        return replace(matched, verdict=Verdict.REFUSED, text=str(refusal))
    return matched


def _told(answer: Answer, reason: str) -> str:
    return f"{answer.code}: {reason}" if answer.code else reason


def _judge(answer: Answer, line: PaymentLine | None, program: Program, today: date) -> tuple[Verdict, str]:
    """What comes of an answer to a line, and the sentence that says so."""
    if line is None:
        return Verdict.REFUSED, f"No payment of ours is called “{answer.reference}”"
    if answer.outcome == Outcome.NOTED:
        return Verdict.NOTED, answer.reason
    if answer.amount is not None and answer.amount != line.amount:
        return Verdict.REFUSED, f"The bank speaks of {show_money(answer.amount)}; {show_money(line.amount)} was sent"
    if answer.on is not None and answer.on > today:
        return Verdict.REFUSED, f"{day(answer.on)} is still to come"
    if answer.on is not None and answer.on < program.day(line.file.made_at):
        return Verdict.REFUSED, f"{day(answer.on)} is before the file was made"
    if answer.outcome == Outcome.RETURNED and answer.on and line.answered_on and answer.on < line.answered_on:
        return Verdict.REFUSED, f"{day(answer.on)} is before {day(line.answered_on)}, when it was paid"
    return _of_state(answer, LineState(line.state))


def _of_state(answer: Answer, state: LineState) -> tuple[Verdict, str]:
    if answer.outcome == Outcome.PAID:
        return {
            LineState.SENT: (Verdict.PAYS, "Will be noted as paid"),
            LineState.PAID: (Verdict.KNOWN, "Noted as paid already"),
            LineState.RETURNED: (Verdict.REFUSED, "It was noted as returned; send the payout again in another file"),
        }[state]
    reason = _told(answer, answer.reason or NO_REASON)
    if state == LineState.RETURNED:
        return Verdict.KNOWN, "Noted as returned already"
    return Verdict.RETURNS, f"Will go back to the balance. {reason}"


def _lines_of_files(messages: Sequence[str]) -> dict[str, list[str]]:
    """The references of the payments of the files that a bank names by their messages."""
    found: dict[str, list[str]] = {}
    lines = PaymentLine.objects.filter(file__message_id__in=[each for each in messages if each]).order_by("pk")
    for message, reference in lines.values_list("file__message_id", "reference"):
        found.setdefault(message, []).append(reference)
    return found


def _lines_by_reference(references: Sequence[str]) -> dict[str, PaymentLine]:
    """The newest payment of each reference; a payout's own number stands for its payment."""
    lines = PaymentLine.objects.select_related("file", "payout__partner", "payout__period").order_by("pk")
    found = {line.reference: line for line in lines.filter(reference__in=references)}
    numbers = _payouts_named(references)
    return found | {numbers[line.payout_id]: line for line in lines.filter(payout__in=numbers)}


def _sent_again(references: Sequence[str]) -> set[str]:
    """Those that are a payout's number and may mean any of its payments: one came back, another went out."""
    numbers = _payouts_named(references)
    counted = PaymentLine.objects.filter(payout__in=numbers).order_by().values_list("payout").annotate(Count("pk"))
    return {numbers[payout] for payout, count in counted if count > 1}


def _payouts_named(references: Sequence[str]) -> dict[int, str]:
    return {int(each): each for each in references if each.isascii() and each.isdecimal() and len(each) < 10}
