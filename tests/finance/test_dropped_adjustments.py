"""An adjustment that is not to be: withdrawn by who entered it or declined by the second person, and kept."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from commissions.models import Adjustment, Commission, Dispute, DisputeState
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
from commissions.services.answer_dispute import accept_dispute
from commissions.services.drop_adjustment import drop_adjustment
from commissions.services.open_dispute import open_dispute
from notices.models import Notice
from tests.cast import AT, abe, all_rows, balance, client, close, day, fay, monthly, owner_of, pam, program, the_partner
from tests.finance.pages import page, send, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def closed() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))
    close("2026-01")
    fay(), abe(), pam(), owner_of("ada")


def entered(amount: str = "5000.00") -> Adjustment:
    return enter_adjustment(partner=the_partner("ada"), amount=Decimal(amount), reason="Bonus", by=fay(), at=AT)


def disputed() -> Dispute:
    return open_dispute(
        partner=the_partner("ada"), commission_id=Commission.objects.get().pk, comment="More", files=[],
        by=owner_of("ada"), at=AT,
    )  # fmt: skip


def told(key: str) -> list[str]:
    """The subjects of what a partner's owner was told under a key."""
    rows = Notice.objects.filter(key__startswith=key, recipient=owner_of("ada").email)
    return list(rows.values_list("subject", flat=True))


def test_who_entered_it_withdraws_it_and_it_stays_in_the_history() -> None:
    wrong = entered()
    said = text_of(page(fay(), "staff_adjustment", wrong.pk))
    assert "Withdraw it" in said
    assert "Decline it" not in said
    said = text_of(send(fay(), "staff_adjustment_drop", wrong.pk, reason="A nought too many"))
    assert "Withdrawn. It counts nowhere" in said
    assert "A nought too many" in said
    assert balance("ada") == Decimal("200.00")
    entry = AuditEntry.objects.get(action="adjustment withdrawn")
    assert (entry.by, entry.subject, entry.details["reason"]) == (
        fay(), f"adjustment {wrong.pk}", "A nought too many",
    )  # fmt: skip
    assert "Withdrawn" in text_of(page(abe(), "staff_adjustments", state="dropped"))
    assert "Bonus" not in text_of(page(abe(), "staff_adjustments", state="open"))


def test_the_second_person_declines_it_with_a_reason() -> None:
    wrong = entered()
    assert "Decline it" in text_of(page(abe(), "staff_adjustment", wrong.pk))
    assert send(abe(), "staff_adjustment_drop", wrong.pk, reason=" ").status_code == 422
    wrong.refresh_from_db()
    assert wrong.is_waiting
    assert "Declined" in text_of(send(abe(), "staff_adjustment_drop", wrong.pk, reason="Nobody agreed on it"))
    assert AuditEntry.objects.filter(action="adjustment declined", by=abe()).count() == 1


def test_what_was_dropped_is_not_approved_and_what_was_approved_is_not_dropped() -> None:
    wrong, right = entered(), entered("5.00")
    drop_adjustment(adjustment=wrong, reason="No", by=fay(), at=AT)
    approve_adjustment(adjustment=right, by=abe(), at=AT, on=day("2027-01-01"))
    before = all_rows()
    with pytest.raises(AdjustmentRefused, match="withdrawn by Fay"):
        approve_adjustment(adjustment=wrong, by=abe(), at=AT, on=day("2027-01-01"))
    with pytest.raises(AdjustmentRefused, match="withdrawn already"):
        drop_adjustment(adjustment=wrong, reason="Again", by=abe(), at=AT)
    with pytest.raises(AdjustmentRefused, match="approved already"):
        drop_adjustment(adjustment=right, reason="Too late", by=fay(), at=AT)
    with pytest.raises(NotPermitted):
        drop_adjustment(adjustment=right, reason="Not mine", by=pam(), at=AT)
    assert all_rows() == before


def test_who_acts_for_the_partner_drops_nothing() -> None:
    wrong = entered("-5.00")
    the_partner("ada").memberships.create(user=abe(), role="member")
    with pytest.raises(AdjustmentRefused, match="somebody else has to decide about its money"):
        drop_adjustment(adjustment=wrong, reason="I keep it", by=abe(), at=AT)


def test_the_database_keeps_an_approved_one_from_being_dropped_too() -> None:
    right = entered("5.00")
    approve_adjustment(adjustment=right, by=abe(), at=AT, on=day("2027-01-01"))
    with pytest.raises(IntegrityError, match="a_dropped_adjustment_says_who_and_why"), transaction.atomic():
        Adjustment.objects.update(dropped_at=timezone.now(), dropped_by=abe(), dropped_because="No")


def test_a_dispute_that_it_granted_opens_again_and_is_answered_and_told_anew() -> None:
    dispute = disputed()
    granted = accept_dispute(dispute=dispute, amount=Decimal("120.00"), answer="Yes", by=fay(), at=AT).adjustment
    assert granted is not None
    send(abe(), "staff_adjustment_drop", granted.pk, reason="It is 12.00")
    dispute.refresh_from_db()
    assert (dispute.state, dispute.answer, dispute.adjustment) == (DisputeState.OPEN, "", None)
    assert "is open again" in told(f"dispute:{dispute.pk}:reopened")[0]
    accept_dispute(dispute=dispute, amount=Decimal("12.00"), answer="Yes, 12.00", by=fay(), at=AT)
    assert len(told(f"dispute:{dispute.pk}:accepted")) == 2


def test_a_line_that_was_disputed_anew_meanwhile_is_answered_first() -> None:
    granted = accept_dispute(dispute=disputed(), amount=Decimal("120.00"), answer="Yes", by=fay(), at=AT).adjustment
    assert granted is not None
    disputed()
    before = all_rows()
    with pytest.raises(AdjustmentRefused, match="answer that dispute first"):
        drop_adjustment(adjustment=granted, reason="It is 12.00", by=abe(), at=AT)
    assert all_rows() == before


def test_a_form_that_is_sent_twice_enters_one() -> None:
    form = {"partner": "ada", "amount": "5.00", "reason": "Goodwill"}
    pressed = "6f8f6d3e-7f55-4a63-9b5e-2c9f2f0f3a11"
    assert 'name="pressed"' in page(fay(), "staff_adjustment_new").content.decode()
    for _ in range(2):
        assert send(fay(), "staff_adjustment_new", **form, pressed=pressed).status_code == 200
    assert Adjustment.objects.count() == 1
    assert AuditEntry.objects.filter(action="adjustment entered").count() == 1
    other = send(fay(), "staff_adjustment_new", **form | {"amount": "6.00"}, pressed=pressed)
    assert other.status_code == 422
    assert "This form entered another amount before; open a new one." in text_of(other)
