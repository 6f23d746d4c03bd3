"""A lead is won with what billing needs, and a win that was a mistake is taken back with a reason (A)."""

from datetime import date, timedelta

import pytest

from accounts.rights import NotPermitted
from clients.models import Client, WinCorrection
from clients.services.correct_win import CannotBeCorrected, correct_win
from clients.services.win_lead import BillingReferenceIsTaken, CannotBeWonYet, win_lead
from commissions.month_facts import facts_in
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import LeadCannotMove
from tests.cast import AT, all_rows, client, close, day, monthly, owner_of, pam, program, record, sam, the_partner
from tests.leads.telling import lead_of, walk, win

pytestmark = pytest.mark.django_db
ON = day("2027-01-01")
LATER = AT + timedelta(days=20)
REASON = "They signed for a trial only"


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    program(client("oak"))
    owner_of("ada")
    sam(), pam()


def correct(lead: Lead, reason: str = REASON) -> WinCorrection:
    return correct_win(lead=lead, reason=reason, by=pam(), at=LATER)


def test_a_won_lead_is_a_client_with_its_term() -> None:
    lead = walk(lead_of("ada"), Stage.PROPOSAL)
    made = win_lead(lead=lead, closed_on=ON, reference="dune", contract_months=3, by=sam(), at=AT)
    assert (made.lead, made.partner, made.closed_on, made.contract_months) == (lead, the_partner("ada"), ON, 3)
    assert made.canceled_on is None


@pytest.mark.parametrize("stage", [Stage.SUBMITTED, Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE])
def test_no_stage_is_skipped(stage: Stage) -> None:
    lead = walk(lead_of("ada"), stage)
    before = all_rows()
    with pytest.raises(LeadCannotMove, match="cannot become “Won” from there"):
        win_lead(lead=lead, closed_on=ON, reference="dune", by=sam(), at=AT)
    assert all_rows() == before


@pytest.mark.parametrize(
    ("closed_on", "match"),
    [
        (day("2027-01-02"), "2 January 2027 is in the future"),
        (day("2026-12-31"), "what closed before is no referral"),
    ],
)
def test_a_close_date_is_a_day_from_the_registration_to_today(closed_on: date, match: str) -> None:
    lead = walk(lead_of("ada"), Stage.PROPOSAL)
    before = all_rows()
    with pytest.raises(CannotBeWonYet, match=match):
        win_lead(lead=lead, closed_on=closed_on, reference="dune", by=sam(), at=AT)
    assert all_rows() == before


@pytest.mark.parametrize("reference", ["oak", "OAK"])
def test_a_reference_that_is_taken_is_refused_and_whose_it_is_named(reference: str) -> None:
    lead = walk(lead_of("ada"), Stage.PROPOSAL)
    before = all_rows()
    with pytest.raises(BillingReferenceIsTaken, match=r"“oak” is the billing reference of Oak Inc\., a client of Ada"):
        win_lead(lead=lead, closed_on=ON, reference=reference, by=sam(), at=AT)
    assert all_rows() == before


# -- Taking it back --


def test_a_correction_puts_the_lead_back_and_takes_the_client_out() -> None:
    lead = lead_of("ada")
    made = win(lead)
    correction = correct(lead)
    lead, made = Lead.objects.get(pk=lead.pk), Client.objects.get(pk=made.pk)
    assert (lead.stage, lead.protected_until) == (Stage.PROPOSAL, day("2027-04-21"))  # 21 January + 90 days.
    assert (made.lead, made.canceled_on, made.closed_on) == (None, ON, ON)
    assert (correction.client, correction.lead, correction.closed_on, correction.by) == (made, lead, ON, pam())
    step = lead.steps.latest("id")
    assert (step.stage, step.reason, step.by) == (Stage.PROPOSAL, REASON, pam())
    notice = Notice.objects.latest("id")
    assert (notice.kind, notice.subject) == (NoticeKind.LEAD_MOVED, "Dune Inc. is back at “Proposal”")
    assert REASON in notice.body


def test_a_corrected_client_earns_nothing_and_changes_nothing() -> None:
    record(monthly("oak", "2027-01", "1000.00"))
    lead = lead_of("ada")
    win(lead)
    correct(lead)
    assert close("2027-01", at=AT + timedelta(days=40)) == {"ada oak 2027-01": "200.00"}


def test_a_months_page_counts_it_neither_as_closed_nor_as_cancelled() -> None:
    lead = lead_of("ada")
    win(lead)
    counted = facts_in(ON)
    assert (counted.closed, counted.cancelled) == (1, 0)
    correct(lead)
    counted = facts_in(ON)
    assert (counted.closed, counted.cancelled) == (0, 0)
    win_lead(lead=lead, closed_on=ON, reference="dune", by=sam(), at=LATER)
    counted = facts_in(ON)
    assert (counted.closed, counted.cancelled) == (1, 0)


def test_the_same_lead_is_won_again_with_the_same_reference() -> None:
    lead = lead_of("ada")
    made = win(lead)
    correct(lead)
    closed_on = day("2027-01-15")
    again = win_lead(lead=lead, closed_on=closed_on, reference="DUNE", contract_months=12, by=sam(), at=LATER)
    assert (again.pk, again.reference, again.closed_on, again.canceled_on) == (made.pk, "dune", closed_on, None)
    assert (again.lead, again.contract_months) == (lead, 12)
    assert [row.canceled_on for row in again.history.order_by("batch")] == [None, ON, None]
    record(monthly("dune", "2027-02", "1000.00"))
    assert close("2027-02", at=AT + timedelta(days=70)) == {"ada dune 2027-02": "200.00"}


def test_it_is_won_again_with_another_reference_too() -> None:
    lead = lead_of("ada")
    first = win(lead)
    correct(lead)
    second = win_lead(lead=lead, closed_on=ON, reference="dune-2", by=sam(), at=LATER)
    assert second.pk != first.pk
    assert Client.objects.get(lead=lead) == second
    correct(lead)
    assert WinCorrection.objects.filter(lead=lead).count() == 2


def test_another_partners_lead_may_take_up_the_reference() -> None:
    lead = lead_of("ada")
    made = win(lead)
    correct(lead)
    other = walk(lead_of("ben", "Elm", "x@elm.example", at=LATER), Stage.PROPOSAL, at=LATER)
    again = win_lead(lead=other, closed_on=day("2027-01-21"), reference="dune", by=sam(), at=LATER)
    assert (again.pk, again.partner, again.name) == (made.pk, the_partner("ben"), "Elm")


def test_what_was_billed_is_not_undone() -> None:
    lead = lead_of("ada")
    win(lead)
    record(monthly("dune", "2027-01", "10.00", paid=None))
    manager = pam()
    before = all_rows()
    with pytest.raises(CannotBeCorrected, match="Billing facts were recorded for dune"):
        correct_win(lead=lead, reason=REASON, by=manager, at=LATER)
    assert all_rows() == before


def test_only_a_win_is_corrected_with_a_reason_and_by_a_manager() -> None:
    lead = lead_of("ada")
    other = lead_of("ben", "Elm", "x@elm.example")
    win(lead)
    before = all_rows()
    with pytest.raises(CannotBeCorrected, match="there is no win to take back"):
        correct(other)
    with pytest.raises(CannotBeCorrected, match="Write the reason"):
        correct(lead, " ")
    with pytest.raises(NotPermitted):
        correct_win(lead=lead, reason=REASON, by=sam(), at=LATER)
    assert all_rows() == before
