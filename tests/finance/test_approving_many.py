"""An approval signs what was looked at: all of a batch, or none of it where anything changed since."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.rights import NotPermitted
from affiliates.models import Program
from commissions.services.pending_clawbacks import list_clawbacks, pending_clawbacks
from payouts.models import Payout
from payouts.services.approve_payouts import ApprovalStopped, Content, approve_payouts, look_at
from payouts.services.hold_payout import hold_payout
from payouts.services.present_invoice import present_invoice
from payouts.services.present_report import present_report
from payouts.services.refresh_payout import refresh_payout
from tests.cast import AT, abe, close, day, fay, monthly, owner_of, pam, record, refund, the_partner
from tests.finance.paying import change_method, payee, ready_payouts

pytestmark = pytest.mark.django_db


def seen(payouts: list[Payout]) -> dict[int, Content]:
    return {look.payout.pk: look.content for look in look_at(payouts, by=abe(), at=AT)}


def approve(contents: dict[int, Content]) -> list[Payout]:
    return approve_payouts(seen=contents, by=abe(), at=AT)


def states() -> list[str]:
    return list(Payout.objects.order_by("pk").values_list("state", flat=True))


def problems(contents: dict[int, Content]) -> list[str]:
    with pytest.raises(ApprovalStopped, match="Nothing was approved") as stopped:
        approve(contents)
    return [said for each in stopped.value.problems.values() for said in each]


def test_what_was_seen_is_approved_at_once() -> None:
    approved = approve(seen(ready_payouts("ada", "ben")))
    assert [(each.state, each.payable, each.approved_by) for each in approved] == [
        ("approved", Decimal("200.00"), abe())
    ] * 2


def test_a_refund_that_came_meanwhile_stops_all_and_says_what_changed() -> None:
    contents = seen(ready_payouts("ada", "ben"))
    record(refund("client-ada-2026-03-paid", "250.00", "2026-04-10"))
    assert problems(contents) == [
        "Withheld was 0.00, is now 50.00",
        "Payable was 200.00, is now 150.00",
    ]
    assert states() == ["ready", "ready"]


def test_an_account_behind_the_same_mask_stops_all() -> None:
    contents = seen(ready_payouts("ada"))
    payee("ada", details="011401533 99990001")  # Ends in the same four digits.
    payout = Payout.objects.get()
    later = AT + timedelta(days=400)
    with pytest.raises(ApprovalStopped) as stopped:
        approve_payouts(seen=contents, by=abe(), at=later)
    assert "another one now" in str(stopped.value.problems[payout.pk])
    assert states() == ["ready"]


def test_a_change_that_closes_a_gate_stops_all() -> None:
    contents = seen(ready_payouts("ada", "ben"))
    change_method("ada")
    assert "Payout method confirmed" in problems(contents)[0]
    assert states() == ["ready", "ready"]


def test_another_invoice_stops_all() -> None:
    payouts = ready_payouts("ada")
    contents = seen(payouts)
    invoice_again(payouts[0], "A-2", "2026-04-03")
    assert problems(contents)[0].startswith("Invoice was A-1 of 2 April 2026, 200.00, is now A-2")


def invoice_again(payout: Payout, number: str, dated: str) -> None:
    by = owner_of(payout.partner.reference)
    present_invoice(payout=payout, number=number, dated_on=day(dated), amount=payout.amount, by=by, at=AT)


def test_one_that_was_held_meanwhile_stops_the_others_too() -> None:
    payouts = ready_payouts("ada", "ben")
    contents = seen(payouts)
    hold_payout(payout=payouts[0], reason="A question", by=fay(), at=AT)
    assert "is held; only a ready one can be approved" in problems(contents)[0]
    assert states() == ["held", "ready"]


def test_two_payouts_of_a_partner_share_what_is_withheld() -> None:
    first = ready_payouts("ada")[0]
    record(monthly("client-ada", "2026-04", "1000.00"))
    close("2026-04", by=fay())
    second = Payout.objects.get(period=day("2026-04-01"))
    present_report(payout=second, note="", by=owner_of("ada"), at=AT)
    invoice_again(second, "A-9", "2026-05-02")
    record(refund("client-ada-2026-03-paid", "500.00", "2026-05-10"))
    payouts = [first, refresh_payout(payout_id=second.pk, at=AT)]
    looks = look_at(payouts, by=abe(), at=AT)
    assert [(look.payable, look.withheld) for look in looks] == [
        (Decimal("200.00"), Decimal("0.00")),
        (Decimal("100.00"), Decimal("100.00")),
    ]
    approved = approve({look.payout.pk: look.content for look in looks})
    assert [each.payable for each in approved] == [Decimal("200.00"), Decimal("100.00")]


def test_the_look_says_what_stands_against_it_before_the_click() -> None:
    payout = ready_payouts("ada", by=abe())[0]
    (look,) = look_at([payout], by=abe(), at=AT)
    assert "computed or closed 2026-03; somebody else has to approve" in look.against[0]


def test_who_is_no_approver_approves_nothing() -> None:
    contents = seen(ready_payouts("ada"))
    for somebody in (fay(), pam()):
        with pytest.raises(NotPermitted):
            approve_payouts(seen=contents, by=somebody, at=AT)
    assert states() == ["ready"]


def test_what_would_be_taken_back_is_listed_with_its_facts() -> None:
    ready_payouts("ada")
    record(refund("client-ada-2026-03-paid", "250.00", "2026-04-10"))
    on = Program.current().day(AT)
    (loss,) = list_clawbacks(partner=the_partner("ada"), on=on)
    assert (loss.client.reference, loss.service_month) == ("client-ada", day("2026-03-01"))
    assert (loss.posted, loss.target, loss.amount) == (Decimal("200.00"), Decimal("150.00"), Decimal("50.00"))
    assert loss.facts == ("Refund of 250.00 on invoice client-ada-2026-03, 10 April 2026",)
    assert pending_clawbacks(partner=the_partner("ada"), on=on) == Decimal("50.00")
