"""Two people stand behind every payout, and what the next run takes back is withheld (B)."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.rights import NotPermitted
from affiliates.models import Membership, Partner
from affiliates.models.payee import PayoutMethodKind
from affiliates.months import parse_month
from affiliates.services.open_violation import open_violation
from affiliates.services.set_payee import set_payout_method
from commissions.models import LedgerEntry
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
from payouts.models import Payout
from payouts.services.approve_payout import ApprovalRefused, approve_payout
from payouts.services.hold_payout import ReasonIsMissing, cancel_payout, hold_payout, release_payout
from payouts.services.move_payout import PayoutCannotMove
from payouts.services.refresh_payout import refresh_payout
from payouts.services.settle_payout import ApprovalIsVoid, fail_payout, pay_payout
from tests.cast import (
    AT,
    abe,
    another_abe,
    balance,
    chargeback,
    client,
    close,
    day,
    fay,
    monthly,
    posted,
    program,
    record,
    refund,
    sam,
)
from tests.payouts.finance import accept, opened_payout, present, ready_payout, settle_payee

pytestmark = pytest.mark.django_db

PAID_ON = day("2027-01-02")


def test_another_person_approves_and_the_money_leaves_the_balance_when_it_is_paid() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    assert (payout.state, payout.payable, payout.withheld) == ("approved", Decimal("200.00"), Decimal("0.00"))
    assert balance("ada") == Decimal("200.00")
    payout = pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert payout.state == "paid"
    assert balance("ada") == Decimal("0.00")


def test_whoever_closed_the_period_cannot_approve() -> None:
    payout = ready_payout()
    both = fay()
    both.groups.add(*abe().groups.all())
    with pytest.raises(ApprovalRefused, match="somebody else"):
        approve_payout(payout=payout, by=both, at=AT)
    payout.refresh_from_db()
    assert (payout.state, payout.approved_by) == ("ready", None)


def test_the_database_refuses_a_closer_as_abe() -> None:
    payout = ready_payout()
    with (
        pytest.raises(IntegrityError, match="approver_"),
        transaction.atomic(),
    ):
        Payout.objects.filter(pk=payout.pk).update(approved_by=fay())


def test_only_a_finance_approver_approves() -> None:
    payout = ready_payout()
    with pytest.raises(NotPermitted, match="takes the role Finance approver"):
        approve_payout(payout=payout, by=sam(), at=AT)


def test_whoever_held_and_released_it_cannot_approve() -> None:
    payout = ready_payout()
    hold_payout(payout=payout, reason="A question", by=abe(), at=AT)
    payout = release_payout(payout=payout, by=abe(), at=AT)
    assert payout.state == "ready"
    with pytest.raises(ApprovalRefused, match="changed this payout"):
        approve_payout(payout=payout, by=abe(), at=AT)


def test_whoever_entered_an_adjustment_in_it_cannot_approve() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    partner = Partner.objects.get(reference="ada")
    adjustment = enter_adjustment(partner=partner, amount=Decimal("5.00"), reason="Goodwill", by=abe(), at=AT)
    approve_adjustment(adjustment=adjustment, by=fay(), at=AT, on=day("2026-03-20"))
    close("2026-03", by=fay())
    payout = Payout.objects.get()
    assert payout.amount == Decimal("205.00")
    accept(partner)
    settle_payee(partner)
    present(payout)
    with pytest.raises(ApprovalRefused, match="adjustment"):
        approve_payout(payout=payout, by=abe(), at=AT)
    assert approve_payout(payout=payout, by=another_abe(), at=AT).state == "approved"


def test_a_payout_that_is_not_ready_is_not_approved() -> None:
    with pytest.raises(ApprovalRefused, match="only a ready one"):
        approve_payout(payout=opened_payout(), by=abe(), at=AT)


def test_what_the_next_run_takes_back_is_withheld_and_settled_by_it() -> None:
    payout = ready_payout()
    record(refund("acme-2026-03-paid", "250.00", "2026-04-10"))  # 20 % of 250.00 is 50.00
    payout = approve_payout(payout=payout, by=abe(), at=AT)
    assert (payout.payable, payout.withheld) == (Decimal("150.00"), Decimal("50.00"))
    pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert balance("ada") == Decimal("50.00")
    close("2026-04", by=fay())
    assert posted("2026-04") == {"ada acme 2026-03": "-50.00"}
    assert balance("ada") == Decimal("0.00")
    assert Payout.objects.filter(period=day("2026-04-01")).count() == 0


def test_nothing_is_payable_when_all_of_it_is_charged_back() -> None:
    payout = ready_payout()
    record(chargeback("acme-2026-03-paid", "1000.00", "2026-04-10"))
    with pytest.raises(ApprovalRefused, match="Nothing is payable"):
        approve_payout(payout=payout, by=abe(), at=AT)
    assert LedgerEntry.objects.count() == 1


def test_a_chargeback_that_was_won_back_withholds_nothing() -> None:
    payout = ready_payout()
    record(chargeback("acme-2026-03-paid", "1000.00", "2026-04-10"))
    row = {
        "reversal": "won",
        "payment": "acme-2026-03-paid",
        "kind": "chargeback_won",
        "amount": "1000.00",
        "occurred_on": "2026-04-20",
    }
    record((("reversals", row),))
    assert approve_payout(payout=payout, by=abe(), at=AT).payable == Decimal("200.00")


def test_a_change_after_the_approval_voids_it() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    set_payout_method(
        partner=payout.partner,
        kind=PayoutMethodKind.ACH,
        holder="Somebody else",
        details="999",
        by=None,
        at=AT,
    )
    with pytest.raises(ApprovalIsVoid):
        pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert balance("ada") == Decimal("200.00")


def test_nobody_is_paid_twice() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    with pytest.raises(PayoutCannotMove):
        pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert balance("ada") == Decimal("0.00")


def test_a_returned_payout_goes_back_to_the_balance_and_can_be_approved_again() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    payout = fail_payout(payout=payout, on=PAID_ON, reason="Account closed", by=fay(), at=AT)
    assert (payout.state, balance("ada")) == ("failed", Decimal("200.00"))
    payout = release_payout(payout=payout, by=fay(), at=AT)
    payout = approve_payout(payout=payout, by=abe(), at=AT)
    pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert balance("ada") == Decimal("0.00")


def test_holding_and_cancelling_need_a_reason_and_void_an_approval() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    with pytest.raises(ReasonIsMissing):
        hold_payout(payout=payout, reason=" ", by=fay(), at=AT)
    payout = cancel_payout(payout=payout, reason="By agreement", by=fay(), at=AT)
    assert (payout.state, payout.payable, payout.signature) == ("cancelled", None, "")
    with pytest.raises(PayoutCannotMove):
        release_payout(payout=payout, by=fay(), at=AT)


def test_an_adjustment_needs_a_second_person_and_counts_once() -> None:
    program()
    partner = Partner.objects.get(reference="ada")
    adjustment = enter_adjustment(partner=partner, amount=Decimal("-7.50"), reason="Paid twice", by=fay(), at=AT)
    with pytest.raises(AdjustmentRefused, match="somebody else"):
        approve_adjustment(adjustment=adjustment, by=fay(), at=AT, on=day("2026-05-05"))
    assert balance("ada") == 0
    approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=day("2026-05-05"))
    with pytest.raises(AdjustmentRefused, match="already"):
        approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=day("2026-05-05"))
    assert balance("ada") == Decimal("-7.50")


def test_nothing_enters_the_ledger_of_a_closed_month_any_more() -> None:
    payout = opened_payout()
    adjustment = enter_adjustment(partner=payout.partner, amount=Decimal("1.00"), reason="Late", by=fay(), at=AT)
    adjustment = approve_adjustment(adjustment=adjustment, by=abe(), at=AT, on=day("2026-03-15"))
    assert adjustment.entry is not None
    assert adjustment.entry.dated_on == day("2026-04-01")


def close_again(month: str, by: User) -> Payout:
    close(month, by=by)
    return Payout.objects.get(period=parse_month(month))


def open_gates(payout: Payout) -> Payout:
    accept(payout.partner)
    settle_payee(payout.partner)
    present(payout)
    return payout


def test_an_adjustment_carried_on_by_a_cancelled_payout_still_binds_its_maker() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    partner = Partner.objects.get(reference="ada")
    adjustment = enter_adjustment(partner=partner, amount=Decimal("900.00"), reason="Goodwill", by=abe(), at=AT)
    approve_adjustment(adjustment=adjustment, by=fay(), at=AT, on=day("2026-03-20"))
    march = close_again("2026-03", fay())
    cancel_payout(payout=march, reason="Together with April", by=fay(), at=AT)
    april = open_gates(close_again("2026-04", fay()))
    assert april.amount == Decimal("1100.00")
    with pytest.raises(ApprovalRefused, match="adjustment"):
        approve_payout(payout=april, by=abe(), at=AT)


def test_whoever_closed_a_month_whose_money_was_carried_on_cannot_approve() -> None:
    program(client("acme"), monthly("acme", "2026-03", "1000.00"))
    march = close_again("2026-03", abe())
    cancel_payout(payout=march, reason="Together with April", by=abe(), at=AT)
    april = open_gates(close_again("2026-04", fay()))
    with pytest.raises(ApprovalRefused, match="somebody else"):
        approve_payout(payout=april, by=abe(), at=AT)
    assert approve_payout(payout=april, by=another_abe(), at=AT).state == "approved"


def test_a_member_of_the_partner_cannot_approve() -> None:
    payout = ready_payout()
    Membership.objects.create(partner=payout.partner, user=abe())
    with pytest.raises(ApprovalRefused, match="member"):
        approve_payout(payout=payout, by=abe(), at=AT)


def test_a_gate_that_closes_after_the_approval_voids_it() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    open_violation(partner=payout.partner, clause="6", evidence="A claim", notice_on=day("2027-01-01"), by=None, at=AT)
    with pytest.raises(ApprovalIsVoid, match="Clause 6"):
        pay_payout(payout=payout, on=PAID_ON, by=fay(), at=AT)
    assert refresh_payout(payout_id=payout.pk, at=AT).state == "waiting"
    assert balance("ada") == Decimal("200.00")


def test_only_what_is_held_or_failed_is_released() -> None:
    payout = approve_payout(payout=ready_payout(), by=abe(), at=AT)
    with pytest.raises(PayoutCannotMove):
        release_payout(payout=payout, by=fay(), at=AT)
    payout.refresh_from_db()
    assert payout.state == "approved"
