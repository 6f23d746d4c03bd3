"""Leads go to each CRM, their moves too, and moves that are made there come back: the last change wins by time."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from integrations.crm.models import LeadSync
from notices.models import Event
from referrals.models import Lead, LeadStep
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from tests.cast import program, sam
from tests.integrations.crm.desk import Desk, stage_of
from tests.leads.telling import lead_of, walk, win

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def test_a_lead_goes_there_with_its_stage_and_what_is_mapped(desk: Desk) -> None:
    lead = lead_of("ada", agents=25, note="Not mapped")
    desk.connect()
    desk.minute()
    deal, sync = desk.crm.deal(), desk.sync(lead)
    assert (sync.state, sync.their_id, sync.error) == ("synced", deal.id, "")
    assert deal.stage == desk.theirs(Stage.SUBMITTED)
    assert {"Dune Inc.", "Dan Dune", f"lead-{lead.pk}"} <= set(map(str, deal.values.values()))
    assert "25" in map(str, deal.values.values())
    assert "Not mapped" not in str(deal.values)
    assert "Ada Partners" not in str(deal.values)


def test_each_move_here_is_made_there(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    for to in (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL):
        move_lead(lead=lead, to=to, by=sam(), at=desk.at)
        desk.minute()
        assert desk.crm.deal().stage == desk.theirs(to)
    assert len(desk.crm.deals) == 1


@pytest.mark.parametrize("to", [Stage.LOST, Stage.REJECTED])
def test_a_lead_that_ended_is_lost_there(desk: Desk, to: Stage) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    move_lead(lead=lead, to=to, by=sam(), at=desk.at, reason="Too small")
    desk.minute()
    assert desk.crm.deal().stage == desk.theirs(to)


def test_a_lead_that_was_won_is_won_there(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    win(lead, at=desk.at)
    desk.minute()
    assert desk.crm.deal().stage == desk.theirs(Stage.WON)


def test_a_deal_that_is_moved_there_moves_the_lead_here(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    desk.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    step = LeadStep.objects.filter(lead=lead).latest("id")
    assert step.by is None
    assert Event.objects.filter(kind="lead.moved", subject=f"lead {lead.pk}").count() == 1
    entry = AuditEntry.objects.get(action="lead followed CRM")
    assert (entry.subject, entry.details["crm"]) == (f"lead {lead.pk}", desk.kind.value)


def test_what_came_back_is_not_written_there_again(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    desk.minute()
    before, asked = len(desk.crm.writes()), desk.sync(lead).asked
    for _ in range(4):
        desk.minute()
    assert len(desk.crm.writes()) == before
    assert desk.sync(lead).asked == asked
    assert LeadStep.objects.filter(lead=lead).count() == 2


def test_what_we_wrote_is_recognised_when_it_comes_back(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=desk.at)
    for _ in range(5):
        desk.minute()
    assert len(desk.crm.writes()) == 2
    assert LeadStep.objects.filter(lead=lead).count() == 2
    # It was read again neither: nothing there is newer than what we wrote.
    reads = [call for call in desk.crm.calls if call.method == "GET" and call.path.endswith(desk.crm.deal().id)]
    assert len(reads) == 1


def test_another_change_there_does_not_move_anything(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    deal = desk.crm.deal()
    deal.updated = desk.crm.tick()
    desk.minute()
    assert (stage_of(lead), len(desk.crm.writes())) == (Stage.SUBMITTED, 1)


def test_of_two_changes_the_later_one_wins_ours(desk: Desk) -> None:
    lead = walk(lead_of("ada"), Stage.QUALIFIED)
    desk.connect()
    desk.minute()
    desk.crm.move(desk.theirs(Stage.LOST), at=desk.at + timedelta(seconds=10))
    desk.crm.deal().updated = desk.at + timedelta(seconds=30)  # Something else was changed after it.
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=desk.at + timedelta(seconds=20))
    desk.minute()
    assert stage_of(lead) == Stage.DEMO_SCHEDULED
    assert desk.crm.deal().stage == desk.theirs(Stage.DEMO_SCHEDULED)


def test_of_two_changes_the_later_one_wins_theirs(desk: Desk) -> None:
    lead = walk(lead_of("ada"), Stage.QUALIFIED)
    desk.connect()
    desk.minute()
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=desk.at + timedelta(seconds=10))
    desk.crm.move(desk.theirs(Stage.LOST), at=desk.at + timedelta(seconds=20))
    desk.minute()
    assert stage_of(lead) == Stage.LOST
    assert desk.crm.deal().stage == desk.theirs(Stage.LOST)


def test_both_sides_change_in_turn_and_nothing_bounces(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=desk.at)
    desk.minute()
    desk.crm.move(desk.theirs(Stage.DEMO_SCHEDULED))
    desk.minute()
    move_lead(lead=Lead.objects.get(), to=Stage.DEMO_DONE, by=sam(), at=desk.at)
    desk.minute()
    desk.crm.move(desk.theirs(Stage.PROPOSAL))
    for _ in range(5):
        desk.minute()
    assert stage_of(lead) == Stage.PROPOSAL
    assert [step.stage for step in LeadStep.objects.filter(lead=lead)] == [
        "submitted", "qualified", "demo_scheduled", "demo_done", "proposal",
    ]  # fmt: skip
    assert len(desk.crm.writes()) == 3  # The first one, and the two moves that were made here.


def test_a_deal_that_somebody_makes_there_makes_no_lead(desk: Desk) -> None:
    desk.connect()
    desk.crm.add({}, desk.theirs(Stage.SUBMITTED))
    desk.minute()
    assert (Lead.objects.count(), LeadSync.objects.count()) == (0, 0)


def test_many_pages_of_changes_are_read(desk: Desk) -> None:
    leads = [lead_of("ada", f"Oak {number}x{number}", f"jo@oak{number}.example") for number in range(7)]
    desk.connect()
    desk.minute()
    desk.crm.page = 2  # type: ignore[attr-defined]
    for number in range(7):
        desk.crm.move(desk.theirs(Stage.QUALIFIED), number)
    desk.minute()
    assert {stage_of(lead) for lead in leads} == {Stage.QUALIFIED}
