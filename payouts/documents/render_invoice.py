"""Print the invoice of a partner that the portal draws for it, as a PDF that is the same bytes each time."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.template import Context, Engine

from parts.formats import day, money, month_name, plain
from parts.paper import BASE, print_pdf, safe_accent
from payouts.documents.render_statement import party
from payouts.documents.statement_data import Party

CSS = Path(__file__).with_name("invoice.css")
TEMPLATE = "payouts/invoice_paper.html"
ENGINE = Engine(dirs=[str(BASE / "templates")], autoescape=True)


@dataclass(frozen=True, slots=True)
class InvoiceData:
    """What an invoice says; `tax_number` and `pay_to` are masked, and empty where nothing is on file."""

    number: str
    dated_on: date
    period: date
    amount: Decimal
    currency: str
    program: str
    company: Party
    partner: Party
    partner_key: str
    tax_number: str
    pay_to: str
    accent: str


def render_invoice(data: InvoiceData) -> bytes:
    """Return the invoice as PDF/UA-1."""
    return print_pdf(invoice_html(data), CSS, safe_accent(data.accent))


def invoice_html(data: InvoiceData) -> str:
    """Return the document as HTML: every text from outside is one plain, escaped line."""
    context = {
        "title": plain(f"Invoice {data.number}, {month_name(data.period)}, {data.partner.name}"),
        "number": plain(data.number),
        "program": plain(data.program),
        "company": party(data.company),
        "partner": party(data.partner),
        "period": month_name(data.period),
        "facts": [
            ("Invoice", plain(data.number)),
            ("Date", day(data.dated_on)),
            ("Period", month_name(data.period)),
            ("Partner", plain(data.partner_key)),
        ],
        "details": [
            (label, plain(value))
            for label, value in (("Tax number", data.tax_number), ("Pay to", data.pay_to))
            if value
        ],
        "currency": plain(data.currency),
        "amount": money(data.amount),
    }
    return ENGINE.get_template(TEMPLATE).render(Context(context, use_l10n=False, use_tz=False))
