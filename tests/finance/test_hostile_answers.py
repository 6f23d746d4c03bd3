"""What a bank's answer must not do: break the page, be entered twice, or change another payment."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from payouts.documents.bank_answers import Answer, AnswerUnreadable, Outcome, read_answers
from payouts.models import FileFormat, LineState, PaymentLine
from payouts.services.approve_payout import approve_payout
from payouts.services.hold_payout import release_payout
from payouts.services.make_payment_file import make_payment_file
from payouts.services.record_answers import Verdict, record_answers
from tests.cast import AT, abe, another_abe, balance, day, fay
from tests.finance.pages import signed_in, text_of
from tests.finance.paying import filed

pytestmark = pytest.mark.django_db
LATER = AT.replace(month=1, day=8)
HEADER = "payout,status,date,reason\r\n"


def sent(name: str, *arguments: object, **fields: object) -> Any:
    with time_machine.travel(AT, tick=False):
        return signed_in(fay()).post(reverse(name, args=arguments), fields)


def entered(text: str) -> list[Verdict]:
    return [each.verdict for each in record_answers(answers=read_answers(text.encode()), by=fay(), at=LATER)]


HOSTILE = {
    "a first line of one huge cell": b"x" * 200_000,
    "a huge cell": (HEADER + "1,paid,2027-01-06," + "x" * 200_000).encode(),
    "a NUL": (HEADER + "P1\x00,returned,2027-01-06,a\x00b").encode(),
    "bytes": bytes(range(256)) * 100,
    "Latin 1": (HEADER + "1,paid,2027-01-06,Müller").encode("latin-1"),
    "UTF-16": HEADER.encode("utf-16"),
    "lines without cells": (HEADER + "1\r\n,,\r\n").encode(),
    "an entity of a file": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "elements without end": b"<a>" * 50_000,
    "a NACHA file in other letters": ("101" + "é" * 91 + "\n799R02").encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_none_is_told_on_its_page(content: bytes) -> None:
    answer = sent("staff_bank_answer", file=SimpleUploadedFile("answer", content))
    assert answer.status_code == 422
    assert "One thing has to be put right" in text_of(answer)
    with pytest.raises(AnswerUnreadable):
        read_answers(content)


def test_a_message_quotes_no_more_than_a_few_words_of_a_cell() -> None:
    with pytest.raises(AnswerUnreadable) as refused:
        read_answers((HEADER + f"1,{'p' * 5000},2027-01-06,").encode())
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize("key", ["9" * 5000, "9" * 30, "\N{ARABIC-INDIC DIGIT THREE}", "-1", "x"])
def test_keys_that_are_none_choose_nothing(key: str) -> None:
    file = filed("ada")
    answer = sent("staff_payment_file_answer", file.pk, chosen=key, outcome="paid", on="2027-01-01")
    assert answer.status_code == 422
    assert sent("staff_payment_file_new", "nacha", chosen=key, value_date="2027-01-04").status_code == 409
    assert PaymentLine.objects.get().state == LineState.SENT


@pytest.mark.parametrize(
    ("name", "field"),
    [("staff_adjustment_new", "partner"), ("staff_problem_new", "client"), ("staff_payouts_approve", "chosen")],
)
def test_an_address_that_names_no_row_is_answered(name: str, field: str) -> None:
    with time_machine.travel(AT, tick=False):
        answer = signed_in(abe(), confirmed=True).get(reverse(name), {field: "9" * 5000})
    assert answer.status_code in (200, 302)


def test_rows_of_another_file_are_not_answered_at_this_one() -> None:
    file = filed("ada")
    answer = sent("staff_payment_file_answer", file.pk + 1, chosen=PaymentLine.objects.get().pk, outcome="paid")
    assert answer.status_code == 404
    assert PaymentLine.objects.get().state == LineState.SENT


def test_money_does_not_come_back_before_it_was_paid() -> None:
    line = filed("ada").lines.get()
    assert entered(f"{HEADER}{line.reference},paid,2027-01-07,") == [Verdict.PAYS]
    assert entered(f"{HEADER}{line.reference},returned,2027-01-06,Closed") == [Verdict.REFUSED]
    assert balance("ada") == 0
    assert entered(f"{HEADER}{line.reference},returned,2027-01-07,Closed") == [Verdict.RETURNS]


def test_a_list_that_came_before_does_not_answer_the_payment_that_was_sent_since() -> None:
    first = filed("ada").lines.get()
    text = f"{HEADER}{first.payout_id},returned,2027-01-08,Closed"
    assert entered(text) == [Verdict.RETURNS]
    payout = release_payout(payout=first.payout, by=fay(), at=LATER)
    approve_payout(payout=payout, by=another_abe(), at=LATER)
    second = make_payment_file(
        file_format=FileFormat.NACHA, payouts=[payout.pk], value_date=day("2027-01-11"), by=fay(), at=LATER
    ).lines.get()
    (again,) = record_answers(answers=read_answers(text.encode()), by=fay(), at=LATER)
    assert again.verdict == Verdict.REFUSED
    assert f"the newest is {second.reference}" in again.text
    second.refresh_from_db()
    assert second.state == LineState.SENT
    assert entered(f"{HEADER}{first.reference},returned,2027-01-08,Closed") == [Verdict.KNOWN]


REPORT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><CreDtTm>2027-01-06T09:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts>{payment}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
WHY = "<StsRsnInf><Rsn><{kind}>{code}</{kind}></Rsn></StsRsnInf>"
Reads = Callable[[str, str], list[Answer]]


def read(group: str, payment: str) -> list[Answer]:
    return read_answers(REPORT.format(group=group, payment=payment).encode())


def test_the_state_of_the_payments_tells_more_than_that_of_the_message() -> None:
    """A bank takes the message (ACCP), and refuses what is in it."""
    why = WHY.format(kind="Cd", code="AM04")
    (answer,) = read("<GrpSts>ACCP</GrpSts>", f"<PmtInfSts>RJCT</PmtInfSts>{why}")
    assert (answer.reference, answer.outcome, answer.code, answer.is_message) == ("M1", Outcome.RETURNED, "AM04", True)


def test_a_code_of_something_else_is_no_reason() -> None:
    kept = "<OrgnlTxRef><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf></OrgnlTxRef>"
    why = WHY.format(kind="Prtry", code="X1")
    transfer = f"<TxInfAndSts><OrgnlEndToEndId>P1-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>{why}{kept}</TxInfAndSts>"
    (answer,) = read("", transfer)
    assert (answer.reference, answer.code, answer.reason) == ("P1-1", "", "Refused by the bank")
