"""An approval stands as long as the partner's balance covers it: no more is sent to the bank than is owed."""

from decimal import Decimal

import pytest

from affiliates.models import PayoutMethod
from commissions.models import EntryKind, LedgerEntry
from commissions.services.adjust_balance import approve_adjustment, enter_adjustment
from payouts.models import PaymentFile, Payout, PayoutState
from payouts.services.make_payment_file import FileRefused
from payouts.services.refresh_payout import not_covered, refresh_payouts
from payouts.services.settle_payout import ApprovalIsVoid, pay_payout
from tests.cast import AT, abe, balance, day, fay, the_partner
from tests.finance.paying import approved_payouts, filed, nacha_file, own_account

pytestmark = pytest.mark.django_db


def taken_away(amount: str) -> None:
    """This function will take an amount from Ada's balance, by two people."""
    wrong = enter_adjustment(partner=the_partner("ada"), amount=-Decimal(amount), reason="Paid twice", by=fay(), at=AT)
    approve_adjustment(adjustment=wrong, by=abe(), at=AT, on=day("2027-01-01"))


def test_what_was_taken_away_since_the_approval_is_not_paid_out() -> None:
    own_account()
    payout = approved_payouts("ada")[0]
    taken_away("150.00")
    assert balance("ada") == Decimal("50.00")
    with pytest.raises(FileRefused, match="balance is less by now than what was approved"):
        nacha_file(payout)
    with pytest.raises(ApprovalIsVoid, match="balance is less by now"):
        pay_payout(payout=payout, on=day("2027-01-01"), by=fay(), at=AT)
    assert not PaymentFile.objects.exists()
    refresh_payouts(at=AT)
    payout.refresh_from_db()
    assert (payout.state, payout.approved_by, payout.payable) == (PayoutState.READY, None, None)
    assert "The approval is void" in payout.steps.get(state=PayoutState.WAITING, reason__contains="void").reason


def test_what_the_balance_covers_stands() -> None:
    own_account()
    payout = approved_payouts("ada")[0]
    LedgerEntry.objects.create(
        key="more", partner=the_partner("ada"), kind=EntryKind.ADJUSTMENT, amount=Decimal("150.00"), text="More",
        dated_on=AT.date(), recorded_at=AT,
    )  # fmt: skip
    taken_away("150.00")
    assert refresh_payouts(at=AT) == 0
    assert nacha_file(payout).total == Decimal("200.00")


def test_what_is_with_the_bank_stays_and_the_others_have_what_is_left() -> None:
    """Of 200.00 the bank has 200.00; another approved payout of the partner has nothing left."""
    sent = filed("ada").lines.get().payout
    assert not_covered([sent]) == set()
    taken_away("10.00")
    assert not_covered([sent]) == {sent.pk}
    assert refresh_payouts(at=AT) == 0
    sent.refresh_from_db()
    assert sent.state == PayoutState.APPROVED
    assert PayoutMethod.objects.count() == Payout.objects.count() == 1
