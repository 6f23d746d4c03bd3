"""What the books need to know of the company: its account codes, and whom its tax forms come from."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from affiliates.months import month_of, show_month
from affiliates.services.open_batch import wait_for_turn
from commissions.models import Period
from payouts.models import Account, AccountCode, Filer


@needs(Right.CHANGE_PROGRAM)
def set_account_codes(*, codes: Mapping[Account, tuple[str, str]], by: User | None, at: datetime) -> date:
    """This function will give accounts another code and name from the first open month on, and say which that is.

    What stays as it was is not written again.
    """
    with transaction.atomic():
        wait_for_turn()  # No month is closed meanwhile, so the first open one stays open.
        closed = Period.objects.last_closed()
        first = closed.next_month if closed else month_of(Program.current().day(at))
        known = AccountCode.objects.of(first)
        for account, (code, name) in codes.items():
            before = known[account]
            if (before.code, before.name) == (code, name):
                continue
            given = AccountCode.objects.create(
                account=account, code=code, name=name, first_month=first, given_by=by, given_at=at
            )
            write_audit(
                by=by, at=at, action="account code given", subject=f"account {account.value}", before=str(before),
                now=str(given), first_month=show_month(first),
            )  # fmt: skip
    return first


@needs(Right.CHANGE_PROGRAM)
def set_filer(*, filer: Filer, by: User | None, at: datetime) -> Filer:
    """This function will say whom the company's tax forms come from."""
    with transaction.atomic():
        filer.pk = 1
        filer.save()
        write_audit(by=by, at=at, action="filer of tax forms set", subject="filer of tax forms", name=filer.legal_name)
    return filer
