"""Reps at the same lead at the same moment, and leads that come all at once."""

from collections import Counter

from notices.models import Notice
from referrals.models import LeadStep, LeadWork
from referrals.models.lead import Stage
from referrals.services.assign_leads import assign_leads, assign_new_leads
from referrals.services.move_lead import MovedMeanwhile, move_lead
from referrals.services.register_lead import register_lead
from referrals.services.remind_reps import remind_reps
from tests.cast import AT, owner_of, program, sam, the_partner
from tests.conftest import Databases
from tests.leads.telling import as_told, lead_of
from tests.races.test_of_eight_one_wins import all_at_once, failures
from tests.sales.people import lead_with, rep


def test_eight_move_a_lead_and_seven_hear_who_did(real_db: Databases) -> None:
    program()
    lead, by = lead_of("ada"), sam()
    outcomes = all_at_once(
        lambda: move_lead(lead=lead, to=Stage.QUALIFIED, by=by, at=AT, seen=Stage.SUBMITTED),
    )
    assert failures(outcomes) == [MovedMeanwhile] * 7
    refused = next(outcome for outcome in outcomes if isinstance(outcome, MovedMeanwhile))
    assert str(refused).startswith("Sam moved Dune Inc. to “Qualified” on ")
    assert LeadStep.objects.filter(lead=lead, stage=Stage.QUALIFIED).count() == 1


def test_eight_leads_at_once_over_four_reps_are_two_for_each(real_db: Databases) -> None:
    program()
    for name in ("kim", "lena", "mo", "nat"):
        rep(name)
    told = [as_told(letter * 9, f"jo@{letter}.example") for letter in "abcdefgh"]
    ada, by = the_partner("ada"), owner_of("ada")

    def come() -> object:
        lead = register_lead(partner=ada, by=by, **told.pop())
        assign_new_leads(at=AT)
        return lead

    assert failures(all_at_once(come)) == []
    assert Counter(LeadWork.objects.values_list("owner__user__name", flat=True)) == {
        "Kim": 2, "Lena": 2, "Mo": 2, "Nat": 2
    }  # fmt: skip


def test_a_lead_that_is_swept_and_given_by_hand_at_once_ends_with_the_chosen_rep(real_db: Databases) -> None:
    program()
    rep("kim")
    lena = rep("lena", is_active=False)
    leads = [lead_with(None, name) for name in ("Oak", "Elm", "Ash")]
    turns = [lambda: assign_new_leads(at=AT), lambda: assign_leads(leads=leads[::-1], to=lena, by=None, at=AT)] * 4
    outcomes = all_at_once(lambda: turns.pop()())
    assert failures(outcomes) == []
    assert set(LeadWork.objects.values_list("owner", flat=True)) == {lena.pk}


def test_eight_schedulers_remind_once(real_db: Databases) -> None:
    program()
    lead_with(rep("lena"), "Oak")
    late = AT.replace(month=3)
    assert failures(all_at_once(lambda: remind_reps(at=late))) == []
    assert Notice.objects.filter(recipient="lena@people.example").count() == 1
