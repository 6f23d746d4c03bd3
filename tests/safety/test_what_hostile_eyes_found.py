"""Ways around the rules that were found by looking for them, each shut."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from affiliates.models import Invitation, Membership
from affiliates.models.partner import EndedBy, MemberRole
from affiliates.services.accept_agreement import publish_version
from affiliates.services.change_membership import remove_member
from affiliates.services.end_partnership import end_partnership
from affiliates.services.invite import invite
from commissions.models import Adjustment
from commissions.services.adjust_balance import AdjustmentRefused, approve_adjustment, enter_adjustment
from notices.models import Notice, NoticeKind
from payouts.gates import gates
from payouts.models import Payout
from tests.cast import AT, abe, fay, owner_of, the_partner
from tests.payouts.finance import accept, opened_payout, present

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=30)


def agreement_gate(payout: Payout) -> bool:
    return next(gate.is_open for gate in gates(payout, at=LATER) if gate.name == "Agreement accepted")


def end(payout: Payout) -> None:
    end_partnership(
        partner=payout.partner,
        given_by=EndedBy.PARTNER,
        given_on=AT.date(),
        effective_on=AT.date() + timedelta(days=3),
        reason="Done",
        by=owner_of("ada"),
        at=AT,
    )
    payout.refresh_from_db()


def test_an_ended_partner_is_judged_by_the_agreement_of_its_time() -> None:
    payout = opened_payout()
    accept(payout.partner)
    end(payout)
    publish_version(number="2", title="Terms", text="New", by=None, at=LATER - timedelta(days=1))
    assert agreement_gate(payout)


def test_a_partner_that_goes_on_is_asked_anew() -> None:
    payout = opened_payout()
    accept(payout.partner)
    publish_version(number="2", title="Terms", text="New", by=None, at=LATER - timedelta(days=1))
    assert not agreement_gate(payout)


def test_an_ended_partner_that_never_accepted_can_still_do_it(client: Client) -> None:
    payout = opened_payout()
    version = publish_version(number="1", title="Terms", text="1. All", by=None, at=AT - timedelta(days=9))
    end(payout)
    assert not agreement_gate(payout)
    with time_machine.travel(LATER, tick=False):
        client.force_login(owner_of("ada"))
        answer = {"version": version.pk, "is_accepted": "on", "name": "Olga Owner"}
        client.post(reverse("agreement_accept"), answer)
    assert agreement_gate(payout)


def test_finance_that_acts_for_a_partner_decides_nothing_about_its_money() -> None:
    partner = opened_payout().partner
    Membership.objects.create(partner=partner, user=abe(), role=MemberRole.MEMBER)
    with pytest.raises(AdjustmentRefused, match="acts for"):
        enter_adjustment(partner=partner, amount=Decimal("5.00"), reason="Mine", by=abe(), at=AT)
    entered = enter_adjustment(partner=partner, amount=Decimal("5.00"), reason="Goodwill", by=fay(), at=AT)
    with pytest.raises(AdjustmentRefused, match="acts for"):
        approve_adjustment(adjustment=entered, by=abe(), at=AT, on=AT.date())
    assert Adjustment.objects.get().approved_by is None


def test_whom_somebody_invited_who_was_removed_cannot_come_in_any_more() -> None:
    partner = opened_payout().partner
    first = owner_of("ada")
    second = User.objects.create_user("second@people.example", name="Second")
    membership = Membership.objects.create(partner=partner, user=second, role=MemberRole.OWNER)
    invite(partner=partner, email="again@people.example", role=MemberRole.OWNER, by=second, at=AT)
    remove_member(membership=membership, by=first, at=AT)
    assert not Invitation.objects.open(at=AT).exists()
    told = Notice.objects.filter(kind=NoticeKind.SECURITY).values_list("recipient", flat=True)
    assert {first.email, second.email, partner.email} == set(told)


def test_what_somebody_presented_stays_to_see_after_they_left(client: Client) -> None:
    payout = opened_payout()
    present(payout)
    left = owner_of("ada")
    stays = User.objects.create_user("stays@people.example", name="Stays")
    Membership.objects.create(partner=the_partner("ada"), user=stays, role=MemberRole.OWNER)
    remove_member(membership=Membership.objects.get(user=left), by=stays, at=AT)
    client.force_login(stays)
    said = client.get(reverse("payout", args=[payout.pk])).content.decode()
    assert "A-1" in said
    assert left.name in said
