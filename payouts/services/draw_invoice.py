import hashlib
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import User
from affiliates.models import PayoutMethod, Program
from payouts.documents.render_invoice import InvoiceData, render_invoice
from payouts.documents.statement_data import Party
from payouts.models import PartnerInvoice, Payout
from payouts.models.presented import drawn_number
from payouts.services.present_invoice import lock_counter, lock_for_invoice, record_invoice


class InvoiceIsDrawn(Exception):
    """The portal drew an invoice for this payout already; there is one for each."""


def draw_invoice(*, payout: Payout, by: User, at: datetime) -> PartnerInvoice:
    """This function will draw the partner's invoice for a payout from the partner's details, and present it (B).

    Its number follows the partner's last drawn one without a gap; the document is stored once.

    :raises InvoiceComesTooLate: the payout no longer waits for the partner
    :raises InvoiceIsDrawn: there is one already
    """
    with transaction.atomic():
        locked = lock_for_invoice(payout)
        drawn = locked.partner_invoices.filter(is_drawn=True).first()
        if drawn:
            raise InvoiceIsDrawn(f"Invoice {drawn.number} was drawn for this payout already")
        counter = lock_counter(locked)
        counter.last += 1
        counter.save()
        on = Program.current().day(at)
        data = gather_invoice(locked, number=drawn_number(locked.partner, counter.last), dated_on=on)
        pdf = render_invoice(data)
        sha256 = hashlib.sha256(pdf).hexdigest()
        invoice = PartnerInvoice(
            payout=locked,
            number=data.number,
            dated_on=on,
            amount=locked.amount,
            presented_by=by,
            presented_at=at,
            sha256=sha256,
            is_drawn=True,
        )
        invoice.file.save(f"{sha256}.pdf", ContentFile(pdf), save=False)
        record_invoice(invoice)
    return invoice


def gather_invoice(payout: Payout, *, number: str, dated_on: date) -> InvoiceData:
    """This function will collect what an invoice says: names, addresses and details as they are today."""
    program, partner = Program.current(), payout.partner
    tax_form = partner.tax_forms.order_by("-filed_at").first()
    method = PayoutMethod.objects.current().filter(partner=partner).first()
    return InvoiceData(
        number=number,
        dated_on=dated_on,
        period=payout.period_id,
        amount=payout.amount,
        currency=program.currency,
        program=program.name,
        company=Party(program.company_name, _lines(program.company_address), program.company_email),
        partner=Party(partner.name, _lines(partner.address), partner.email),
        partner_key=partner.reference,
        tax_number=f"{tax_form.masked_number} ({tax_form.kind})" if tax_form else "",
        pay_to=f"{method.holder}, {method}" if method else "",
        accent=program.accent_colour,
    )


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line for line in address.splitlines() if line.strip())
