"""What the bank answers: looked at first, entered once, and back in the balance where money came back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from affiliates.models import AgreementVersion, Program
from affiliates.models.payee import PayoutMethodKind
from affiliates.services.accept_agreement import publish_version
from commissions.models import LedgerEntry
from notices.models import Notice
from payouts.documents.bank_answers import Answer, AnswerUnreadable, Outcome, read_answers
from payouts.models import AccountKind, FileFormat, LineState, PaymentFile, PaymentLine
from payouts.services.approve_payout import approve_payout
from payouts.services.enter_account import enter_account
from payouts.services.hold_payout import release_payout
from payouts.services.make_payment_file import make_payment_file
from payouts.services.record_answers import Verdict, match_answers, record_answers
from payouts.services.settle_payout import fail_payout, pay_payout
from tests.cast import AT, abe, another_abe, balance, day, fay, sam
from tests.finance.ach import returned
from tests.finance.paying import IBAN, MONDAY, filed, ready_payouts

pytestmark = pytest.mark.django_db
LATER = AT.replace(month=1, day=8)
TODAY = day("2027-01-06")


def enter(*answers: Answer) -> list[Verdict]:
    return [each.verdict for each in record_answers(answers=answers, by=fay(), at=LATER)]


def paid(reference: str, on: date = TODAY) -> Answer:
    return Answer(reference, Outcome.PAID, on)


def bounced(reference: str) -> Answer:
    return Answer(reference, Outcome.RETURNED, TODAY, "R02", "Account closed")


def states(file: PaymentFile) -> list[str]:
    return [line.state for line in file.lines.all()]


def test_what_is_paid_leaves_the_balance_and_the_same_answer_again_changes_nothing() -> None:
    line = filed("ada").lines.get()
    assert enter(paid(line.reference)) == [Verdict.PAYS]
    entries = LedgerEntry.objects.count()
    assert balance("ada") == 0
    assert enter(paid(line.reference)) == [Verdict.KNOWN]
    assert LedgerEntry.objects.count() == entries
    line.refresh_from_db()
    assert (line.state, line.answered_on, line.answered_by) == ("paid", TODAY, fay())


def test_a_return_brings_the_money_back_and_the_payout_goes_into_another_file() -> None:
    file = filed("ada", "ben")
    line = file.lines.get(payout__partner__reference="ada")
    enter(*(paid(each.reference) for each in file.lines.all()))
    answers = read_answers(returned(line.reference, code="R02").encode())
    assert answers == [
        Answer(line.reference, Outcome.RETURNED, TODAY, "R02", "Account closed", Decimal("200.00")),
    ]
    assert enter(*answers) == [Verdict.RETURNS]
    assert (balance("ada"), balance("ben")) == (Decimal("200.00"), Decimal("0.00"))
    assert enter(*answers) == [Verdict.KNOWN]
    line.refresh_from_db()
    assert (line.state, line.code, line.reason) == ("returned", "R02", "R02: Account closed")
    assert Notice.objects.filter(key__startswith=f"payout:{line.payout_id}", body__contains="Account closed").exists()
    payout = release_payout(payout=line.payout, by=fay(), at=LATER)
    approve_payout(payout=payout, by=another_abe(), at=LATER)
    second = make_payment_file(
        file_format=FileFormat.NACHA, payouts=[payout.pk], value_date=day("2027-01-11"), by=fay(), at=LATER
    )
    assert second.lines.get().reference != line.reference
    assert enter(paid(second.lines.get().reference, day("2027-01-08"))) == [Verdict.PAYS]
    assert balance("ada") == 0


def test_a_return_before_the_payment_was_noted_writes_nothing_into_the_ledger() -> None:
    line = filed("ada").lines.get()
    entries = LedgerEntry.objects.count()
    assert enter(bounced(line.reference)) == [Verdict.RETURNS]
    line.payout.refresh_from_db()
    assert (line.payout.state, LedgerEntry.objects.count(), balance("ada")) == ("failed", entries, Decimal("200.00"))


def test_after_a_return_the_same_payment_cannot_be_paid() -> None:
    line = filed("ada").lines.get()
    enter(bounced(line.reference))
    assert enter(paid(line.reference)) == [Verdict.REFUSED]
    assert balance("ada") == Decimal("200.00")


def test_what_changed_after_the_file_does_not_undo_what_the_bank_did() -> None:
    line = filed("ada").lines.get()
    publish_version(number="2", title="Terms", text="…", by=None, at=AT)
    assert AgreementVersion.objects.count() == 2
    assert enter(paid(line.reference)) == [Verdict.PAYS]
    assert balance("ada") == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("nobody", Outcome.PAID, TODAY), "No payment of ours is called “nobody”"),
        (Answer("{}", Outcome.PAID, day("2027-01-09")), "is still to come"),
        (Answer("{}", Outcome.PAID, day("2026-12-31")), "is before the file was made"),
        (Answer("{}", Outcome.RETURNED, TODAY, "R02", "", Decimal("5.00")), "The bank speaks of 5.00; 200.00 was sent"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_moves_nothing(answer: Answer, said: str) -> None:
    line = filed("ada").lines.get()
    fitted = replace(answer, reference=answer.reference.format(line.reference))
    (matched,) = record_answers(answers=[fitted], by=fay(), at=LATER)
    assert matched.verdict == Verdict.REFUSED
    assert said in matched.text
    assert (states(line.file), balance("ada")) == (["sent"], Decimal("200.00"))


def test_a_csv_names_payouts_by_number_or_reference_and_the_good_ones_are_entered() -> None:
    file = filed("ada", "ben")
    one, two = file.lines.all()
    text = (
        "payout,status,date,reason\r\n"
        f"{one.payout_id},paid,2027-01-06,\r\n"
        f"{two.reference},returned,2027-01-06,No such account\r\n"
        "P9-9,paid,2027-01-06,\r\n"
    )
    matched = record_answers(answers=read_answers(text.encode()), by=fay(), at=LATER)
    assert [each.verdict for each in matched] == [Verdict.PAYS, Verdict.RETURNS, Verdict.REFUSED]
    assert states(file) == ["paid", "returned"]


def test_a_payment_that_a_file_answers_twice_is_entered_once() -> None:
    line = filed("ada").lines.get()
    assert enter(paid(line.reference), bounced(line.reference)) == [Verdict.PAYS, Verdict.REFUSED]
    assert states(line.file) == ["paid"]


def test_a_notice_of_change_is_shown_and_changes_nothing() -> None:
    line = filed("ada").lines.get()
    (answer,) = read_answers(returned(line.reference, code="C01", said="00720002").encode())
    (matched,) = record_answers(answers=[answer], by=fay(), at=LATER)
    assert matched.verdict == Verdict.NOTED
    assert "correct the details: 00720002" in matched.text
    assert states(line.file) == ["sent"]


PAIN_002 = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>B1</MsgId><CreDtTm>2027-01-06T09:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId>{transfers}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
TRANSFER = (
    "<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
    "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed</AddtlInf></StsRsnInf></TxInfAndSts>"
)


def sepa_file() -> PaymentFile:
    Program.objects.update(currency="EUR")
    enter_account(kind=AccountKind.SEPA, holder="Example GmbH", details=IBAN, by=fay(), at=AT)
    payouts = ready_payouts("ada", "ben", kind=PayoutMethodKind.IBAN)
    done = [approve_payout(payout=each, by=abe(), at=AT) for each in payouts]
    return make_payment_file(
        file_format=FileFormat.SEPA, payouts=[each.pk for each in done], value_date=MONDAY, by=fay(), at=AT
    )


def test_a_status_report_says_of_each_transfer_what_became_of_it() -> None:
    file = sepa_file()
    one, two = file.lines.all()
    transfers = TRANSFER.format(reference=one.reference, status="ACSC") + TRANSFER.format(
        reference=two.reference, status="RJCT"
    )
    text = PAIN_002.format(message=file.message_id, group="PART", transfers=transfers)
    assert enter(*read_answers(text.encode())) == [Verdict.PAYS, Verdict.RETURNS]
    two.refresh_from_db()
    assert (two.code, two.reason) == ("AC04", "AC04: Closed")


def test_a_status_report_of_the_whole_file_answers_all_of_it() -> None:
    file = sepa_file()
    text = PAIN_002.format(message=file.message_id, group="RJCT", transfers="")
    assert enter(*read_answers(text.encode())) == [Verdict.RETURNS, Verdict.RETURNS]
    assert states(file) == ["returned", "returned"]


def test_what_is_under_way_is_shown_and_changes_nothing() -> None:
    file = sepa_file()
    transfers = TRANSFER.format(reference=file.lines.all()[0].reference, status="ACSP")
    text = PAIN_002.format(message=file.message_id, group="ACSP", transfers=transfers)
    assert enter(*read_answers(text.encode())) == [Verdict.NOTED]


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
UNREADABLE = [
    (b"\xff\xfe\x00", "no text"),
    (b"<a", "no XML"),
    (BOMB.encode(), "no XML"),
    (b"<a/>", "says nothing of any payment"),
    (b"payout,status\n1,paid\n", "date is missing"),
    (b"payout,status,date\n1,sent,2027-01-01\n", "Line 2: the status is"),
    (b"payout,status,date\n1,paid,yesterday\n", "Line 2: “yesterday” is no day"),
    (b"101 short\n", "a record of a NACHA file has 94"),
]


@pytest.mark.parametrize(("content", "said"), UNREADABLE)
def test_a_file_that_cannot_be_read_says_where(content: bytes, said: str) -> None:
    with pytest.raises(AnswerUnreadable, match=said):
        read_answers(content)


def test_looking_changes_nothing_and_costs_the_same_for_many() -> None:
    file = filed("ada", "ben")
    matched = match_answers([paid(each.reference) for each in file.lines.all()], at=LATER)
    assert [each.verdict for each in matched] == [Verdict.PAYS] * 2
    assert states(file) == ["sent", "sent"]


def test_paying_and_failing_by_hand_keep_the_line_with_the_payout() -> None:
    line = filed("ada").lines.get()
    pay_payout(payout=line.payout, on=TODAY, by=fay(), at=LATER)
    line.refresh_from_db()
    assert line.state == LineState.PAID
    fail_payout(payout=line.payout, on=TODAY, reason="Came back", by=fay(), at=LATER)
    line.refresh_from_db()
    assert line.state == LineState.RETURNED
    assert AuditEntry.objects.filter(subject=f"payment file {line.file_id}").count() == 3


def test_who_may_not_pay_enters_nothing() -> None:
    line = filed("ada").lines.get()
    with pytest.raises(NotPermitted):
        record_answers(answers=[paid(line.reference)], by=sam(), at=LATER)
    assert PaymentLine.objects.get().state == LineState.SENT
