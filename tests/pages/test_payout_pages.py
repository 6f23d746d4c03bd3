"""Payouts as a partner meets them: what is next, what it waits for, the account, and presenting in one sitting."""

import re
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from affiliates.models import Partner, Program
from affiliates.models.partner import EndedBy
from affiliates.services.end_partnership import end_partnership
from affiliates.services.open_violation import open_violation
from commissions.models import LedgerEntry
from payouts.models import InvoiceCounter, PartnerInvoice, Payout, ReferralReport, Statement
from payouts.services.approve_payout import approve_payout
from payouts.services.hold_payout import hold_payout
from payouts.services.issue_statement import issue_statement, plan_statements
from payouts.services.settle_payout import fail_payout, pay_payout
from tests.cast import (
    AT,
    abe,
    all_rows,
    close,
    close_months,
    day,
    fay,
    monthly,
    owner_of,
    program,
    record,
    refund,
    the_partner,
)  # fmt: skip
from tests.cast import client as referred
from tests.payouts.finance import accept, opened_payout, ready_payout, settle_payee

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"
DRAWN: dict[str, object] = {"note": "Acme grew.", "how": "draw"}


def signed_in(key: str = "ada") -> Client:
    client = Client()
    client.force_login(owner_of(key))
    return client


def shown(name: str, *parts: object, key: str = "ada") -> str:
    answer = signed_in(key).get(reverse(name, args=parts))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def settled(payout: Payout) -> Payout:
    """A payout that waits for report and invoice alone."""
    accept(payout.partner)
    settle_payee(payout.partner)
    return payout


def sent(payout: Payout, **changes: object) -> dict[str, object]:
    """What a partner fills in to send an invoice of its own."""
    file = SimpleUploadedFile("../mine.exe", PDF, "text/html")
    fields = {"how": "upload", "number": "R-7", "dated_on": "2026-04-02", "amount": str(payout.amount), "file": file}
    return {**fields, **changes}


def press(payout: Payout, fields: dict[str, object], key: str = "ada") -> Any:
    return signed_in(key).post(reverse("payout_present", args=[payout.pk]), fields)


def nothing_presented() -> bool:
    return not (ReferralReport.objects.exists() or PartnerInvoice.objects.exists())


# -- The list -----------------------------------------------------------------------------------------------


def test_without_payouts_the_page_says_when_there_will_be_one() -> None:
    program()
    assert "When finance closes a month, a payout opens over your balance." in shown("payouts")


def test_the_open_payout_stands_on_top_with_what_the_partner_can_do() -> None:
    payout = settled(opened_payout())
    page = shown("payouts")
    assert "Payout of March 2026" in page
    assert "Your turn" in page
    assert "2 things are still open" in page
    assert f'href="/payouts/{payout.pk}/present/"' in page
    assert "Version 1 was accepted by Olga Owner" in page


def test_what_waits_for_the_company_is_not_the_partners_turn() -> None:
    payout = ready_payout()
    open_violation(partner=payout.partner, clause="6", evidence="A claim", notice_on=day("2027-01-01"), by=None, at=AT)
    Payout.objects.filter(pk=payout.pk).update(state="waiting")
    page = shown("payouts")
    assert "It waits for the company or for time" in page
    assert "Clause 6 is violated" in page
    assert "Your turn" not in page


def test_once_everything_is_open_finance_approves_next() -> None:
    payout = ready_payout()
    assert "Finance approves next" in shown("payouts")
    assert "Finance approves next" in shown("payout", payout.pk)
    assert "Present report" not in shown("payout", payout.pk)


def test_each_payout_stands_in_the_list_with_what_was_paid() -> None:
    payout = ready_payout()
    record(refund("acme-2026-03-paid", "250.00", "2026-04-10"))
    payout = approve_payout(payout=payout, by=abe(), at=AT)
    pay_payout(payout=payout, on=day("2027-01-02"), by=fay(), at=AT)
    page = shown("payouts")
    for words in ("200.00", "50.00", "150.00", "Paid", "2 Jan 2027"):
        assert words in page
    listed = signed_in().get(reverse("payouts"), {"format": "csv"}).getvalue().decode()
    assert listed.splitlines()[1] == "2026-03,200.00,50.00,150.00,Paid,2027-01-02"


def test_lists_cost_as_much_for_eighteen_rows_as_for_two() -> None:
    program(referred("acme"), *(monthly("acme", f"2025-{month:02}", "100.00") for month in range(6, 13)))
    record(*(monthly("acme", f"2026-{month:02}", "100.00") for month in range(1, 13)))
    close_months("2025-06", "2025-08")
    client = signed_in()
    addresses = [reverse("payouts"), reverse("account_ledger"), reverse("statements")]
    few = [_queries(client, address) for address in addresses]
    close_months("2025-09", "2026-12")
    plan_statements(month=day("2026-12-01"), at=AT)
    assert Payout.objects.count() == 18
    assert all(after <= before for before, after in zip(few, [_queries(client, url) for url in addresses], strict=True))


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


# -- The account --------------------------------------------------------------------------------------------


def test_the_account_shows_in_out_and_the_balance_after_each_entry() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    payout = pay_payout(payout=payout, on=day("2026-04-02"), by=fay(), at=AT)
    fail_payout(payout=payout, on=day("2026-04-05"), reason="Account closed", by=fay(), at=AT)
    page = shown("account_ledger")
    assert "The balance is 200.00 USD" in page
    listed = signed_in().get(reverse("account_ledger"), {"format": "csv", "sort": "date"}).getvalue().decode()
    rows = [line.split(",") for line in listed.splitlines()[1:]]
    assert [row[3:] for row in rows] == [["200.00", "", "200.00"], ["", "200.00", "0.00"], ["200.00", "", "200.00"]]


def test_the_balance_after_each_entry_goes_on_over_pages() -> None:
    program(referred("acme"), *(monthly("acme", f"2026-{month:02}", f"{month}00.00") for month in range(1, 13)))
    close_months("2026-01", "2026-12")
    ada = the_partner("ada")
    for number in range(1, 31):
        LedgerEntry.objects.create(
            key=f"more:{number}", partner=ada, kind="adjustment", amount=Decimal(number if number % 2 else -number),
            text="More", dated_on=day("2027-01-01"), recorded_at=AT,
        )  # fmt: skip
    client, balances = signed_in(), []
    for page in ("1", "2"):
        answer = client.get(reverse("account_ledger"), {"page": page}).content.decode()
        balances += re.findall(r'data-label="Balance" class="number">([^<]+)<', answer)
    newest_first = list(LedgerEntry.objects.filter(partner=ada).order_by("-dated_on", "-id"))
    read = [Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) for text in balances]
    assert len(read) == len(newest_first) == 42
    assert read[0] == ada.ledger.all().balance()
    for entry, (after, before) in zip(newest_first, pairwise(read), strict=False):
        assert after - before == entry.amount


# -- A payout ------------------------------------------------------------------------------------------------


def test_a_payout_says_what_is_withheld_and_why() -> None:
    payout = ready_payout()
    record(refund("acme-2026-03-paid", "250.00", "2026-04-10"))
    approve_payout(payout=payout, by=abe(), at=AT)
    page = shown("payout", payout.pk)
    assert "Withheld: 50.00 USD" in page
    assert "The next run takes the commission on it from your balance" in page
    assert "Refund of 250.00 to Acme Inc., 10 April 2026" in page
    assert "Finance pays next" in page


def test_a_held_payout_says_why() -> None:
    payout = ready_payout()
    hold_payout(payout=payout, reason="We ask you about Acme", by=fay(), at=AT)
    page = shown("payout", payout.pk)
    assert "Finance holds it" in page
    assert "We ask you about Acme" in page


def test_a_payout_shows_what_was_presented_its_statement_and_its_history() -> None:
    payout = ready_payout()
    plan_statements(month=day("2026-03-01"), at=AT)
    statement = Statement.objects.get()
    issue_statement(statement_id=statement.pk, at=AT)
    page = shown("payout", payout.pk)
    assert "Invoice A-1" in page
    assert "Acme Inc." in page
    assert f'href="/statements/{statement.pk}/download/"' in page
    assert f'href="/statements/{statement.pk}/download/"' in shown("statements")
    assert "Everything that it waited for is there" in page
    assert "Presented by Owner.Of.Ada" in page
    report = signed_in().get(reverse("payout_report", args=[payout.pk])).content.decode().splitlines()
    assert report[1] == "acme,Acme Inc.,2026-03,1000.00,0.00,new,200.00,posted"


NAMES = ["payout", "payout_present", "payout_invoice", "payout_report"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch", "head", "options"])
def test_another_partners_payout_is_not_there(name: str, method: str) -> None:
    payout = settled(opened_payout())
    client = signed_in("ben")
    before = all_rows()
    answer = getattr(client, method)(reverse(name, args=[payout.pk]), DRAWN if method == "post" else None)
    assert answer.status_code in {404, 405}
    assert b"March" not in answer.content
    after = all_rows()
    assert {table for table in after if after[table] != before[table]} <= {"django_session", "accounts_user"}


# -- Presenting ----------------------------------------------------------------------------------------------


def test_the_portal_draws_the_invoice_and_both_are_presented_at_once() -> None:
    payout = settled(opened_payout())
    ada = payout.partner
    ada.address = "1 Main Street\nSpringfield"
    ada.save()
    page = shown("payout_present", payout.pk)
    for words in ("ada-0001", "1 Main Street, Springfield", "Acme Inc.", "200.00 USD", "••6789"):
        assert words in page
    answer = press(payout, DRAWN)
    assert answer.headers["Location"] == reverse("payout", args=[payout.pk])
    payout.refresh_from_db()
    assert payout.state == "ready"
    assert payout.referral_report.note == "Acme grew."
    invoice = payout.partner_invoices.get()
    assert (invoice.number, invoice.amount, invoice.is_drawn) == ("ada-0001", payout.amount, True)
    document = signed_in().get(reverse("payout_invoice", args=[payout.pk]))
    assert document["Content-Disposition"].startswith('attachment; filename="ada-0001.pdf"')
    text = PdfReader(BytesIO(document.getvalue())).pages[0].extract_text()
    for words in ("Ada Partners", "1 Main Street", "ada-0001", "March 2026", "200.00", "••6789"):
        assert words in text
    assert "12-3456789" not in text
    assert "0123456789" not in text


def test_a_second_press_presents_nothing_more() -> None:
    payout = settled(opened_payout())
    press(payout, DRAWN)
    answer = signed_in().post(reverse("payout_present", args=[payout.pk]), DRAWN, follow=True)
    assert ReferralReport.objects.count() == PartnerInvoice.objects.count() == InvoiceCounter.objects.get().last == 1
    assert "Report and invoice were presented already" in answer.content.decode()


def test_a_partner_sends_its_own_invoice_under_a_name_of_ours() -> None:
    payout = settled(opened_payout())
    assert press(payout, sent(payout)).status_code == 302
    invoice = payout.partner_invoices.get()
    assert re.fullmatch(r"uploads/[0-9a-f]{32}\.pdf", invoice.file.name or "")
    assert (invoice.number, invoice.is_drawn) == ("R-7", False)
    document = signed_in().get(reverse("payout_invoice", args=[payout.pk]))
    assert document.getvalue() == PDF
    assert document["Content-Type"] == "application/pdf"
    assert document["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": "199.99"}, "for exactly this amount"),
        ({"number": " "}, "An invoice that you upload needs this"),
        ({"dated_on": "2999-01-01"}, "The date is in the future"),
        ({"file": ""}, "An invoice that you upload needs this"),
        ({"file": SimpleUploadedFile("a.pdf", b"<html>")}, "This is not a PDF file"),
        ({"file": SimpleUploadedFile("a.pdf", b"\x89PNG\r\n\x1a\n")}, "This is not a PDF file"),
        ({"file": SimpleUploadedFile("a.pdf", PDF.ljust(10 * 1024 * 1024 + 1))}, "larger than 10 MB"),
        ({"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 cut")}, "damaged or cut off"),
        ({"amount": "200,00"}, "Write the amount in figures"),
        ({"amount": "1,200.00"}, "Write the amount in figures"),
        ({"amount": "€200.00"}, "Write the amount in figures"),
        ({"amount": "200.00 USD"}, "Write the amount in figures"),
        ({"amount": "200.001"}, "Write the amount in figures"),
        ({"amount": "NaN"}, "Write the amount in figures"),
        ({"amount": "-200.00"}, "for exactly this amount"),
        ({"dated_on": "31/03/2026"}, "Write the day like 2026-03-31"),
        ({"dated_on": "2026-02-28"}, "The invoice is for March 2026"),
        ({"number": "R\u202e7"}, "Write the number in letters"),
        ({"number": "7" * 81}, "at most 80 signs"),
        ({"number": "ada-0001"}, "a number that the portal gives to invoices that it draws"),
        ({"number": " ADA - 17 "}, "a number that the portal gives to invoices that it draws"),
        ({"how": "steal"}, "Choose one that is offered"),
        ({"how": ""}, "Choose who makes the invoice"),
    ],
)
def test_what_is_wrong_with_an_invoice_is_said_and_nothing_is_presented(changes: dict[str, object], told: str) -> None:
    payout = settled(opened_payout())
    answer = press(payout, sent(payout, **changes))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert any(told in error for name in changes for error in answer.context["form"].errors[name])
    assert nothing_presented()
    payout.refresh_from_db()
    assert payout.state == "waiting"


@pytest.mark.parametrize("number", ["R-7", " r-7 ", "R - 7", "R-007"])
def test_a_number_of_another_month_is_refused_however_it_is_written(number: str) -> None:
    first = settled(opened_payout())
    press(first, sent(first))
    record(monthly("acme", "2026-04", "1000.00"))
    close("2026-04", by=fay())
    second = Payout.objects.get(period=day("2026-04-01"))
    answer = press(second, sent(second, number=number))
    assert "Invoice R-7 was presented for March 2026" in answer.content.decode()
    assert "each invoice has a number of its own" in answer.content.decode()
    assert not ReferralReport.objects.filter(payout=second).exists()


def test_the_number_is_kept_as_it_is_written_with_single_blanks() -> None:
    payout = settled(opened_payout())
    assert press(payout, sent(payout, number="  INV   2026/07 ")).status_code == 302
    assert PartnerInvoice.objects.get().number == "INV 2026/07"


def test_drawn_numbers_follow_each_other_over_months() -> None:
    first = settled(opened_payout())
    press(first, DRAWN)
    record(monthly("acme", "2026-04", "1500.00"))
    close("2026-04", by=fay())
    second = Payout.objects.get(period=day("2026-04-01"))
    page = shown("payout_present", second.pk)
    assert "ada-0002" in page
    assert 'data-label="Change">up<' in page
    press(second, DRAWN)
    assert list(PartnerInvoice.objects.order_by("id").values_list("number", flat=True)) == ["ada-0001", "ada-0002"]


def test_a_wrong_invoice_is_followed_by_the_right_one() -> None:
    payout = settled(opened_payout())
    press(payout, sent(payout))
    page = shown("payout_present", payout.pk)
    assert "Invoice R-7 is presented and its amount is right" in page
    assert "Note to the report" not in page
    press(payout, sent(payout, number="R-8"))
    assert "Invoice R-8" in shown("payout", payout.pk)


def test_after_the_approval_nothing_is_presented_any_more() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    client, address = signed_in(), reverse("payout_present", args=[payout.pk])
    assert "no longer waits" in client.get(address, follow=True).content.decode()
    told = client.post(address, sent(payout), follow=True).content.decode()
    assert "Nothing was presented" in told
    assert PartnerInvoice.objects.count() == 1


def test_after_the_end_of_the_partnership_what_was_earned_is_still_presented() -> None:
    payout = settled(opened_payout())
    today = Program.current().day(timezone.now())
    Partner.objects.filter(pk=payout.partner_id).update(joined_on=day("2025-01-01"))
    given = day("2026-04-01")
    end_partnership(
        partner=payout.partner, given_by=EndedBy.PARTNER, given_on=given, effective_on=day("2026-04-10"), reason="…",
        by=None, at=AT,
    )  # fmt: skip
    assert today > day("2026-04-10")
    press(payout, DRAWN)
    payout.refresh_from_db()
    assert payout.state == "ready"


def test_finance_downloads_the_invoice_in_the_admin_and_others_do_not() -> None:
    payout = settled(opened_payout())
    press(payout, sent(payout))
    address = reverse("admin:payouts_partnerinvoice_download", args=[payout.partner_invoices.get().pk])
    finance = Client()
    finance.force_login(fay())
    assert finance.get(address).getvalue() == PDF
    assert signed_in().get(address).status_code == 302
