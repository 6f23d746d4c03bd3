from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from parts.formats import month_name
from parts.uploads import Upload
from payouts.models import InvoiceCounter, PartnerInvoice, Payout
from payouts.models.payout import BEFORE_APPROVAL
from payouts.models.presented import is_like_drawn, plain_number
from payouts.services.refresh_payout import refresh_payout


class InvoiceComesTooLate(Exception):
    """The payout is approved, paid, held or cancelled; another invoice changes nothing."""


class InvoiceIsPresented(Exception):
    """The payout's newest invoice is this very one."""


class InvoiceNumberIsTaken(Exception):
    """Another payout of the partner has an invoice of this number, or the portal numbers its own like this."""


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
    :raises InvoiceNumberIsTaken: another payout's invoice has the number, however it is written, or the portal
        gives such numbers to the invoices that it draws for the partner
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
        _check_number(locked, number)
        invoice = PartnerInvoice(
            payout=locked, number=number, dated_on=dated_on, amount=amount, presented_by=by, presented_at=at
        )
        if upload:
            invoice.file, invoice.sha256 = upload, sha256
        record_invoice(invoice)
    return invoice


def _check_number(payout: Payout, number: str) -> None:
    if is_like_drawn(number, payout.partner):
        raise InvoiceNumberIsTaken(
            f"{number} is a number that the portal gives to invoices that it draws for you; give yours another"
        )
    others = PartnerInvoice.objects.filter(payout__partner=payout.partner_id).exclude(payout=payout)
    for taken, period in others.values_list("number", "payout__period"):
        if plain_number(taken) == plain_number(number):
            raise InvoiceNumberIsTaken(
                f"Invoice {taken} was presented for {month_name(period)}; each invoice has a number of its own"
            )


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
