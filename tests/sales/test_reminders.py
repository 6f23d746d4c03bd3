"""Reps hear of leads that nobody touched, and of protections that run out; partners of those that did."""

from datetime import datetime, timedelta

import pytest

from affiliates.models import Program
from notices.models import Notice, NoticeKind
from referrals.models import Conflict, Lead, LeadWork
from referrals.models.conflict import ConflictState
from referrals.models.lead import Stage
from referrals.services.answer_partner import answer_partner
from referrals.services.ask_sales import ask_sales
from referrals.services.extend_protection import CannotBeExtended, extend_protection
from referrals.services.move_lead import move_lead
from referrals.services.plan_lead import StepWithoutName, plan_lead
from referrals.services.release_lead import CannotBeReleased, release_lead
from referrals.services.remind_reps import remind_reps
from referrals.services.watch_protection import watch_protection
from tests.cast import AT, all_rows, day, owner_of, partner, program, sam
from tests.leads.telling import lead_of
from tests.sales.people import lead_with, rep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def partners() -> None:
    program(partner("cy"))
    Program.objects.update(untouched_days=5, protection_days=90, time_zone="UTC")


def after(days: int) -> datetime:
    return AT + timedelta(days=days)


def told() -> list[tuple[str, str]]:
    """Who was told what by the jobs."""
    kinds = (NoticeKind.LEAD_DUE, NoticeKind.LEAD_MOVED)
    return list(Notice.objects.filter(kind__in=kinds).order_by("pk").values_list("recipient", "subject"))


LENA, OWNER = "lena@people.example", "owner.of.ada@people.example"
WAITS = (LENA, "Oak waits for you")


# -- Untouched ----------------------------------------------------------------------------------------------


def test_after_five_days_without_a_touch_the_owner_is_reminded_once() -> None:
    lead_with(rep("lena"), "Oak")
    assert remind_reps(at=after(4)) == 0
    assert remind_reps(at=after(5)) == 1
    assert remind_reps(at=after(6)) == remind_reps(at=after(60)) == 0
    assert told() == [WAITS]


def test_each_stretch_is_told_of_again() -> None:
    lena = rep("lena")
    lead = lead_with(lena, "Oak")
    remind_reps(at=after(5))
    answer_partner(lead=lead, text="We called.", by=lena.user, at=after(6))
    assert remind_reps(at=after(7)) == 0
    assert remind_reps(at=after(11)) == 1


def test_what_sales_does_is_a_touch_and_what_the_partner_asks_is_none() -> None:
    lena = rep("lena")
    lead = lead_with(lena, "Oak")

    def touched() -> datetime:
        return LeadWork.objects.get(lead=lead).touched_at

    ask_sales(lead=lead, text="Well?", by=owner_of("ada"), at=after(1))
    assert touched() == AT
    answer_partner(lead=lead, text="Soon.", by=lena.user, at=after(2))
    assert touched() == after(2)
    move_lead(lead=lead, to=Stage.QUALIFIED, by=lena.user, at=after(3))
    assert touched() == after(3)
    plan_lead(lead=lead, expected_mrr=None, next_step="Call", next_step_on=None, by=lena.user, at=after(4))
    assert touched() == after(4)


def test_leads_that_ended_and_such_without_an_owner_remind_nobody() -> None:
    lead = lead_with(rep("lena"), "Oak")
    lead_with(None, "Elm")
    move_lead(lead=lead, to=Stage.LOST, by=sam(), at=AT)
    assert remind_reps(at=after(30)) == 0


def test_a_reminder_is_for_the_staff_alone() -> None:
    lead_with(rep("lena"), "Oak")
    remind_reps(at=after(5))
    assert Notice.objects.get(kind=NoticeKind.LEAD_DUE).partner_id is None


def test_a_day_needs_a_step() -> None:
    lead = lead_with(rep("lena"), "Oak")
    before = all_rows()
    with pytest.raises(StepWithoutName):
        plan_lead(lead=lead, expected_mrr=None, next_step=" ", next_step_on=day("2027-02-01"), by=sam(), at=AT)
    assert {**all_rows(), **_people(before)} == before


def _people(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """What naming a person of the cast may write."""
    return {table: rows[table] for table in rows if table.startswith("accounts_user")}


# -- Protection ---------------------------------------------------------------------------------------------
# Registered on 1 January 2027 for 90 days: protected until 1 April.


def test_seven_days_before_the_end_the_rep_is_told_once_and_on_the_day_after_it_the_partner() -> None:
    owner_of("ada")
    lead_with(rep("lena"), "Oak")
    assert watch_protection(at=after(82)) == 0
    assert watch_protection(at=after(83)) == 1  # 25 March.
    assert watch_protection(at=after(90)) == 0
    assert watch_protection(at=after(91)) == 1  # 2 April.
    assert watch_protection(at=after(92)) == 0
    assert told() == [(LENA, "Oak: the protection ends on 1 April 2027"), (OWNER, "Oak: the protection has run out")]


def test_a_scheduler_that_stood_still_tells_later() -> None:
    owner_of("ada")
    lead_with(None, "Oak")
    assert watch_protection(at=after(100)) == 1
    assert told() == [(OWNER, "Oak: the protection has run out")]


def test_a_lead_under_review_or_ended_has_nothing_to_run_out() -> None:
    owner_of("ada"), owner_of("ben")
    for of in ("ada", "ben"):  # Ben comes second.
        lead_of(of, "Oak", "jo@oak.example")
    move_lead(lead=lead_of("ada", "Elm", "jo@elm.example"), to=Stage.LOST, by=None, at=AT)
    before = set(told())
    assert watch_protection(at=after(91)) == 1
    assert set(told()) - before == {(OWNER, "Oak: the protection has run out")}


def test_sales_extends_what_ran_out_and_the_partner_is_told() -> None:
    owner_of("ada")
    lead = lead_with(rep("lena"), "Oak")
    extend_protection(lead=lead, until=day("2027-06-30"), by=sam(), at=after(95))
    lead.refresh_from_db()
    assert lead.protected_until == day("2027-06-30")
    assert told() == [(OWNER, "Oak is protected until 30 June 2027")]


def test_it_is_not_extended_once_another_partner_came() -> None:
    lead = lead_with(None, "Oak")
    lead_of("ben", "Oak", "jo@oak.example", at=after(92))
    sales = sam()
    before = all_rows()
    with pytest.raises(CannotBeExtended, match="another partner has registered the company since"):
        extend_protection(lead=lead, until=day("2027-12-31"), by=sales, at=after(95))
    assert all_rows() == before


def test_a_released_lead_stays_unprotected_and_leaves_the_list_and_the_partner_is_told_once() -> None:
    owner_of("ada")
    lead = lead_with(rep("lena"), "Oak")
    on = Program.current().day(after(95))
    assert list(Lead.objects.ran_out(on=on)) == [lead]
    release_lead(lead=lead, by=sam(), at=after(95))
    release_lead(lead=lead, by=sam(), at=after(96))
    assert not Lead.objects.ran_out(on=on).exists()
    assert not Lead.objects.get(pk=lead.pk).is_protected(on=on)
    assert told() == [(OWNER, "Oak is no longer protected")]


def test_a_step_protects_a_released_lead_anew() -> None:
    lead = lead_with(rep("lena"), "Oak")
    release_lead(lead=lead, by=sam(), at=after(95))
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=after(96))
    assert Lead.objects.get().protected_until == Program.current().day(after(96 + 90))
    assert list(Lead.objects.ran_out(on=Program.current().day(after(200)))) == [lead]


def test_what_is_protected_cannot_be_released() -> None:
    lead = lead_with(rep("lena"), "Oak")
    sales = sam()
    before = all_rows()
    with pytest.raises(CannotBeReleased, match="Oak is protected until 1 April 2027"):
        release_lead(lead=lead, by=sales, at=AT)
    assert all_rows() == before


def test_who_waits_for_a_lead_that_is_let_go_is_protected_then() -> None:
    owner_of("ada"), owner_of("ben")
    lead = lead_with(rep("lena"), "Oak")
    waits = lead_of("ben", "Oak", "jo@oak.example")
    assert waits.is_under_review
    at = after(95)
    release_lead(lead=lead, by=sam(), at=at)
    waits.refresh_from_db()
    assert waits.protected_until == Program.current().day(at) + timedelta(days=90)
    conflict = Conflict.objects.get()
    assert (conflict.state, conflict.reason) == (ConflictState.OVER, "Oak was let go")
    bens = list(Notice.objects.filter(about="Ben Partners").values_list("subject", flat=True))
    assert bens[-1] == "Oak is your lead"
    assert Lead.objects.get(pk=lead.pk).protected_until == lead.protected_until
    third = lead_of("cy", "Oak", "jo@oak.example", at=after(96))
    assert third.is_under_review  # The one who waited comes before whoever comes now.
    with pytest.raises(CannotBeExtended, match="another partner has registered the company since"):
        extend_protection(lead=lead, until=day("2027-12-31"), by=sam(), at=after(96))
