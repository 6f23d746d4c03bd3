"""Whose lead it is: given by hand, by the partner's own rep, or in turn."""

from collections import Counter
from datetime import timedelta

import pytest

from accounts.models import AuditEntry, User
from accounts.rights import NotPermitted
from referrals.models import Lead, LeadWork, PartnerRep, Rep
from referrals.models.lead import Stage
from referrals.services.assign_leads import RepIsGone, assign_by_rule, assign_leads, assign_new_leads
from referrals.services.move_lead import move_lead
from referrals.services.set_up_reps import NotOfSales, TeamIsThere, make_team, set_partner_rep, set_rep
from referrals.tasks import sweep_leads
from tests.cast import AT, all_rows, fay, pam, program, sam, the_partner
from tests.leads.telling import lead_of
from tests.sales.people import lead_with, rep

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def partners() -> None:
    program()


def leads(count: int, of: str = "ada") -> list[Lead]:
    return [lead_of(of, f"{of}{'xyzvwuts'[n] * 6}", f"jo@{of}{n}.example") for n in range(count)]


def owner(lead: Lead) -> str:
    return str(LeadWork.objects.get(lead=lead).owner or "")


# -- By hand ------------------------------------------------------------------------------------------------


def test_leads_are_given_to_a_rep_and_the_trail_says_by_whom() -> None:
    lena, given = rep("lena"), leads(2)
    assert assign_leads(leads=given, to=lena, by=pam(), at=LATER) == 2
    assert [owner(lead) for lead in given] == ["Lena", "Lena"]
    assert LeadWork.objects.filter(touched_at=LATER).count() == 2
    trail = AuditEntry.objects.filter(action="lead assigned").order_by("pk")
    assert [(entry.by, entry.subject, entry.details["to"]) for entry in trail] == [
        (pam(), f"lead {lead.pk}", "lena@people.example") for lead in given
    ]


def test_giving_twice_changes_nothing_the_second_time() -> None:
    lena, given = rep("lena"), leads(1)
    assign_leads(leads=given, to=lena, by=pam(), at=AT)
    before = all_rows()
    assert assign_leads(leads=given, to=lena, by=pam(), at=LATER) == 0
    assert all_rows() == before


def test_an_ended_lead_keeps_its_owner() -> None:
    kim, lena = rep("kim"), rep("lena")
    lead = lead_with(kim, "Oak")
    move_lead(lead=lead, to=Stage.LOST, by=kim.user, at=AT)
    assert assign_leads(leads=[lead], to=lena, by=pam(), at=AT) == 0
    assert owner(lead) == "Kim"


def test_nobody_gives_without_the_right_or_to_somebody_who_left() -> None:
    lena, given = rep("lena"), leads(1)
    finance = fay()
    User.objects.filter(pk=lena.user_id).update(is_active=False)
    lena = Rep.objects.get()
    before = all_rows()
    with pytest.raises(NotPermitted):
        assign_leads(leads=given, to=lena, by=finance, at=AT)
    with pytest.raises(RepIsGone, match="Lena has left; choose another rep"):
        assign_leads(leads=given, to=lena, by=None, at=AT)
    assert all_rows() == before


# -- By the rule --------------------------------------------------------------------------------------------


def test_reps_take_turns_and_the_next_minute_goes_on_where_the_last_stopped() -> None:
    for name in ("kim", "lena", "mo"):
        rep(name)
    first = leads(4)
    assert assign_new_leads(at=AT) == 4
    second = leads(2, "ben")
    assert assign_new_leads(at=LATER) == 2
    assert [owner(lead) for lead in (*first, *second)] == ["Kim", "Lena", "Mo", "Kim", "Lena", "Mo"]


def test_a_sweep_that_comes_twice_gives_nothing_again() -> None:
    rep("kim")
    leads(1)
    sweep_leads()
    before = all_rows()
    sweep_leads()
    assert all_rows() == before


def test_a_partners_own_rep_comes_before_turns_and_does_not_use_one_up() -> None:
    kim, lena = rep("kim"), rep("lena")
    set_partner_rep(partner=the_partner("ada"), rep=lena, by=None, at=AT)
    adas, bens = leads(3), leads(2, "ben")
    assign_new_leads(at=AT)
    assert [owner(lead) for lead in adas] == ["Lena"] * 3
    assert Counter(owner(lead) for lead in bens) == {"Kim": 1, "Lena": 1}
    assert kim != lena


def test_an_own_rep_who_takes_no_leads_is_passed_over() -> None:
    kim, lena = rep("kim"), rep("lena")
    set_partner_rep(partner=the_partner("ada"), rep=lena, by=None, at=AT)
    set_rep(user=lena.user, team=None, is_active=False, by=None, at=AT)
    (lead,) = leads(1)
    assign_new_leads(at=AT)
    assert owner(lead) == "Kim"
    assert kim.is_active


@pytest.mark.parametrize("gone", ["switched off", "left", "lost the role"])
def test_who_takes_no_leads_gets_none(gone: str) -> None:
    lena = rep("lena", is_active=gone != "switched off")
    if gone == "left":
        User.objects.filter(pk=lena.user_id).update(is_active=False)
    elif gone == "lost the role":
        lena.user.groups.clear()
    (lead,) = leads(1)
    assert assign_new_leads(at=AT) == 0
    assert owner(lead) == ""
    rep("kim")
    assert assign_new_leads(at=AT) == 1
    assert owner(lead) == "Kim"


def test_the_leads_of_one_who_left_are_given_out_by_the_rule() -> None:
    kim = rep("kim")
    adas = leads(2)
    assign_new_leads(at=AT)
    rep("lena"), rep("mo")
    set_rep(user=kim.user, team=None, is_active=False, by=None, at=AT)
    assert assign_by_rule(leads=adas, by=pam(), at=LATER) == 2
    assert sorted(owner(lead) for lead in adas) == ["Lena", "Mo"]


# -- Reps, teams, partners ----------------------------------------------------------------------------------


def test_only_who_may_move_leads_becomes_a_rep() -> None:
    with pytest.raises(NotOfSales, match="Fay may not move leads: give the role Sales first"):
        set_rep(user=fay(), team=None, is_active=True, by=pam(), at=AT)
    assert not Rep.objects.exists()


def test_a_team_has_its_name_for_itself() -> None:
    make_team(name="East", by=pam(), at=AT)
    with pytest.raises(TeamIsThere):
        make_team(name=" East ", by=pam(), at=AT)


def test_a_rep_does_not_set_up_the_team() -> None:
    lena = rep("lena")
    before = all_rows()
    with pytest.raises(NotPermitted):
        make_team(name="East", by=sam(), at=AT)
    with pytest.raises(NotPermitted):
        set_rep(user=lena.user, team=None, is_active=False, by=lena.user, at=AT)
    with pytest.raises(NotPermitted):
        set_partner_rep(partner=the_partner("ada"), rep=lena, by=lena.user, at=AT)
    assert {table: rows for table, rows in all_rows().items() if table.startswith("referrals")} == {
        table: rows for table, rows in before.items() if table.startswith("referrals")
    }


def test_a_partner_goes_back_to_the_turns() -> None:
    set_partner_rep(partner=the_partner("ada"), rep=rep("lena"), by=pam(), at=AT)
    set_partner_rep(partner=the_partner("ada"), rep=None, by=pam(), at=AT)
    assert not PartnerRep.objects.exists()
