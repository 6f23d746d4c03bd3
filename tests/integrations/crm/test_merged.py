"""Deals that somebody merges there: HubSpot makes a new one of two, and tells of it whoever asks for one of them."""

import pytest

from integrations.crm.models import SyncState
from integrations.crm.services.try_again import try_again
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from tests.cast import program, sam
from tests.integrations.crm.desk import Desk, stage_of
from tests.integrations.crm.hubspot import HubSpot
from tests.integrations.crm.standin import Deal
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def merge(desk: Desk, primary: Deal, other: Deal) -> Deal:
    assert isinstance(desk.crm, HubSpot)
    return desk.crm.merge(primary, other)


@pytest.mark.parametrize("is_primary", [True, False])
def test_a_deal_that_is_merged_with_one_of_their_own_goes_on_as_the_new_one(hubspot: Desk, is_primary: bool) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    ours, theirs = hubspot.crm.deal(), hubspot.crm.add({"dealname": "Made by hand"}, "appointmentscheduled")
    merged = merge(hubspot, *((ours, theirs) if is_primary else (theirs, ours)))
    hubspot.minute()
    sync = hubspot.sync(lead)
    assert (sync.their_id, sync.state, sync.task, sync.is_gone) == (merged.id, SyncState.SYNCED, "", False)
    merged.stage, merged.updated = hubspot.theirs(Stage.QUALIFIED), hubspot.crm.tick()
    hubspot.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    move_lead(lead=Lead.objects.get(), to=Stage.DEMO_SCHEDULED, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert merged.stage == hubspot.theirs(Stage.DEMO_SCHEDULED)


def test_of_two_leads_whose_deals_are_merged_one_keeps_it_and_the_other_is_for_a_person(hubspot: Desk) -> None:
    kept, lost = lead_of("ada", "Oak", "jo@oak.example"), lead_of("ada", "Elm", "jo@elm.example")
    hubspot.connect()
    hubspot.minute()
    merged = merge(hubspot, hubspot.crm.deal(0), hubspot.crm.deal(1))
    move_lead(lead=lost, to=Stage.QUALIFIED, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert (hubspot.sync(kept).their_id, hubspot.sync(kept).task) == (merged.id, "")
    sync = hubspot.sync(lost)
    assert (sync.is_gone, "was merged" in sync.task) == (True, True)
    assert merged.stage == hubspot.theirs(Stage.SUBMITTED)  # The other lead's stage was not written there.
    try_again(sync=sync, by=sam(), at=hubspot.at)
    hubspot.minute()
    again = hubspot.sync(lost)
    assert (again.is_gone, again.task, again.state) == (False, "", SyncState.SYNCED)
    assert hubspot.crm.deals[again.their_id].stage == hubspot.theirs(Stage.QUALIFIED)
    assert again.their_id != merged.id


def test_a_merged_deal_is_not_looked_at_again_and_again(hubspot: Desk) -> None:
    lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    merge(hubspot, hubspot.crm.deal(), hubspot.crm.add({"dealname": "Made by hand"}, "appointmentscheduled"))
    hubspot.minute(2)
    calls = len(hubspot.crm.calls)
    hubspot.minute(2)
    assert [call.path for call in hubspot.crm.calls[calls:]] == ["/crm/v3/objects/deals/search"]


@pytest.mark.parametrize("key", ["lead-", "lead-x", "lead-" + "9" * 400, "lead-١٢", "lead--1", "x"])
def test_a_number_that_is_none_is_passed_by(hubspot: Desk, key: str) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    hubspot.crm.add({"dealname": "Made by hand", "tributary_lead": key}, "appointmentscheduled")
    hubspot.minute()
    assert (hubspot.sync(lead).state, hubspot.connection.error) == (SyncState.SYNCED, "")


def test_another_deal_in_the_place_of_ours_is_not_taken_for_it(desk: Desk) -> None:
    """An answer about a deal that was not asked for, and does not carry our number, is for a person."""
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    other = desk.crm.add({**desk.crm.deal().values, desk.connection.key_field: "lead-999999"}, desk.crm.deal().stage)
    kept = desk.crm.deal().id
    desk.crm.deals[kept] = other
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=desk.at)
    desk.minute()
    assert (desk.sync(lead).is_gone, desk.sync(lead).their_id) == (True, kept)
    assert other.stage == desk.theirs(Stage.SUBMITTED)
