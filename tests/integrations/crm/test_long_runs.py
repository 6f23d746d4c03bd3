"""What goes wrong only with time: clocks that are wrong, crowds of changes, and connections that come and go."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from integrations.crm.models import Connection, CrmKind, LeadSync, SyncState
from integrations.crm.models.connection import OVERLAP
from integrations.crm.services import read_back as reading
from integrations.crm.services.find_changes import find_changes
from integrations.crm.services.keep_connection import (
    CannotConnect,
    connect_crm,
    map_connection,
    remove_connection,
    switch_connection,
)
from integrations.crm.services.keep_connection import test_connection as look_again
from integrations.crm.services.move_sync import ask, claim, settle
from integrations.crm.services.settle_leads import MOST_PUT_BACK, settle_leads
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from tests.cast import clock, pam, program, sam
from tests.integrations.crm.desk import Desk, credentials, stage_of, stages
from tests.integrations.crm.standin import status
from tests.leads.telling import lead_of, walk

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def connect_again(desk: Desk) -> None:
    connect_crm(kind=desk.kind, credentials=credentials(desk.kind, desk.crm), by=pam(), clock=clock(desk.at))


# -- Clocks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-5, 5])
def test_with_a_clock_that_is_wrong_by_hours_nothing_is_missed_and_the_later_change_wins(
    desk: Desk, hours: int
) -> None:
    desk.ahead = hours * HOURS
    desk.crm.now = desk.at + desk.ahead
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    desk.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    assert abs(desk.connection.read_until - desk.crm.now) < OVERLAP  # And so is not read again for ever.
    desk.crm.move(desk.theirs(Stage.LOST), at=desk.at + desk.ahead + timedelta(seconds=10))
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=desk.at + timedelta(seconds=20))
    desk.minute()
    assert stage_of(lead) == Stage.DEMO_SCHEDULED
    assert desk.crm.deal().stage == desk.theirs(Stage.DEMO_SCHEDULED)
    move_lead(lead=lead, to=Stage.DEMO_DONE, by=sam(), at=desk.at + timedelta(seconds=10))
    desk.crm.move(desk.theirs(Stage.LOST), at=desk.at + desk.ahead + timedelta(seconds=20))
    desk.minute()
    assert stage_of(lead) == Stage.LOST


def test_at_the_same_second_ours_counts_and_nothing_bounces(desk: Desk) -> None:
    lead = walk(lead_of("ada"), Stage.QUALIFIED)
    desk.connect()
    desk.minute()
    same = desk.at + timedelta(seconds=10)
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=same)
    desk.crm.move(desk.theirs(Stage.LOST), at=same)
    for _ in range(4):
        desk.minute()
    assert stage_of(lead) == Stage.DEMO_SCHEDULED
    assert desk.crm.deal().stage == desk.theirs(Stage.DEMO_SCHEDULED)
    assert len(desk.crm.writes()) == 2


# -- Crowds ---------------------------------------------------------------------------------------------------


def test_more_changes_at_once_than_are_read_at_a_time_are_all_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = [lead_of("ada", f"Oak {number}x{number}", f"jo@oak{number}.example") for number in range(8)]
    desk.connect()
    desk.minute()
    for number in range(8):
        desk.crm.move(desk.theirs(Stage.QUALIFIED), number)
    monkeypatch.setattr(reading, "MOST_AT_ONCE", 3)
    for _ in range(6):
        desk.minute()
    assert {stage_of(lead) for lead in leads} == {Stage.QUALIFIED}


def test_deals_into_which_people_wrote_much_are_no_page_too_long(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    field = desk.connection.fields["contact"]
    for number in range(450):
        desk.crm.add({"title": f"Deal {number}", field: "much " * 5000}, desk.crm.deal().stage)
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    desk.minute()
    assert (desk.connection.error, stage_of(lead)) == ("", Stage.QUALIFIED)
    second = lead_of("ada", "Elm", "jo@elm.example")
    desk.minute()
    assert desk.sync(second).error == ""


@pytest.mark.parametrize("kind", [CrmKind.PIPEDRIVE, CrmKind.ZOHO])
def test_a_busy_crm_in_which_our_deals_rest_is_not_read_from_the_beginning_each_minute(
    kind: CrmKind, request: pytest.FixtureRequest
) -> None:
    desk: Desk = request.getfixturevalue(kind.value)
    lead_of("ada")
    desk.connect()
    desk.minute()
    desk.at += 24 * HOURS
    desk.crm.now = desk.at
    other = desk.crm.add({}, desk.theirs(Stage.SUBMITTED))
    desk.minute()
    assert desk.connection.read_until == other.updated


def test_a_look_at_all_leads_takes_as_many_queries_for_many_as_for_one(
    hubspot: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def more(count: int) -> None:
        """Some that were taken up and changed since, and some that are new."""
        LeadSync.objects.update(state=SyncState.SYNCED, settled_at=hubspot.at, fingerprint="")
        for number in range(count):
            lead_of("ada", f"Oak {count}x{number}", f"jo@oak{count}and{number}.example")

    hubspot.connect()
    more(1)
    find_changes(hubspot.connection, at=hubspot.at)
    more(2)
    with CaptureQueriesContext(connection) as few:
        assert find_changes(hubspot.connection, at=hubspot.at) == 1 + 2
    more(30)
    with django_assert_num_queries(len(few)):
        assert find_changes(hubspot.connection, at=hubspot.at) == 3 + 30


def test_reading_what_changed_holds_no_worker_for_long(hubspot: Desk) -> None:
    for number in range(4):
        lead_of("ada", f"Oak {number}x{number}", f"jo@oak{number}.example")
    hubspot.connect()
    hubspot.minute()
    hubspot.crm.page = 1  # type: ignore[attr-defined]
    hubspot.at += 2 * timedelta(minutes=1)
    asked = len(hubspot.crm.calls)
    moments = iter(hubspot.at + number * timedelta(seconds=15) for number in range(99))
    reading.read_back(connection_id=hubspot.connection.pk, clock=lambda: next(moments))
    assert len(hubspot.crm.calls) - asked <= 3


def test_what_a_second_worker_finds_under_way_it_leaves(hubspot: Desk) -> None:
    hubspot.connect()
    key, at = hubspot.connection.pk, hubspot.at
    assert [reading.read_back(connection_id=key, clock=clock(at)) for _ in range(2)] == [0, None]


# -- What moves a card again and again ------------------------------------------------------------------------


def test_a_card_that_is_moved_again_later_each_time_is_left_for_a_person_too(hubspot: Desk) -> None:
    lead = walk(lead_of("ada"), Stage.QUALIFIED)
    hubspot.connect()
    hubspot.minute()
    for _ in range(MOST_PUT_BACK + 2):
        hubspot.crm.move(hubspot.theirs(Stage.PROPOSAL))
        hubspot.minute()
        ask(LeadSync.objects.all(), at=hubspot.at)  # Its own call tells us of what we wrote.
        hubspot.minute()
    assert len(hubspot.crm.writes()) == 1 + MOST_PUT_BACK
    assert "each time it was put back" in hubspot.sync(lead).task
    move_lead(lead=lead, to=Stage.DEMO_SCHEDULED, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert (hubspot.sync(lead).put_back, hubspot.sync(lead).task) == (0, "")


# -- Connections that change meanwhile ------------------------------------------------------------------------


def test_what_is_written_by_a_mapping_that_changed_meanwhile_is_put_right(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=hubspot.at)
    before = hubspot.connection
    find_changes(before, at=hubspot.at)
    claimed = claim(before, at=hubspot.at)
    assert claimed is not None
    told = stages(hubspot.kind) | {"qualified": "decisionmakerboughtin"}
    map_connection(connection=before, pipeline="default", stages=told, fields={}, by=None, at=hubspot.at)
    old = hubspot.theirs(Stage.QUALIFIED)
    hubspot.crm.put(hubspot.crm.deal(), {}, old)
    settle(claimed, at=hubspot.at, stage="qualified", their_stage=old, their_updated_at=hubspot.crm.now)
    assert claim(before, at=hubspot.at) is None
    hubspot.minute()
    assert hubspot.crm.deal().stage == "decisionmakerboughtin"
    assert stage_of(lead) == Stage.QUALIFIED


@pytest.mark.parametrize("how", ["off", "removed"])
def test_a_connection_that_ends_meanwhile_writes_nothing_more(
    hubspot: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        lead_of("ada", f"Oak {number}x{number}", f"jo@oak{number}.example")
    mine = hubspot.connect()
    find_changes(mine, at=hubspot.at)
    calls = 0

    def end() -> object:
        nonlocal calls
        calls += 1
        if calls == 4 and how == "off":
            switch_connection(connection=mine, on=False, by=None, at=hubspot.at)
        elif calls == 4:
            remove_connection(connection=mine, by=None, at=hubspot.at)
        return hubspot.at

    settle_leads(connection_id=mine.pk, clock=end)  # type: ignore[arg-type]
    assert len(hubspot.crm.deals) == 1
    assert LeadSync.objects.filter(state=SyncState.SYNCED).count() == 1
    if how == "removed":
        with pytest.raises(CannotConnect):
            look_again(connection=mine, by=None, clock=clock(hubspot.at))


def test_what_is_removed_and_connected_again_winds_no_deal_back(desk: Desk) -> None:
    lead = lead_of("ada")
    before = desk.connect()
    desk.minute()
    remove_connection(connection=before, by=None, at=desk.at)
    desk.crm.now = desk.at + 24 * HOURS
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    desk.at += 30 * HOURS
    connect_again(desk)
    assert (desk.connection.pk, desk.connection.is_on, Connection.objects.count()) == (before.pk, False, 1)
    switch_connection(connection=desk.connection, on=True, by=None, at=desk.at)
    desk.minute()
    assert stage_of(lead) == Stage.QUALIFIED
    assert desk.crm.deal().stage == desk.theirs(Stage.QUALIFIED)
    assert (len(desk.crm.deals), len(desk.crm.writes())) == (1, 1)


def test_another_account_begins_anew(hubspot: Desk) -> None:
    lead_of("ada")
    before = hubspot.connect()
    hubspot.minute()
    remove_connection(connection=before, by=None, at=hubspot.at)
    Connection.objects.filter(pk=before.pk).update(place={"portal": "1", "host": "app.hubspot.com"})
    hubspot.connect()
    assert hubspot.connection.pk != before.pk
    hubspot.minute()
    assert LeadSync.objects.filter(connection=hubspot.connection, state=SyncState.SYNCED).count() == 1


# -- Nonsense that looks like an answer -----------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["no stage", "a page that is not found", "an endless stage"])
def test_an_hour_of_nonsense_leaves_nothing_for_a_person(hubspot: Desk, answer: str) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    found = {"id": hubspot.crm.deal().id, "updatedAt": "2027-01-01T12:00:00Z", "properties": {}}
    if answer == "an endless stage":
        found["properties"] = {"dealstage": "x" * 5000}
    trick = status(200, json.dumps(found).encode())
    if answer == "a page that is not found":
        trick = status(404, b"<html>Not found</html>", Content_Type="text/html")
    Lead.objects.update(contact="Somebody else")
    hubspot.crm.always = trick
    for _ in range(60):
        hubspot.minute()
    sync = hubspot.sync(lead)
    assert (sync.state, sync.task, sync.is_gone, stage_of(lead)) == (SyncState.DUE, "", False, Stage.SUBMITTED)
    hubspot.crm.always = None
    hubspot.minute(60)
    assert (hubspot.sync(lead).state, hubspot.sync(lead).error) == (SyncState.SYNCED, "")
    assert hubspot.crm.deal().values["contact_name"] == "Somebody else"


def test_credentials_that_a_crm_repeats_are_not_shown(desk: Desk) -> None:
    lead_of("ada")
    desk.connect()
    desk.minute()

    def repeat(handler: BaseHTTPRequestHandler) -> None:
        told = " ".join(handler.headers.values())
        status(401, json.dumps({"message": f"No: {told}", "error": f"No: {told}"}).encode())(handler)

    desk.crm.always = repeat
    desk.minute()
    desk.minute(20)
    assert "does not let us in: No" in desk.connection.error
    assert desk.crm.token not in desk.connection.error
    with pytest.raises(CannotConnect) as refused:
        connect_again(desk)
    for value in credentials(desk.kind, desk.crm).values():
        assert len(value) < 5 or value not in str(refused.value)


def test_once_the_credentials_are_entered_anew_what_was_refused_is_tried_again(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    no_scope = status(403, b'{"message": "This app has no scope for deals"}')
    hubspot.crm.misbehave = [status(200, b'{"results": []}'), no_scope]
    hubspot.minute()
    assert hubspot.sync(lead).state == SyncState.PARKED
    connect_again(hubspot)
    hubspot.minute()
    assert hubspot.sync(lead).state == SyncState.SYNCED
