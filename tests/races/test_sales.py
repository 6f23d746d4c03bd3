"""Reps at the same lead at the same moment, and leads that come all at once."""

from collections import Counter

from clients.models import Client, WinCorrection
from clients.services.correct_win import CannotBeCorrected, correct_win
from clients.services.win_lead import win_lead
from notices.models import Notice
from referrals.models import Lead, LeadStep, LeadWork
from referrals.models.lead import Stage
from referrals.services.assign_leads import assign_leads, assign_new_leads
from referrals.services.move_lead import MovedMeanwhile, move_lead
from referrals.services.register_lead import register_lead
from referrals.services.remind_reps import remind_reps
from tests.cast import AT, owner_of, pam, program, sam, the_partner
from tests.conftest import Databases
from tests.leads.telling import as_told, lead_of, walk, win
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


def test_eight_win_a_lead_with_a_reference_each_and_seven_hear_who_did(real_db: Databases) -> None:
    program()
    lead, by = walk(lead_of("ada"), Stage.PROPOSAL), sam()
    numbers = iter(range(8))

    def win_it() -> object:
        return win_lead(
            lead=lead, closed_on=lead.registered_on, reference=f"dune-{next(numbers)}", by=by, at=AT,
            seen=Stage.PROPOSAL,
        )  # fmt: skip

    assert failures(all_at_once(win_it)) == [MovedMeanwhile] * 7
    assert Client.objects.filter(lead=lead).count() == Client.objects.count() == 1
    assert LeadStep.objects.filter(lead=lead, stage=Stage.WON).count() == 1


def test_a_win_is_taken_back_once(real_db: Databases) -> None:
    program()
    win(lead_of("ada"))
    lead, by = Lead.objects.get(), pam()
    outcomes = all_at_once(lambda: correct_win(lead=lead, reason="Another Dune", by=by, at=AT))
    assert failures(outcomes) == [CannotBeCorrected] * 7
    assert WinCorrection.objects.count() == 1
    assert Lead.objects.get().stage == Stage.PROPOSAL
