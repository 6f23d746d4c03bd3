"""What fails is tried again after growing delays, parked after three days, and never done twice by mistake."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from integrations.crm.models import Connection, LeadSync, SyncState
from integrations.crm.models.lead_sync import DELAYS, GIVEN_UP_AFTER, LEASE
from integrations.crm.services import settle_leads as settling
from integrations.crm.services.find_changes import find_changes
from integrations.crm.services.keep_connection import switch_connection
from integrations.crm.services.move_sync import ask, claim, settle
from integrations.crm.services.open_client import open_client
from integrations.crm.services.settle_leads import settle_leads
from integrations.crm.services.try_again import try_again
from integrations.crm.vendors import session
from integrations.crm.vendors.common import Value
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from tests.cast import clock, program, sam
from tests.integrations.crm.desk import Desk, stage_of
from tests.integrations.crm.standin import Misbehaviour, dripping, endless, hang_up, status
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def test_a_deal_whose_answer_was_lost_is_not_made_twice(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.crm.after_write = hang_up
    desk.minute()
    assert (len(desk.crm.deals), desk.sync(lead).their_id, desk.sync(lead).state) == (1, "", SyncState.DUE)
    if hasattr(desk.crm, "is_search_behind"):
        desk.crm.is_search_behind = True
    desk.minute()
    assert len(desk.crm.deals) == 1
    assert (desk.sync(lead).their_id, desk.sync(lead).state) == (desk.crm.deal().id, SyncState.SYNCED)


def test_a_worker_that_is_killed_after_writing_leaves_it_to_the_next(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    find_changes(desk.connection, at=desk.at)
    killed = claim(desk.connection, at=desk.at)
    assert killed is not None
    desk.crm.add({desk.connection.key_field: f"lead-{lead.pk}"}, desk.theirs(Stage.SUBMITTED))  # And then the end.
    desk.minute()
    assert desk.sync(lead).their_id == ""
    desk.minute(LEASE / timedelta(minutes=1))
    assert len(desk.crm.deals) == 1
    assert desk.sync(lead).their_id == desk.crm.deal().id


def test_a_fault_of_ours_with_one_lead_holds_up_no_other(hubspot: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = lead_of("ada"), lead_of("ada", "Elm Ltd", "eve@elm.example")
    hubspot.connect()
    usual = settling.values_of

    def falls_over(lead: Lead, connection: Connection) -> dict[str, Value]:
        if lead.pk == broken.pk:
            raise KeyError("no such field")
        return usual(lead, connection)

    monkeypatch.setattr(settling, "values_of", falls_over)
    hubspot.minute()
    assert hubspot.sync(whole).state == SyncState.SYNCED
    assert (hubspot.sync(broken).state, "log of the worker" in hubspot.sync(broken).error) == (SyncState.DUE, True)


def test_one_that_comes_late_changes_nothing_that_another_did(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    find_changes(hubspot.connection, at=hubspot.at)
    late = claim(hubspot.connection, at=hubspot.at)
    assert late is not None
    hubspot.minute(LEASE / timedelta(minutes=1))
    before = LeadSync.objects.values().get()
    assert settle(late, at=hubspot.at, their_id="4711", stage="lost") is False
    assert LeadSync.objects.values().get() == before
    assert stage_of(lead) == Stage.SUBMITTED


def test_what_changes_while_it_is_written_is_written_again(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    find_changes(hubspot.connection, at=hubspot.at)
    claimed = claim(hubspot.connection, at=hubspot.at)
    assert claimed is not None
    assert claim(hubspot.connection, at=hubspot.at) is None
    ask(LeadSync.objects.all(), at=hubspot.at)
    assert settle(claimed, at=hubspot.at, their_id="9000", stage="submitted") is True
    assert hubspot.sync(lead).state == SyncState.DUE


TROUBLE: dict[str, Misbehaviour] = {
    "500": status(500, b"{}"),
    "a record that is locked": status(423, b'{"message": "locked"}'),
    "a bouncer's 403": status(403, b"<html>error code: 1015</html>"),
    "503 in HTML": status(503, b"<html>Sorry</html>"),
    "no answer": hang_up,
    "HTML": status(200, b"<html>Sign in</html>", Content_Type="text/html"),
    "half a JSON": status(200, b'{"data": ['),
    "a list": status(200, b"[]"),
    "a number": status(200, b"1"),
    "null": status(200, b"null"),
    "empty": status(200, b""),
    "wrong types": status(200, b'{"id": {}, "results": [7], "data": {"id": [], "items": 3}, "properties": "x"}'),
    "deep": status(200, b"[" * 100_000),
    "led elsewhere": status(302, b"", Location="http://127.0.0.1:1/"),
    "not our letters": status(200, b"\xff\xfe\x00"),
    "wrong packing": status(200, b"no gzip", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("trick", TROUBLE.values(), ids=TROUBLE)
def test_whatever_comes_back_it_is_tried_again_later(desk: Desk, trick: Misbehaviour) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.crm.always = trick
    desk.minute()
    sync = desk.sync(lead)
    assert (sync.state, sync.tries, len(desk.crm.deals)) == (SyncState.DUE, 1, 0)
    assert sync.error
    assert desk.connection.error
    desk.crm.always = None
    desk.minute()
    assert (desk.sync(lead).state, desk.sync(lead).error, desk.connection.error) == (SyncState.SYNCED, "", "")
    assert len(desk.crm.deals) == 1


@pytest.mark.parametrize("trick", [endless, dripping], ids=["endless", "dripping"])
def test_an_answer_that_does_not_end_is_cut_off(
    hubspot: Desk, trick: Misbehaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "WHOLE", 0.3)
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.crm.misbehave = [status(200, b'{"results": []}'), trick]
    hubspot.minute()
    assert hubspot.sync(lead).error in ("HubSpot: the answer is longer than 8 MB", "HubSpot: it did not answer in time")


def test_no_answer_at_all_does_not_hold_up_for_long(hubspot: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(session, "READ", 0.2)
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.crm.misbehave = [status(200, b'{"results": []}'), lambda handler: time.sleep(1)]
    hubspot.minute()
    assert hubspot.sync(lead).error == "HubSpot: it did not answer in time"


def test_the_delays_grow_and_after_three_days_it_is_parked(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    find_changes(hubspot.connection, at=hubspot.at)
    began, tried_at = hubspot.at, []
    hubspot.crm.always = status(500)
    while (sync := hubspot.sync(lead)).state == SyncState.DUE:
        at = sync.next_at
        tried_at.append(at)
        settle_leads(connection_id=hubspot.connection.pk, clock=clock(at))
    pauses = [after - before for before, after in pairwise(tried_at)]
    assert pauses == sorted(pauses)
    assert tuple(pauses[: len(DELAYS)]) == DELAYS
    assert GIVEN_UP_AFTER - DELAYS[-1] <= tried_at[-1] - began <= GIVEN_UP_AFTER
    assert (sync.state, sync.error) == (SyncState.PARKED, "HubSpot: it answered with 500")
    hubspot.at, hubspot.crm.always = tried_at[-1], None
    hubspot.minute()
    assert hubspot.sync(lead).state == SyncState.PARKED  # Nothing has changed.
    try_again(sync=sync, by=sam(), at=hubspot.at)
    hubspot.minute()
    assert hubspot.sync(lead).state == SyncState.SYNCED


def test_what_is_refused_waits_for_a_change_and_shows_their_words(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    field = desk.connection.fields["contact"]
    rows = getattr(desk.crm, "properties", None)
    kept = dict(rows) if rows is not None else list(desk.crm.fields)  # type: ignore[attr-defined]
    if rows is not None:
        del rows[field]
    else:
        mine = [each for each in kept if field not in each.values()]
        desk.crm.fields = mine  # type: ignore[attr-defined]
    with suppress(AssertionError):
        desk.minute()
    desk.crm.wrong.clear()
    sync = desk.sync(lead)
    assert sync.state == SyncState.PARKED
    assert field in sync.error
    assert "refused it" in sync.error
    calls = len(desk.crm.calls)
    desk.minute()
    assert len(desk.crm.calls) == calls + 1  # What changed there was asked for, and that was all.
    if rows is not None:
        rows.update(kept)
    else:
        desk.crm.fields = kept  # type: ignore[attr-defined]
    move_lead(lead=lead, to=Stage.QUALIFIED, by=sam(), at=desk.at)
    desk.minute()
    assert desk.sync(lead).state == SyncState.SYNCED


def zoho_token(zoho: Desk) -> None:
    """The connection gets its access token, so that the next call is one of deals."""
    with open_client(zoho.connection, clock=clock(zoho.at)) as client:
        client.account()


def test_one_that_is_refused_holds_up_no_other(zoho: Desk) -> None:
    leads = [lead_of("ada", f"Oak {name}", f"jo@{name}.example") for name in ("bad", "good", "fine")]
    zoho.connect(on=False)
    zoho_token(zoho)
    answer = b'{"data":[{"status":"error","message":"invalid data","details":{"api_name":"Deal_Name"}}]}'
    zoho.crm.misbehave = [status(304), status(400, answer)]
    switch_connection(connection=zoho.connection, on=True, by=None, at=zoho.at)
    zoho.minute()
    assert [zoho.sync(lead).state for lead in leads] == ["parked", "synced", "synced"]
    assert zoho.sync(leads[0]).error == "Zoho CRM refused it: invalid data (Deal_Name)"


def test_a_field_that_zoho_demands_is_named(zoho: Desk) -> None:
    zoho.crm.mandatory = "Closing_Date"  # type: ignore[attr-defined]
    lead = lead_of("ada")
    zoho.connect()
    zoho.minute()
    assert "required field not found (Closing_Date)" in zoho.sync(lead).error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": "Fri, 01 Jan 2027 12:05:00 GMT"}, None),
        ({"x_ratelimit_reset": "2"}, 2),
        ({"Retry_After": "-5"}, session.DEFAULT_PAUSE),
        ({"Retry_After": "nan"}, session.DEFAULT_PAUSE),
        ({"Retry_After": "1e400"}, session.DEFAULT_PAUSE),
        ({"Retry_After": "soon"}, session.DEFAULT_PAUSE),
        ({"Retry_After": "999999999"}, session.LONGEST_PAUSE),
        ({}, session.DEFAULT_PAUSE),
    ],
)
def test_a_crm_that_asks_for_a_pause_gets_it(hubspot: Desk, headers: dict[str, str], seconds: int | None) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.crm.misbehave = [status(200, b'{"results": []}'), status(429, b"{}", **headers)]
    hubspot.minute()
    sync, rest_until = hubspot.sync(lead), hubspot.connection.rest_until
    assert (sync.tries, sync.state) == (0, SyncState.DUE)
    assert rest_until is not None
    if seconds is not None:
        assert rest_until == hubspot.at + timedelta(seconds=seconds)
    calls = len(hubspot.crm.calls)
    settle_leads(connection_id=hubspot.connection.pk, clock=clock(rest_until - timedelta(milliseconds=1)))
    assert len(hubspot.crm.calls) == calls
    settle_leads(connection_id=hubspot.connection.pk, clock=clock(rest_until))
    assert hubspot.sync(lead).state == SyncState.SYNCED


@pytest.mark.parametrize("code", [477, 503])
def test_whoever_says_when_to_come_again_is_left_alone_until_then(desk: Desk, code: int) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.crm.always = status(code, b"<html>Maintenance</html>", Retry_After="7200")
    desk.minute()
    assert (desk.sync(lead).tries, desk.connection.rest_until) == (0, desk.at + timedelta(hours=2))
    calls = len(desk.crm.calls)
    desk.minute(119)
    assert len(desk.crm.calls) == calls
    desk.crm.always = None
    desk.minute()
    assert desk.sync(lead).state == SyncState.SYNCED


def test_credentials_that_are_no_longer_good_stop_the_connection_and_no_lead_fails(desk: Desk) -> None:
    leads = [lead_of("ada", f"Oak {name}", f"jo@{name}.example") for name in ("one", "two", "three")]
    desk.connect()
    token = desk.crm.token
    desk.crm.token = "another"
    if hasattr(desk.crm, "credentials"):
        desk.crm.credentials = {}
    with suppress(AssertionError):
        desk.minute()
    desk.crm.wrong.clear()
    assert "does not let us in" in desk.connection.error
    assert {desk.sync(lead).tries for lead in leads} == {0}
    calls = len(desk.crm.calls)
    desk.minute()
    assert len(desk.crm.calls) == calls
    desk.crm.token = token
    desk.minute(20)
    if desk.kind != "zoho":
        assert {desk.sync(lead).state for lead in leads} == {"synced"}


def test_a_number_that_another_lead_has_is_refused(hubspot: Desk) -> None:
    first, second = lead_of("ada"), lead_of("ada", "Elm", "el@elm.example")
    hubspot.connect()
    same = b'{"results": [{"id": "1", "updatedAt": "2027-01-01T12:00:00Z", "properties": {}}]}'
    hubspot.crm.misbehave = [status(200, b'{"results": []}'), status(200, same), status(200, same)]
    hubspot.minute()
    assert hubspot.sync(first).their_id == "1"
    assert "belongs to another lead" in hubspot.sync(second).error


def test_a_change_that_claims_to_be_of_the_future_hides_none_that_follow(hubspot: Desk) -> None:
    lead = lead_of("ada")
    hubspot.connect()
    hubspot.minute()
    hubspot.crm.deal().updated = hubspot.at + timedelta(days=4000)
    hubspot.minute()
    assert hubspot.connection.read_until <= hubspot.at
    hubspot.crm.move(hubspot.theirs(Stage.QUALIFIED), at=hubspot.at + timedelta(days=4001))
    hubspot.minute()
    assert stage_of(lead) == Stage.QUALIFIED
