from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Partner, PayoutMethod, TaxForm
from affiliates.models.payee import PayoutMethodKind, TaxFormKind


def file_tax_form(
    *,
    partner: Partner,
    kind: TaxFormKind,
    legal_name: str,
    number: str,
    signed_on: date,
    by: User | None,
    at: datetime,
    answers: dict[str, str] | None = None,
) -> TaxForm:
    """This function will put a tax form on file; its number and its other `answers` are sealed."""
    with transaction.atomic():
        form = TaxForm(partner=partner, kind=kind, legal_name=legal_name, signed_on=signed_on, filed_at=at)
        form.put_number(number)
        form.put_answers(answers or {})
        form.save()
        write_audit(by=by, at=at, action="tax form filed", subject=f"partner {partner.reference}", kind=kind.value)
    return form


def set_payout_method(
    *, partner: Partner, kind: PayoutMethodKind, holder: str, details: str, by: User | None, at: datetime
) -> PayoutMethod:
    """This function will say where a partner's money goes from now on; it still has to be confirmed.

    Replacing an earlier method holds payouts for 72 hours, see the payout's gates.
    """
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        replaced = PayoutMethod.objects.current().filter(partner=partner).update(replaced_at=at)
        method = PayoutMethod(
            partner=partner, kind=kind, holder=holder, entered_by=by, entered_at=at, is_change=bool(replaced)
        )
        method.put_details(details)
        method.save()
        write_audit(by=by, at=at, action="payout method set", subject=f"partner {partner.reference}", kind=kind.value)
    return method


def confirm_payout_method(*, method: PayoutMethod, by: User | None, at: datetime) -> PayoutMethod:
    """This function will confirm that a payout method reaches the partner; once is enough."""
    with transaction.atomic():
        method = PayoutMethod.objects.select_for_update().get(pk=method.pk)
        if method.confirmed_at is None:
            method.confirmed_at = at
            method.save()
            subject = f"partner {method.partner.reference}"
            write_audit(by=by, at=at, action="payout method confirmed", subject=subject)
    return method
