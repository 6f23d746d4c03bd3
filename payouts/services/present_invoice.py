from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from payouts.models import PartnerInvoice, Payout
from payouts.models.payout import BEFORE_APPROVAL
from payouts.services.refresh_payout import refresh_payout


class InvoiceComesTooLate(Exception):
    """The payout is approved, paid, held or cancelled; another invoice changes nothing."""


def present_invoice(
    *, payout: Payout, number: str, dated_on: date, amount: Decimal, by: User, at: datetime
) -> PartnerInvoice:
    """This function will present the partner's invoice for a payout (B). A later one replaces an earlier one.

    An invoice over another amount is kept and leaves its gate closed.

    :raises InvoiceComesTooLate: the payout no longer waits for the partner
    """
    with transaction.atomic():
        locked = Payout.objects.select_for_update().get(pk=payout.pk)
        if locked.state not in BEFORE_APPROVAL:
            raise InvoiceComesTooLate(f"The payout of {payout} is {locked.get_state_display().lower()}")
        invoice = PartnerInvoice.objects.create(
            payout=payout, number=number, dated_on=dated_on, amount=amount, presented_by=by, presented_at=at
        )
        write_audit(
            by=by,
            at=at,
            action="invoice presented",
            subject=f"payout {payout.pk}",
            number=number,
            amount=amount,
        )
        refresh_payout(payout_id=payout.pk, at=at)
    return invoice
