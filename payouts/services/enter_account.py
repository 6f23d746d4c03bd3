from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from payouts.models import AccountKind, PayingAccount


@needs(Right.PAY_PAYOUTS)
def enter_account(
    *,
    kind: AccountKind,
    holder: str,
    details: str,
    by: User | None,
    at: datetime,
    bank: str = "",
    company_id: str = "",
    bic: str = "",
) -> PayingAccount:
    """This function will say which account of the company payment files of a kind pay from, from now on."""
    account = PayingAccount(
        kind=kind, holder=holder, bank=bank, company_id=company_id, bic=bic, entered_by=by, entered_at=at
    )
    account.put_details(details)
    with transaction.atomic():
        earlier = PayingAccount.objects.select_for_update().current().filter(kind=kind).first()
        PayingAccount.objects.current().filter(kind=kind).update(replaced_at=at)
        account.save()
        write_audit(
            by=by,
            at=at,
            action="paying account entered",
            subject=f"paying account {kind.value}",
            account=account.masked_details,
            instead_of=earlier.masked_details if earlier else "",
        )
    return account
