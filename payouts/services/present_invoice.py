from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from parts.uploads import Upload
from payouts.models import InvoiceCounter, PartnerInvoice, Payout
from payouts.models.payout import BEFORE_APPROVAL
from payouts.services.refresh_payout import refresh_payout


class InvoiceComesTooLate(Exception):
    """The payout is approved, paid, held or cancelled; another invoice changes nothing."""


class InvoiceIsPresented(Exception):
    """The payout's newest invoice is this very one."""


class InvoiceNumberIsTaken(Exception):
    """Another payout of the partner has an invoice of this number."""


def present_invoice(
    *,
    payout: Payout,
    number: str,
    dated_on: date,
    amount: Decimal,
    by: User,
    at: datetime,
    upload: Upload | None = None,
) -> PartnerInvoice:
    """This function will present the partner's invoice for a payout (B). A later one replaces an earlier one.

    An invoice over another amount is kept and leaves its gate closed.

    :raises InvoiceComesTooLate: the payout no longer waits for the partner
    :raises InvoiceIsPresented: the newest invoice says and shows the same
    :raises InvoiceNumberIsTaken: the partner gave the number to another payout's invoice
    """
    with transaction.atomic():
        locked = lock_for_invoice(payout)
        lock_counter(locked)
        newest = locked.partner_invoices.order_by("-id").first()
        sha256 = upload.sha256 if upload else ""
        if newest and (newest.number, newest.dated_on, newest.amount, newest.sha256) == (
            number, dated_on, amount, sha256,
        ):  # fmt: skip
            raise InvoiceIsPresented(f"Invoice {number} was presented already")
        others = PartnerInvoice.objects.filter(payout__partner=locked.partner_id, number=number)
        if other := others.exclude(payout=locked).select_related("payout").first():
            raise InvoiceNumberIsTaken(
                f"Invoice {number} was presented for {other.payout.period}; each invoice has a number of its own"
            )
        invoice = PartnerInvoice(
            payout=locked, number=number, dated_on=dated_on, amount=amount, presented_by=by, presented_at=at
        )
        if upload:
            invoice.file, invoice.sha256 = upload, sha256
        record_invoice(invoice)
    return invoice


def lock_for_invoice(payout: Payout) -> Payout:
    """This function will lock a payout that an invoice still changes.

    :raises InvoiceComesTooLate: the payout no longer waits for the partner
    """
    locked = Payout.objects.select_for_update(of=("self",)).select_related("partner", "period").get(pk=payout.pk)
    if locked.state not in BEFORE_APPROVAL:
        raise InvoiceComesTooLate(f"The payout of {locked} is {locked.get_state_display().lower()}")
    return locked


def lock_counter(payout: Payout) -> InvoiceCounter:
    """This function will let one invoice of a partner be numbered at a time; lock the payout first."""
    InvoiceCounter.objects.bulk_create([InvoiceCounter(partner=payout.partner)], ignore_conflicts=True)
    return InvoiceCounter.objects.select_for_update().get(partner=payout.partner_id)


def record_invoice(invoice: PartnerInvoice) -> None:
    """This function will write an invoice down with its audit entry, and look at the payout's gates again."""
    invoice.save()
    write_audit(
        by=invoice.presented_by,
        at=invoice.presented_at,
        action="invoice drawn" if invoice.is_drawn else "invoice presented",
        subject=f"payout {invoice.payout_id}",
        number=invoice.number,
        amount=invoice.amount,
        sha256=invoice.sha256,
    )
    refresh_payout(payout_id=invoice.payout_id, at=invoice.presented_at)
