"""Payment files: what is in them, who can be, and that nobody is paid by two."""

import csv
import hashlib
from decimal import Decimal
from io import StringIO
from xml.etree import ElementTree

import pytest
from achkit import validate
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from accounts.sealed import DetailsUnreadable
from affiliates.models import Program
from affiliates.models.payee import PayoutMethodKind
from payouts.models import AccountKind, FileFormat, PaymentFile, PaymentLine, Payout
from payouts.services.approve_payout import approve_payout
from payouts.services.enter_account import enter_account
from payouts.services.hold_payout import cancel_payout, hold_payout
from payouts.services.make_payment_file import FileRefused, make_payment_file, take_payment_file
from payouts.services.move_payout import PayoutIsInFile
from payouts.services.refresh_payout import refresh_payout, refresh_payouts
from tests.cast import AT, abe, balance, day, fay, pam, sam
from tests.finance.ach import read_ach
from tests.finance.paying import (
    ACCOUNT,
    IBAN,
    MONDAY,
    approved_payouts,
    change_method,
    filed,
    nacha_file,
    own_account,
    payee,
    ready_payouts,
)

pytestmark = pytest.mark.django_db
F = FileFormat


def content(file: PaymentFile) -> str:
    return take_payment_file(file=file, by=fay(), at=AT)


def make(file_format: FileFormat, *payouts: Payout) -> PaymentFile:
    keys = [payout.pk for payout in payouts]
    return make_payment_file(file_format=file_format, payouts=keys, value_date=MONDAY, by=fay(), at=AT)


def approved_to(kind: PayoutMethodKind, details: str = "") -> Payout:
    payout = ready_payouts("ada")[0]
    payee("ada", kind, details)
    refreshed = Payout.objects.get(pk=payout.pk)
    later = AT.replace(year=2028)  # Changed details hold payouts for 72 hours.
    return approve_payout(payout=refresh_payout(payout_id=refreshed.pk, at=later), by=abe(), at=later)


def test_a_nacha_file_says_who_gets_how_much_and_two_readers_accept_it() -> None:
    file = filed("ada", "ben")
    text = content(file)
    (batch,) = read_ach(text)
    assert validate(text) == {"ok": True, "errors": []}
    assert (batch.kind, batch.value_date) == ("CCD", "270104")
    assert [(each.code, each.name, each.routing, each.account, str(each.amount)) for each in batch.entries] == [
        ("22", "ADA PARTNERS", "011401533", "00720001", "200.00"),
        ("22", "BEN PARTNERS", "011401533", "00720001", "200.00"),
        ("27", "EXAMPLE COMPANY", "021000021", "000123456789", "400.00"),
    ]
    assert (file.count, file.total, file.currency) == (2, Decimal("400.00"), "USD")
    assert file.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert [line.reference for line in file.lines.all()] == [each.trace for each in batch.entries[:2]]


def test_persons_and_companies_are_paid_by_batches_of_their_own() -> None:
    own_account()
    text = content(nacha_file(*approved_payouts("ada", "ben", "cleo", persons=("ben",))))
    assert [(batch.kind, len(batch.entries)) for batch in read_ach(text)] == [("PPD", 2), ("CCD", 3)]
    assert validate(text)["ok"]
    traces = [each.trace for batch in read_ach(text) for each in batch.entries]
    assert traces == sorted(set(traces))


def test_a_savings_account_is_credited_as_one() -> None:
    own_account()
    payout = approved_to(PayoutMethodKind.ACH, "savings 011401533 00720001")
    text = content(make(F.NACHA, payout))
    (batch,) = read_ach(text)
    assert [(each.code, each.routing, each.account) for each in batch.entries] == [
        ("32", "011401533", "00720001"),
        ("27", "021000021", "000123456789"),
    ]
    assert validate(text) == {"ok": True, "errors": []}
    assert payout.partner.payout_methods.current().get().masked_details == "savings ••0001"


def test_the_files_of_a_day_are_told_apart_and_no_trace_comes_again() -> None:
    own_account()
    payouts = approved_payouts("ada", "ben")
    first, second = nacha_file(payouts[0]), nacha_file(payouts[1])
    assert [content(each)[33] for each in (first, second)] == ["A", "B"]
    traces = [entry.trace for each in (first, second) for batch in read_ach(content(each)) for entry in batch.entries]
    assert len(set(traces)) == len(traces) == 4


def test_a_payout_is_in_one_file() -> None:
    own_account()
    payouts = approved_payouts("ada", "ben")
    first = nacha_file(payouts[0])
    with pytest.raises(FileRefused, match=f"Ada Partners: the payout of 2026-03 is in payment file {first.pk}"):
        nacha_file(*payouts)
    assert PaymentFile.objects.count() == PaymentLine.objects.count() == 1
    nacha_file(payouts[1])


def test_the_database_refuses_a_payout_in_two_files() -> None:
    file = filed("ada")
    line = file.lines.get()
    line.pk, line.reference = None, "another"
    with pytest.raises(IntegrityError, match="a_payout_is_in_one_payment_file"), transaction.atomic():
        line.save()


def test_only_what_is_approved_is_paid() -> None:
    own_account()
    payout = ready_payouts("ada")[0]
    with pytest.raises(FileRefused, match="is ready; only an approved one is paid"):
        nacha_file(payout)
    with pytest.raises(FileRefused, match="choose at least one"):
        nacha_file()
    assert PaymentFile.objects.count() == 0


def test_bank_details_that_changed_since_the_approval_stop_the_file() -> None:
    own_account()
    payout = approved_payouts("ada")[0]
    change_method("ada")
    with pytest.raises(FileRefused, match="the approval is void"):
        nacha_file(payout)
    assert PaymentFile.objects.count() == 0


def test_a_method_that_the_format_cannot_pay_is_refused() -> None:
    own_account()
    with pytest.raises(FileRefused, match="cannot pay"):
        make(F.NACHA, approved_to(PayoutMethodKind.PAYPAL))


def test_an_account_that_cannot_be_read_is_refused() -> None:
    own_account()
    with pytest.raises(FileRefused, match="The account of Ada Partners is no routing number"):
        make(F.NACHA, approved_to(PayoutMethodKind.ACH, "0123456789"))
    assert PaymentFile.objects.count() == 0


@pytest.mark.parametrize(
    ("on", "match"), [("2026-12-31", "is over"), ("2027-01-02", "is a Saturday: .* The next day is 4 January 2027")]
)
def test_the_value_date_is_a_day_on_which_banks_work(on: str, match: str) -> None:
    own_account()
    payout = approved_payouts("ada")[0]
    with pytest.raises(FileRefused, match=match):
        make_payment_file(file_format=F.NACHA, payouts=[payout.pk], value_date=day(on), by=fay(), at=AT)


def test_without_the_companys_account_there_is_no_file() -> None:
    payout = approved_payouts("ada")[0]
    with pytest.raises(FileRefused, match="own account is not known"):
        nacha_file(payout)


def test_sepa_is_for_programs_in_euro() -> None:
    payout = approved_to(PayoutMethodKind.IBAN)
    with pytest.raises(FileRefused, match="SEPA carries EUR alone, and this program pays in USD"):
        make(F.SEPA, payout)
    Program.objects.update(currency="EUR")
    enter_account(kind=AccountKind.SEPA, holder="Exämple GmbH", details=IBAN, bic="COBADEFFXXX", by=fay(), at=AT)
    file = make(F.SEPA, payout)
    root = ElementTree.fromstring(content(file))
    said = {each.tag.rpartition("}")[2]: each.text for each in root.iter()}
    assert said["NbOfTxs"] == "1"
    assert said["InstdAmt"] == said["CtrlSum"] == "200.00"
    assert said["EndToEndId"] == file.lines.get().reference == f"P{payout.pk}-1"
    assert said["Nm"] == "Ada Partners"
    assert said["MsgId"] == file.message_id


def test_paypals_file_has_its_columns_and_no_header() -> None:
    payout = approved_to(PayoutMethodKind.PAYPAL)
    rows = list(csv.reader(StringIO(content(make(F.PAYPAL, payout)))))
    assert rows == [["pay@ada.example", "200.00", "USD", f"P{payout.pk}-1", "Partner commission March 2026", "PAYPAL"]]


def test_wises_file_has_its_columns() -> None:
    payout = approved_to(PayoutMethodKind.IBAN)
    header, row = csv.reader(StringIO(content(make(F.WISE, payout))))
    told = dict(zip(header, row, strict=True))
    assert told["IBAN"] == IBAN
    assert (told["amount"], told["sourceCurrency"], told["targetCurrency"]) == ("200.00", "USD", "EUR")
    assert told["receiverType"] == "INSTITUTION"


def test_an_address_that_a_spreadsheet_takes_for_a_formula_is_refused() -> None:
    payout = approved_to(PayoutMethodKind.PAYPAL, "=cmd@ada.example")
    with pytest.raises(FileRefused, match="take that for a formula"):
        make(F.PAYPAL, payout)


def test_what_is_with_the_bank_is_not_held_cancelled_or_made_void() -> None:
    file = filed("ada")
    payout = file.lines.get().payout
    for step in (hold_payout, cancel_payout):
        with pytest.raises(PayoutIsInFile, match=f"is in payment file {file.pk}"):
            step(payout=payout, reason="A question", by=fay(), at=AT)
    change_method("ada")
    assert refresh_payouts(at=AT) == 0
    assert refresh_payout(payout_id=payout.pk, at=AT).state == "approved"


def test_the_file_lies_sealed_and_whoever_takes_it_is_noted() -> None:
    file = filed("ada")
    with file.file.open("rb") as stored:
        assert b"00720001" not in stored.read()
    assert "00720001" in content(file)
    assert AuditEntry.objects.filter(action="payment file taken", by=fay()).count() == 1


def test_a_file_that_was_changed_in_the_storage_is_not_given_out() -> None:
    file = filed("ada")
    other = nacha_file(*[approve_payout(payout=each, by=abe(), at=AT) for each in ready_payouts("ben", month="2026-04")
                         if each.partner.reference == "ben"])  # fmt: skip
    file.file.name = other.file.name
    with pytest.raises(DetailsUnreadable):
        content(file)


def test_who_may_not_pay_makes_and_takes_nothing() -> None:
    file = filed("ada")
    for somebody in (sam(), pam()):
        with pytest.raises(NotPermitted):
            take_payment_file(file=file, by=somebody, at=AT)
        with pytest.raises(NotPermitted):
            make_payment_file(file_format=F.NACHA, payouts=[], value_date=MONDAY, by=somebody, at=AT)
        with pytest.raises(NotPermitted):
            enter_account(kind=AccountKind.ACH, holder="Me", details=ACCOUNT, by=somebody, at=AT)
    assert balance("ada") == Decimal("200.00")
