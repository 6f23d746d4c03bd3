"""Payments at the same moment: a payout is in one file, approved once, and answered once, whoever else presses."""

from payouts.documents.bank_answers import Answer, Outcome
from payouts.models import PaymentFile, PaymentLine, Payout
from payouts.services.approve_payouts import ApprovalStopped, approve_payouts, look_at
from payouts.services.make_payment_file import FileRefused
from payouts.services.record_answers import Verdict, record_answers
from tests.cast import AT, abe, balance, day, fay
from tests.conftest import Databases
from tests.finance.paying import approved_payouts, filed, nacha_file, own_account, ready_payouts
from tests.races.test_of_eight_one_wins import all_at_once, failures


def test_eight_make_a_file_of_the_same_payouts_and_one_wins(real_db: Databases) -> None:
    own_account()
    payouts = approved_payouts("ada", "ben")
    outcomes = all_at_once(lambda: nacha_file(*payouts))
    assert failures(outcomes) == [FileRefused] * 7
    assert (PaymentFile.objects.count(), PaymentLine.objects.count()) == (1, 2)


def test_eight_approve_what_they_saw_and_one_wins(real_db: Databases) -> None:
    payouts, by = ready_payouts("ada", "ben"), abe()
    seen = {look.payout.pk: look.content for look in look_at(payouts, by=by, at=AT)}
    outcomes = all_at_once(lambda: approve_payouts(seen=seen, by=by, at=AT))
    assert failures(outcomes) == [ApprovalStopped] * 7
    assert [payout.steps.filter(state="approved").count() for payout in Payout.objects.all()] == [1, 1]


def test_eight_enter_the_same_answer_and_it_is_entered_once(real_db: Databases) -> None:
    line, by = filed("ada").lines.get(), fay()
    answers = [Answer(line.reference, Outcome.PAID, day("2027-01-01"))]
    outcomes = all_at_once(lambda: record_answers(answers=answers, by=by, at=AT)[0].verdict)
    assert sorted(str(each) for each in outcomes) == [Verdict.KNOWN] * 7 + [Verdict.PAYS]
    assert balance("ada") == 0
