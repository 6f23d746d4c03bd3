"""Finance's pages of payment files: made once, taken with a note of it, answered after a look."""

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from payouts.models import PayingAccount, PaymentFile, PaymentLine, Payout
from tests.cast import AT, abe, fay, pam
from tests.finance.ach import read_ach, returned
from tests.finance.pages import page, send, signed_in, text_of
from tests.finance.paying import approved_payouts, change_method, filed, own_account

pytestmark = pytest.mark.django_db

ACCOUNT = {
    "holder": "Example Company", "bank": "First Bank", "company_id": "1123456789", "routing": "021000021",
    "account": "000123456789",
}  # fmt: skip


def sent(name: str, *arguments: object, **fields: object) -> Any:
    with time_machine.travel(AT, tick=False):
        return signed_in(fay(), confirmed=name == "staff_paying_account").post(
            reverse(name, args=arguments), fields, follow=True
        )


def make(payouts: list[Payout], value_date: str = "2027-01-04") -> Any:
    return sent("staff_payment_file_new", "nacha", chosen=[each.pk for each in payouts], value_date=value_date)


def upload(text: str, name: str = "answer.txt") -> Any:
    return sent("staff_bank_answer", file=SimpleUploadedFile(name, text.encode()))


def test_approved_payouts_become_a_file_that_is_taken_to_the_bank() -> None:
    own_account()
    payouts = approved_payouts("ada", "ben")
    assert "ACH (NACHA) 2 payouts over 400.00 USD" in text_of(page(fay(), "staff_payment_files"))
    text = text_of(make(payouts))
    file = PaymentFile.objects.get()
    assert f"Payment file {file.pk} is made: 2 payments over 400.00 USD" in text
    assert file.sha256 in text
    taken = sent("staff_payment_file_take", file.pk)
    assert taken["Content-Disposition"] == f'attachment; filename="payments-{file.pk}.ach"'
    assert len(read_ach(taken.content.decode())[0].entries) == 3
    assert AuditEntry.objects.filter(action="payment file taken", by=fay()).count() == 1
    assert page(fay(), "staff_payment_file_take", file.pk).status_code == 405


def test_the_button_pressed_twice_makes_one_file_and_leads_to_it() -> None:
    own_account()
    payouts = approved_payouts("ada")
    make(payouts)
    answer = make(payouts)
    file = PaymentFile.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("staff_payment_file", args=[file.pk])
    assert "These payouts are in this file already; Fay made it" in text_of(answer)


def test_a_refused_file_says_why_for_each_payout() -> None:
    own_account()
    payouts = approved_payouts("ada", "ben")
    change_method("ada")
    answer = make(payouts)
    assert answer.status_code == 409
    assert "No file was made. Ada Partners: the approval is void" in text_of(answer)
    assert PaymentFile.objects.count() == 0


def test_without_an_account_the_way_out_is_named() -> None:
    approved_payouts("ada")
    assert "enter it among the paying accounts" in text_of(page(fay(), "staff_payment_files"))


def test_the_companys_account_is_entered_once_one_has_said_who_one_is() -> None:
    wrong = sent("staff_paying_account", "ach", **ACCOUNT | {"routing": "021000022"})
    assert "No bank has this routing number" in text_of(wrong)
    sent("staff_paying_account", "ach", **ACCOUNT)
    account = PayingAccount.objects.get()
    assert (account.masked_details, account.read_details()) == ("••6789", "021000021 000123456789")
    text = text_of(page(fay(), "staff_paying_accounts"))
    assert "••6789" in text
    assert "000123456789" not in text


def test_payments_are_answered_by_hand() -> None:
    file = filed("ada", "ben")
    one, two = file.lines.all()
    text = text_of(sent("staff_payment_file_answer", file.pk, chosen=[one.pk], outcome="paid", on="2027-01-01"))
    assert "Entered: 1 paid" in text
    missing = sent("staff_payment_file_answer", file.pk, chosen=[two.pk], outcome="returned", on="2027-01-01")
    assert "Say why it came back" in text_of(missing)
    sent("staff_payment_file_answer", file.pk, everything="yes", outcome="returned", on="2027-01-01", code="R03",
         reason="No account")  # fmt: skip
    assert list(PaymentLine.objects.order_by("pk").values_list("state", flat=True)) == ["paid", "returned"]
    assert "Tick the payments" in text_of(sent("staff_payment_file_answer", file.pk, outcome="paid", on="2027-01-01"))


def test_a_banks_file_is_shown_before_it_is_entered() -> None:
    line = filed("ada").lines.get()
    answer = upload(returned(line.reference, on="270101"))
    text = text_of(answer)
    assert "Will go back to the balance. R02: Account closed" in text
    assert PaymentLine.objects.get().state == "sent"
    packed = answer.content.decode().split('name="answers" value="')[1].split('"')[0]
    assert "Entered: 1 returned" in text_of(sent("staff_bank_answer", answers=packed))
    assert PaymentLine.objects.get().state == "returned"
    assert "Entered: 1 known already" in text_of(sent("staff_bank_answer", answers=packed))
    assert "Noted as returned already" in text_of(upload(returned(line.reference, on="270101")))


def test_what_was_not_packed_here_is_not_entered() -> None:
    line = filed("ada").lines.get()
    text = text_of(sent("staff_bank_answer", answers=f"[{line.reference}]"))
    assert "The page was too old" in text
    assert PaymentLine.objects.get().state == "sent"


def test_a_file_that_cannot_be_read_says_so() -> None:
    answer = upload("hello")
    assert answer.status_code == 422
    assert "payout is missing" in text_of(answer)


def test_who_has_the_file_in_hand_sees_what_changed_since() -> None:
    file = filed("ada")
    change_method("ada")
    assert "Since the file was made:" in text_of(page(fay(), "staff_payment_file", file.pk))


def test_lists_cost_the_same_for_one_and_for_many() -> None:
    with time_machine.travel(AT, tick=False):
        browser = signed_in(fay())

    def cost(file: PaymentFile) -> int:
        with CaptureQueriesContext(connection) as queries, time_machine.travel(AT, tick=False):
            assert browser.get(reverse("staff_payment_file", args=[file.pk])).status_code == 200
        return len(queries)

    file = filed("ada", *(f"p{number}" for number in range(10)))
    many = cost(file)
    PaymentLine.objects.exclude(payout__partner__reference="ada").update(file=one_more(file))
    assert cost(file) == many


def one_more(file: PaymentFile) -> PaymentFile:
    return PaymentFile.objects.create(
        format=file.format,
        value_date=file.value_date,
        currency="USD",
        count=1,
        total=1,
        file="x",
        sha256="y",
        made_at=AT,
    )


@pytest.mark.parametrize("name", ["staff_payment_file_take", "staff_payment_file_answer"])
def test_a_manager_sees_files_and_does_nothing_with_them(name: str) -> None:
    file = filed("ada")
    assert page(pam(), "staff_payment_file", file.pk).status_code == 200
    assert "Take the file" not in text_of(page(pam(), "staff_payment_file", file.pk))
    assert send(pam(), name, file.pk).status_code == 403
    assert page(abe(), "staff_payment_file", file.pk).status_code == 200
