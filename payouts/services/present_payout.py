from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from parts.uploads import Upload
from payouts.models import Payout, ReferralReport
from payouts.services.draw_invoice import draw_invoice
from payouts.services.present_invoice import lock_for_invoice, present_invoice
from payouts.services.present_report import present_report


@dataclass(frozen=True, slots=True)
class SentInvoice:
    """An invoice that the partner made and sends."""

    number: str
    dated_on: date
    amount: Decimal
    upload: Upload


@dataclass(frozen=True, slots=True)
class DrawnInvoice:
    """An invoice that the portal is to draw."""


class EverythingIsPresented(Exception):
    """Report and invoice are there already; nothing was left to present."""


def present_payout(*, payout: Payout, note: str, invoice: SentInvoice | DrawnInvoice, by: User, at: datetime) -> None:
    """This function will present report and invoice in one sitting: both, or neither where one is refused.

    What is there already and right stays as it is, so that a second press changes nothing.

    :raises EverythingIsPresented: nothing was left to present
    :raises InvoiceComesTooLate: the payout no longer waits for the partner
    :raises InvoiceIsDrawn: the portal drew one already, and another was presented after it
    :raises InvoiceIsPresented: the newest invoice says and shows the same
    :raises InvoiceNumberIsTaken: another payout's invoice has the number, or the portal gives such numbers itself
    """
    with transaction.atomic():
        locked = lock_for_invoice(payout)
        is_reported = ReferralReport.objects.filter(payout=locked).exists()
        newest = locked.partner_invoices.order_by("-id").first()
        is_invoiced = newest is not None and newest.amount == locked.amount and isinstance(invoice, DrawnInvoice)
        if is_reported and is_invoiced:
            raise EverythingIsPresented("Report and invoice were presented already")
        if not is_reported:
            present_report(payout=locked, note=note, by=by, at=at)
        if isinstance(invoice, SentInvoice):
            present_invoice(
                payout=locked,
                number=invoice.number,
                dated_on=invoice.dated_on,
                amount=invoice.amount,
                upload=invoice.upload,
                by=by,
                at=at,
            )
        elif not is_invoiced:
            draw_invoice(payout=locked, by=by, at=at)
