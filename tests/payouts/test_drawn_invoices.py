"""Invoices that the portal draws: numbered without gaps, one a payout, the same bytes for the same data."""

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from affiliates.models import Partner
from payouts.documents.render_invoice import InvoiceData, invoice_html, render_invoice
from payouts.documents.statement_data import Party
from payouts.models import InvoiceCounter, PartnerInvoice, Payout, ReferralReport
from payouts.services import draw_invoice as drawing
from payouts.services.approve_payout import approve_payout
from payouts.services.draw_invoice import InvoiceIsDrawn, draw_invoice
from payouts.services.present_invoice import InvoiceComesTooLate, InvoiceIsPresented, present_invoice
from payouts.services.present_payout import DrawnInvoice, present_payout
from payouts.services.present_report import draft_report
from tests.cast import (
    AT,
    abe,
    chargeback,
    client,
    close,
    day,
    fay,
    monthly,
    owner_of,
    program,
    record,
    the_partner,
)  # fmt: skip
from tests.payouts.finance import opened_payout, ready_payout

DATA = InvoiceData(
    number="ada-0001",
    dated_on=date(2026, 4, 2),
    period=date(2026, 3, 1),
    amount=Decimal("1234.50"),
    currency="USD",
    program="Partner program",
    company=Party("The Company, Inc.", ("2 Side Street",), "partners@company.example"),
    partner=Party("Ada Partners", ("1 Main Street",), "ada@partners.example"),
    partner_key="ada",
    tax_number="••6789 (W-9)",
    pay_to="Ada Partners, Bank account (ACH) ••6789",
    accent="#0f5c8c",
)


def draw(payout: Payout) -> PartnerInvoice:
    return draw_invoice(payout=payout, by=owner_of(payout.partner.reference), at=AT)


def test_the_same_data_makes_the_same_bytes() -> None:
    assert render_invoice(DATA) == render_invoice(DATA)
    assert render_invoice(DATA) != render_invoice(replace(DATA, amount=Decimal("1234.51")))


def test_the_document_says_all_that_an_invoice_has_to() -> None:
    text = PdfReader(BytesIO(render_invoice(DATA))).pages[0].extract_text()
    for words in (
        "Invoice", "ada-0001", "2 April 2026", "March 2026", "Ada Partners", "1 Main Street", "The Company, Inc.",
        "2 Side Street", "••6789 (W-9)", "Bank account (ACH)", "1,234.50", "USD",
    ):  # fmt: skip
        assert words in text


def test_what_is_not_on_file_is_left_out() -> None:
    page = invoice_html(replace(DATA, tax_number="", pay_to=""))
    assert "Tax number" not in page
    assert "Pay to" not in page


@pytest.mark.parametrize("name", ["<b>Ada</b> & Co", "شركاء آدا", "Ada\x00\u202e\nPartners", "A" * 200])
def test_any_name_makes_a_document(name: str) -> None:
    assert render_invoice(replace(DATA, partner=replace(DATA.partner, name=name))).startswith(b"%PDF")


@pytest.mark.django_db
def test_the_document_is_stored_once_with_its_hash() -> None:
    invoice = draw(opened_payout())
    with invoice.file.open("rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == invoice.sha256
    assert (invoice.number, invoice.amount, invoice.is_drawn) == ("ada-0001", Decimal("200.00"), True)


@pytest.mark.django_db
def test_a_payout_has_one_drawn_invoice() -> None:
    payout = opened_payout()
    draw(payout)
    with pytest.raises(InvoiceIsDrawn, match="ada-0001"):
        draw(payout)
    assert InvoiceCounter.objects.get().last == 1


@pytest.mark.django_db
def test_a_drawing_that_fails_leaves_no_gap_and_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    payout = opened_payout()

    def torn(data: InvoiceData) -> bytes:
        raise OSError("The disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(drawing, "render_invoice", torn)
        with pytest.raises(OSError, match="full"):
            present_payout(payout=payout, note="", invoice=DrawnInvoice(), by=owner_of("ada"), at=AT)
    assert not ReferralReport.objects.exists()
    assert not PartnerInvoice.objects.exists()
    assert draw(payout).number == "ada-0001"


@pytest.mark.django_db
def test_each_partner_has_its_own_numbers() -> None:
    program(client("acme"), client("brim", of="ben"), monthly("acme", "2026-03", "1000.00"))
    record(monthly("brim", "2026-03", "1000.00"))
    close("2026-03", by=fay())
    assert sorted(draw(payout).number for payout in Payout.objects.all()) == ["ada-0001", "ben-0001"]


@pytest.mark.django_db
def test_the_database_refuses_a_drawn_number_twice_and_a_document_without_its_hash() -> None:
    first = draw(opened_payout())
    record(monthly("acme", "2026-04", "1000.00"))
    close("2026-04", by=fay())
    other = Payout.objects.get(period=day("2026-04-01"))
    same = {"payout": other, "dated_on": first.dated_on, "amount": other.amount, "presented_by": owner_of("ada")}
    for broken, rule in (
        ({"number": first.number, "file": "x.pdf", "sha256": "0", "is_drawn": True}, "no_drawn_number_twice"),
        ({"number": "n", "is_drawn": True}, "a_document_has_its_hash"),
        ({"number": "n", "file": "x.pdf"}, "a_document_has_its_hash"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            PartnerInvoice.objects.create(presented_at=AT, **{**same, **broken})


@pytest.mark.django_db
def test_nothing_is_drawn_once_the_payout_is_approved() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    with pytest.raises(InvoiceComesTooLate, match="approved"):
        draw(payout)
    assert not PartnerInvoice.objects.filter(is_drawn=True).exists()


@pytest.mark.django_db
def test_the_same_invoice_is_not_presented_twice() -> None:
    payout = ready_payout()
    with pytest.raises(InvoiceIsPresented, match="A-1"):
        present_invoice(
            payout=payout, number="A-1", dated_on=day("2026-04-02"), amount=payout.amount, by=owner_of("ada"), at=AT
        )
    assert payout.partner_invoices.count() == 1


@pytest.mark.django_db
def test_the_report_tells_what_changed_against_the_month_before() -> None:
    program(
        *(client(key) for key in ("up", "down", "same", "gone")),
        *(monthly(key, "2026-02", "100.00") for key in ("up", "down", "same", "gone")),
        monthly("up", "2026-03", "150.00"),
        monthly("down", "2026-03", "50.00"),
        monthly("same", "2026-03", "100.00"),
        client("new"),
        monthly("new", "2026-03", "70.00"),
    )
    close("2026-02", by=fay())
    record(chargeback("same-2026-02-paid", "100.00", "2026-03-20"))
    close("2026-03", by=fay())
    payout = Payout.objects.get(period=day("2026-03-01"))
    lines = [
        (line["client"], line["service_month"], line["mrr_before"], line["mrr"], line["change"])
        for line in draft_report(payout)
    ]
    assert lines == [
        ("down", "2026-03", "100.00", "50.00", "down"),
        ("new", "2026-03", "0.00", "70.00", "new"),
        ("same", "2026-02", "", "0.00", "settles an earlier month"),
        ("same", "2026-03", "0.00", "100.00", "new"),
        ("up", "2026-03", "100.00", "150.00", "up"),
        ("gone", "2026-03", "100.00", "0.00", "none this month"),
    ]


@pytest.mark.django_db
def test_an_invoice_keeps_what_it_said_when_the_partner_changes() -> None:
    invoice = draw(opened_payout())
    with invoice.file.open("rb") as file:
        before = file.read()
    Partner.objects.filter(pk=the_partner("ada").pk).update(name="Another name", address="Elsewhere")
    invoice.refresh_from_db()
    with invoice.file.open("rb") as file:
        assert file.read() == before
