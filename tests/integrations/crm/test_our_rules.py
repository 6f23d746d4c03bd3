"""What a CRM says never overrides the program's rules: what cannot be is put back, or asked of a person, and shown."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEntry
from clients.services.win_lead import win_lead
from integrations.crm.models import CrmKind, SyncState
from integrations.crm.services.keep_connection import map_connection
from integrations.crm.services.settle_leads import MOST_PUT_BACK, values_of
from integrations.crm.services.try_again import try_again
from integrations.crm.services.weigh_stages import Sides, Step, weigh
from integrations.crm.vendors.common import Pipeline, Refused
from integrations.crm.vendors.pipedrive import PipedriveClient
from notices.models import Notice
from referrals.models import Lead, LeadStep
from referrals.models.lead import Channel, Stage
from referrals.services.move_lead import move_lead
from tests.cast import program, sam
from tests.integrations.crm import hubspot as crm_hubspot
from tests.integrations.crm import pipedrive as crm_pipedrive
from tests.integrations.crm import zoho as crm_zoho
from tests.integrations.crm.desk import Desk, stage_of, stages
from tests.leads.telling import lead_of, walk, win
from tests.sales.people import lead_with, rep

pytestmark = pytest.mark.django_db
S = Stage


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def at_stage(desk: Desk, stage: Stage) -> Lead:
    """A lead that is at a stage here and there."""
    lead = walk(lead_of("ada"), stage)
    desk.connect()
    desk.minute()
    return lead


def test_a_win_there_is_for_sales_to_finish_here(desk: Desk) -> None:
    lead = lead_with(rep("lena"), "Oak")
    lead = walk(lead, Stage.PROPOSAL)
    desk.connect()
    desk.minute()
    desk.crm.move(desk.theirs(Stage.WON))
    desk.minute()
    sync = desk.sync(lead)
    assert stage_of(lead) == Stage.PROPOSAL
    assert "with the close date and the billing reference" in sync.task
    assert desk.crm.deal().stage == desk.theirs(Stage.WON)
    told = Notice.objects.filter(key__startswith="crm:")
    assert [(each.recipient, each.path) for each in told] == [("lena@people.example", f"/sales/leads/{lead.pk}/")]
    for _ in range(3):
        desk.minute()
    assert told.count() == 1
    lead.refresh_from_db()
    win_lead(lead=lead, closed_on=lead.registered_on, reference="oak", by=sam(), at=desk.at)
    desk.minute()
    assert (desk.sync(lead).task, desk.sync(lead).state) == ("", SyncState.SYNCED)
    assert desk.crm.deal().stage == desk.theirs(Stage.WON)


def test_a_jump_is_put_back_and_shown(desk: Desk) -> None:
    lead = at_stage(desk, Stage.QUALIFIED)
    desk.crm.move(desk.theirs(Stage.PROPOSAL))
    desk.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    assert desk.crm.deal().stage == desk.theirs(Stage.QUALIFIED)
    sync = desk.sync(lead)
    assert "which cannot follow “Qualified” here. The deal was put back" in sync.note
    assert (sync.state, sync.task) == (SyncState.SYNCED, "")


def test_what_is_moved_again_each_time_is_left_for_a_person(hubspot: Desk) -> None:
    lead = at_stage(hubspot, Stage.QUALIFIED)
    for _ in range(MOST_PUT_BACK + 3):
        hubspot.crm.move(hubspot.theirs(Stage.PROPOSAL))
        hubspot.minute()
    sync = hubspot.sync(lead)
    assert "each time it was put back" in sync.task
    assert len(hubspot.crm.writes()) == 1 + MOST_PUT_BACK
    assert hubspot.crm.deal().stage == hubspot.theirs(Stage.PROPOSAL)
    try_again(sync=sync, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert hubspot.crm.deal().stage == hubspot.theirs(Stage.QUALIFIED)
    assert hubspot.sync(lead).task == ""


@pytest.mark.parametrize("ended", [Stage.LOST, Stage.REJECTED, Stage.WON])
def test_nothing_leads_out_of_an_end(hubspot: Desk, ended: Stage) -> None:
    lead = at_stage(hubspot, Stage.PROPOSAL)
    if ended == Stage.WON:
        win(lead, at=hubspot.at)
    else:
        move_lead(lead=lead, to=ended, by=sam(), at=hubspot.at, reason="Too small")
    hubspot.minute()
    for there in (Stage.QUALIFIED, Stage.LOST if ended == Stage.WON else Stage.WON):
        hubspot.crm.move(hubspot.theirs(there))
        hubspot.minute()
        assert stage_of(lead) == ended
        assert hubspot.crm.deal().stage == hubspot.theirs(ended)
        assert "was put back" in hubspot.sync(lead).note


def test_a_lead_under_review_goes_nowhere_and_comes_once_it_is_decided(hubspot: Desk) -> None:
    first = lead_of("ada")
    later = lead_of("ben")
    assert later.is_under_review
    hubspot.connect()
    hubspot.minute()
    assert len(hubspot.crm.deals) == 1
    move_lead(lead=first, to=Stage.LOST, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert {deal.values["tributary_lead"] for deal in hubspot.crm.deals.values()} == {
        f"lead-{first.pk}",
        f"lead-{later.pk}",
    }


def test_a_lead_that_comes_under_review_is_neither_moved_nor_written(hubspot: Desk) -> None:
    lead = at_stage(hubspot, Stage.SUBMITTED)
    until = lead.protected_until
    Lead.objects.filter(pk=lead.pk).update(protected_until=None, contact="Somebody else")
    hubspot.crm.move(hubspot.theirs(Stage.QUALIFIED))
    hubspot.minute()
    assert stage_of(lead) == Stage.SUBMITTED
    assert "under review" in hubspot.sync(lead).task
    assert len(hubspot.crm.writes()) == 1
    Lead.objects.filter(pk=lead.pk).update(protected_until=until)
    hubspot.minute()
    assert (stage_of(lead), hubspot.sync(lead).task) == (Stage.QUALIFIED, "")
    assert hubspot.crm.deal().values["contact_name"] == "Somebody else"


def test_leads_that_had_ended_before_stay_away(hubspot: Desk) -> None:
    move_lead(lead=lead_of("ada"), to=Stage.LOST, by=sam(), at=hubspot.at)
    hubspot.connect()
    hubspot.minute()
    assert hubspot.crm.deals == {}


def test_a_lead_that_its_partner_has_not_confirmed_is_put_back(hubspot: Desk) -> None:
    lead = lead_of("ada", channel=Channel.INTRODUCTION, is_attested=False)
    hubspot.connect()
    hubspot.minute()
    hubspot.crm.move(hubspot.theirs(Stage.QUALIFIED))
    hubspot.minute()
    assert stage_of(lead) == Stage.SUBMITTED
    assert hubspot.crm.deal().stage == hubspot.theirs(Stage.SUBMITTED)
    assert "has yet to confirm" in hubspot.sync(lead).note
    hubspot.minute()
    assert len(hubspot.crm.writes()) == 2


def test_a_deal_in_a_stage_that_is_not_mapped_is_shown(pipedrive: Desk) -> None:
    lead = at_stage(pipedrive, Stage.QUALIFIED)
    pipedrive.crm.move("77")
    pipedrive.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    assert "no stage here stands for" in pipedrive.sync(lead).task
    assert pipedrive.crm.deal().stage == "77"


def test_a_stage_that_was_made_there_since_has_its_name_and_can_be_mapped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = at_stage(desk, Stage.QUALIFIED)
    rows: dict[CrmKind, tuple[Any, Any, str]] = {
        CrmKind.HUBSPOT: (crm_hubspot, ("negotiation1", "In negotiation", "0.5", "false"), "negotiation1"),
        CrmKind.PIPEDRIVE: (crm_pipedrive, (77, "In negotiation"), "77"),
        CrmKind.ZOHO: (crm_zoho, ("In negotiation", "Open"), "In negotiation"),
    }
    module, row, key = rows[desk.kind]
    monkeypatch.setattr(module, "STAGES", (*module.STAGES, row))
    desk.crm.move(key)
    desk.minute()
    assert "says “In negotiation”, which no stage here stands for" in desk.sync(lead).task
    told = {**stages(desk.kind), Stage.DEMO_SCHEDULED.value: key}
    pipeline = desk.connection.choices["pipelines"][0]["key"]
    map_connection(connection=desk.connection, pipeline=pipeline, stages=told, fields={}, by=None, at=desk.at)


def test_stages_that_are_not_told_hold_nothing_up(pipedrive: Desk) -> None:
    lead = at_stage(pipedrive, Stage.QUALIFIED)
    pipedrive.crm.move("77")
    kept = pipedrive.connection.choices
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(PipedriveClient, "pipelines", refuse)
        pipedrive.minute()
    assert "says “77”, which no stage here stands for" in pipedrive.sync(lead).task
    assert (pipedrive.connection.choices, pipedrive.sync(lead).state) == (kept, SyncState.SYNCED)


def refuse(client: PipedriveClient) -> list[Pipeline]:
    raise Refused("you may not see it")


def test_a_deal_that_was_deleted_there_is_for_a_person(desk: Desk) -> None:
    lead = at_stage(desk, Stage.QUALIFIED)
    desk.crm.deal().is_gone = True
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=desk.at)
    desk.minute()
    sync = desk.sync(lead)
    assert (sync.is_gone, len(desk.crm.deals)) == (True, 1)
    assert "was deleted" in sync.task
    try_again(sync=sync, by=sam(), at=desk.at)
    desk.minute()
    assert len(desk.crm.deals) == 2
    assert desk.crm.deal(1).stage == desk.theirs(Stage.DEMO_SCHEDULED)
    assert desk.sync(lead).task == ""


def test_fields_that_were_changed_there_stay_and_are_shown(desk: Desk) -> None:
    lead = lead_of("ada", agents=25)
    desk.connect()
    desk.minute()
    field = desk.connection.fields["contact"]
    desk.crm.change(field, "Dora Dune")
    desk.minute()
    assert Lead.objects.get().contact == "Dan Dune"
    assert desk.sync(lead).differs == "Contact: “Dora Dune” there, “Dan Dune” here"
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=desk.at)
    desk.minute()
    assert desk.crm.deal().values[field] == "Dora Dune"
    assert desk.crm.deal().stage == desk.theirs(Stage.QUALIFIED)
    Lead.objects.filter(pk=lead.pk).update(contact="Dana Dune")
    desk.minute()
    assert desk.crm.deal().values[field] == "Dana Dune"
    assert desk.sync(lead).differs == ""


def test_what_was_guessed_from_an_e_mail_is_put_right_there_and_comes_back(desk: Desk) -> None:
    lead = lead_of("ada", channel=Channel.INTRODUCTION)
    desk.connect()
    desk.minute()
    field = desk.connection.fields["contact"]
    desk.crm.change(field, "Dora Dune")
    for _ in range(3):
        desk.minute()
    assert Lead.objects.get().contact == "Dora Dune"
    assert (desk.sync(lead).differs, len(desk.crm.writes())) == ("", 1)
    assert AuditEntry.objects.filter(action="lead corrected by CRM").count() == 1
    desk.crm.change(field, "Dana Dune")
    Lead.objects.update(contact="Our Own")
    desk.minute()
    assert (Lead.objects.get().contact, desk.crm.deal().values[field]) == ("Our Own", "Our Own")


@pytest.mark.parametrize("nonsense", ["", "no address", "a@b", "x" * 300, "two@dune.example\nBcc: all@dune.example"])
def test_nonsense_is_not_taken(hubspot: Desk, nonsense: str) -> None:
    lead = lead_of("ada", channel=Channel.INTRODUCTION)
    hubspot.connect()
    told = {"email": "contact_name"}
    stages_told = hubspot.connection.stages
    map_connection(
        connection=hubspot.connection, pipeline="default", stages=stages_told, fields=told, by=None, at=hubspot.at
    )
    hubspot.minute()
    hubspot.crm.change("contact_name", nonsense)
    hubspot.minute()
    assert Lead.objects.get().email == "dan@dune.example"
    assert hubspot.sync(lead).differs.startswith("E-mail address: ")


def test_a_deal_that_is_renamed_renames_no_company(hubspot: Desk) -> None:
    lead = lead_of("ada", channel=Channel.INTRODUCTION)
    hubspot.connect()
    hubspot.minute()
    hubspot.crm.change("dealname", "Dune Inc., 25 seats")
    hubspot.minute()
    assert Lead.objects.get().company == "Dune Inc."
    assert "“Dune Inc., 25 seats” there" in hubspot.sync(lead).differs


def test_a_move_between_our_reading_and_our_writing_of_a_field_is_seen(
    hubspot: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    Lead.objects.update(contact="Somebody else")
    deal, put = hubspot.crm.deal(), hubspot.crm.put

    def put_after_somebody_moved(*args: Any) -> None:
        deal.stage = hubspot.theirs(Stage.QUALIFIED)
        put(*args)

    monkeypatch.setattr(hubspot.crm, "put", put_after_somebody_moved)
    hubspot.minute()
    assert stage_of(lead) == Stage.SUBMITTED
    monkeypatch.undo()
    hubspot.minute()
    assert stage_of(lead) == Stage.QUALIFIED


def test_nothing_is_told_but_what_is_mapped(hubspot: Desk) -> None:
    lead = lead_of("ada")
    connection = hubspot.connect()
    assert set(values_of(lead, connection)) == {"company", "contact", "agents"}
    hubspot.minute()
    names = set(hubspot.crm.deal().values)
    assert names == {"dealname", "contact_name", "seats", "tributary_lead"}


def test_a_new_mapping_puts_deals_where_it_has_them(hubspot: Desk) -> None:
    lead = at_stage(hubspot, Stage.QUALIFIED)
    told = stages(hubspot.kind) | {"qualified": "decisionmakerboughtin"}
    map_connection(connection=hubspot.connection, pipeline="default", stages=told, fields={}, by=None, at=hubspot.at)
    hubspot.minute()
    assert hubspot.crm.deal().stage == "decisionmakerboughtin"
    assert stage_of(lead) == Stage.QUALIFIED


# -- Who is right, in a table ---------------------------------------------------------------------------------

# Ours now, ours when in step, theirs now, theirs as last seen; whether ours is later; what comes of it.
CASES = [
    (S.QUALIFIED, S.QUALIFIED, "qualified", "qualified", False, Step.NOTHING, None),
    (S.QUALIFIED, S.SUBMITTED, "submitted", "submitted", False, Step.WRITE, None),
    (S.QUALIFIED, S.SUBMITTED, "qualified", "submitted", False, Step.NOTHING, None),
    (S.SUBMITTED, S.SUBMITTED, "qualified", "submitted", True, Step.FOLLOW, S.QUALIFIED),
    (S.QUALIFIED, S.SUBMITTED, "lost", "submitted", True, Step.WRITE, None),
    (S.QUALIFIED, S.SUBMITTED, "lost", "submitted", False, Step.FOLLOW, S.LOST),
    (S.QUALIFIED, S.QUALIFIED, "submitted", "qualified", False, Step.PUT_BACK, None),
    (S.QUALIFIED, S.QUALIFIED, "won", "qualified", False, Step.ASK, None),
    (S.PROPOSAL, S.PROPOSAL, "won", "proposal", False, Step.ASK, None),
    (S.PROPOSAL, S.PROPOSAL, "won", "won", False, Step.NOTHING, None),
    (S.LOST, S.PROPOSAL, "won", "won", False, Step.WRITE, None),
    (S.LOST, S.LOST, "won", "lost", False, Step.PUT_BACK, None),
    (S.WON, S.WON, "lost", "won", False, Step.PUT_BACK, None),
    (S.REJECTED, S.REJECTED, "qualified", "rejected", False, Step.PUT_BACK, None),
    (S.SUBMITTED, S.SUBMITTED, "rejected", "submitted", False, Step.ASK, None),
    (S.SUBMITTED, S.SUBMITTED, "elsewhere", "submitted", False, Step.ASK, None),
]


@pytest.mark.parametrize(("ours", "settled", "theirs", "seen", "is_later", "step", "to"), CASES)
def test_who_is_right(
    ours: Stage, settled: Stage, theirs: str, seen: str, is_later: bool, step: Step, to: Stage | None
) -> None:
    candidates = [Stage(theirs)] if theirs in Stage.values else []
    sides = Sides(ours, settled.value, ours.value, theirs, seen, candidates)
    verdict = weigh(sides, is_ours_later=lambda: is_later, crm="HubSpot", label=theirs)
    assert (verdict.step, verdict.to) == (step, to)
    assert bool(verdict.says) == (step in (Step.ASK, Step.PUT_BACK))


def test_lost_is_taken_where_lost_and_rejected_are_the_same_there() -> None:
    sides = Sides(S.DEMO_DONE, "demo_done", "demo_done", "closed", "demo_done", [S.LOST, S.REJECTED])
    assert weigh(sides, is_ours_later=lambda: True, crm="Zoho CRM", label="Closed").to == S.LOST


def test_when_both_changed_the_moment_is_asked_for_once(zoho: Desk) -> None:
    lead = at_stage(zoho, Stage.QUALIFIED)
    zoho.crm.move(zoho.theirs(Stage.LOST), at=zoho.at + timedelta(seconds=5))
    zoho.minute()
    assert [call for call in zoho.crm.calls if call.path.endswith("Stage_History")] == []
    assert LeadStep.objects.filter(lead=lead).latest("id").stage == Stage.LOST
