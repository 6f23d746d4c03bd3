"""CRMs' own calls: taken where they are theirs, kept once, read later; what they say of a deal is never believed."""

import base64
import json
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hubspot.utils.signature import Signature
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations.crm.models import CrmKind, Hook, LeadSync
from integrations.crm.models.hook import KEPT, MOST_BYTES
from integrations.crm.services.keep_connection import keep_secret, switch_connection
from integrations.crm.services.settle_leads import settle_leads
from integrations.crm.services.take_hook import forget_hooks, work_hooks
from integrations.crm.tasks import work_calls
from integrations.crm.views.hooks import hook_url
from referrals.models.lead import Stage
from tests.cast import AT, clock, program
from tests.integrations.crm.desk import Desk, stage_of
from tests.leads.telling import lead_of

pytestmark = pytest.mark.django_db
SECRET = "hook-secret"


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def connected(desk: Desk) -> None:
    desk.connect()
    keep_secret(connection=desk.connection, secret=SECRET, by=None, at=desk.at)


def body_of(kind: CrmKind, *ids: str, secret: str = SECRET) -> bytes:
    """A call as each CRM documents it, of deals whose stage changed."""
    said: object
    if kind == CrmKind.HUBSPOT:
        said = [
            {"eventId": 1, "subscriptionId": 2, "portalId": 62515, "appId": 3, "occurredAt": 1, "attemptNumber": 0}
            | {"subscriptionType": "deal.propertyChange", "objectId": int(each), "propertyName": "dealstage"}
            for each in ids
        ]
    elif kind == CrmKind.PIPEDRIVE:
        meta = {"action": "change", "entity": "deal", "entity_id": ids[0], "version": "2.0", "company_id": "1"}
        said = {"meta": meta, "data": {"id": int(ids[0])}, "previous": {"stage_id": 1}}
    else:
        said = {"module": "Deals", "operation": "update", "ids": list(ids), "channel_id": "1", "token": secret}
    return json.dumps(said).encode()


def signature(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    """What HubSpot sends with a call, made by its own library."""
    told = str(int(at.timestamp() * 1000))
    signed = Signature.get_signature(secret, body.decode(), "v3", hook_url("hubspot"), "POST", told)
    return {"X-HubSpot-Signature-v3": signed, "X-HubSpot-Request-Timestamp": told}


def call(
    kind: CrmKind, body: bytes, *, secret: str = SECRET, at: datetime = AT, headers: dict[str, str] | None = None
) -> int:
    """The CRM calls, and says what we answer."""
    if headers is None:
        headers = {}
        if kind == CrmKind.HUBSPOT:
            headers = signature(body, at, secret)
        elif kind == CrmKind.PIPEDRIVE:
            headers = {"Authorization": "Basic " + base64.b64encode(f"tributary:{secret}".encode()).decode()}
    with time_machine.travel(AT, tick=False):
        answer = Client().post(f"/integrations/crm/{kind}/", body, content_type="application/json", headers=headers)
    return answer.status_code


def test_a_call_makes_the_deal_be_read_at_once(desk: Desk) -> None:
    lead = lead_of("ada")
    connected(desk)
    desk.minute()
    desk.crm.move(desk.theirs(Stage.QUALIFIED))
    assert call(desk.kind, body_of(desk.kind, desk.crm.deal().id)) == 204
    assert stage_of(lead) == Stage.SUBMITTED
    assert work_hooks(connection_id=desk.connection.pk, at=desk.at) == {desk.crm.deal().id}
    settle_leads(connection_id=desk.connection.pk, clock=clock(desk.at))
    assert stage_of(lead) == Stage.QUALIFIED


def test_the_same_call_is_kept_once_and_what_it_claims_is_not_believed(desk: Desk) -> None:
    lead = lead_of("ada")
    connected(desk)
    desk.minute()
    body = body_of(desk.kind, desk.crm.deal().id)
    assert [call(desk.kind, body) for _ in range(3)] == [204, 204, 204]
    assert Hook.objects.count() == 1
    desk.minute()
    assert stage_of(lead) == Stage.SUBMITTED
    assert len(desk.crm.writes()) == 1


def test_a_call_that_is_not_signed_is_refused_and_not_kept(desk: Desk) -> None:
    connected(desk)
    body = body_of(desk.kind, "1", secret="")
    assert call(desk.kind, body, headers={}) == 401
    assert call(desk.kind, body_of(desk.kind, "1", secret="wrong"), secret="wrong") == 401
    for nonsense in ("Basic", "Basic ===", "Bearer x", "Basic " + "é" * 5, "Basic " + "QQ" * 9000):
        headers = {"Authorization": nonsense, "X-HubSpot-Signature-v3": nonsense, "X-HubSpot-Request-Timestamp": "1"}
        assert call(desk.kind, body, headers=headers) == 401
    assert Hook.objects.count() == 0


@pytest.mark.parametrize("minutes", [-6, 6, -600000, 600000])
def test_an_old_call_of_hubspot_is_not_taken_again(hubspot: Desk, minutes: int) -> None:
    connected(hubspot)
    assert call(hubspot.kind, body_of(hubspot.kind, "1"), at=AT + timedelta(minutes=minutes)) == 401
    assert Hook.objects.count() == 0


@pytest.mark.parametrize("told", ["", "x", "-1", "1e9", "9" * 400, "١٢٣", "nan"])
def test_nonsense_for_a_time_is_refused(hubspot: Desk, told: str) -> None:
    connected(hubspot)
    body = body_of(hubspot.kind, "1")
    assert call(hubspot.kind, body, headers=signature(body, AT) | {"X-HubSpot-Request-Timestamp": told}) == 401


def test_a_body_that_was_changed_is_refused(hubspot: Desk) -> None:
    connected(hubspot)
    body = body_of(hubspot.kind, "1")
    assert call(hubspot.kind, body.replace(b"1", b"2"), headers=signature(body, AT)) == 401


def test_an_enormous_call_is_refused_unread(desk: Desk) -> None:
    connected(desk)
    body = body_of(desk.kind, "1") + b" " * MOST_BYTES
    assert call(desk.kind, body) == 413
    assert Hook.objects.count() == 0


BROKEN = [
    b"", b"{", b"[" * 50_000, b"null", b"7", b'"x"', b"[1]", b"[{}]", b"{}", b'{"meta": 1}', b'{"ids": 3}', b"\xff\xfe",
    b'{"meta": {"entity": "deal", "entity_id": {}}}', b'[{"subscriptionType": "deal.x", "objectId": [1]}]',
    b'[{"subscriptionType": 5}]', b"\0",
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=[repr(body[:20]) for body in BROKEN])
@pytest.mark.parametrize("kind", [CrmKind.HUBSPOT, CrmKind.PIPEDRIVE])
def test_a_signed_call_that_says_nothing_is_kept_with_its_error(
    kind: CrmKind, body: bytes, request: pytest.FixtureRequest
) -> None:
    desk: Desk = request.getfixturevalue(kind.value)
    connected(desk)
    lead_of("ada")
    desk.minute()
    answered = call(kind, body) if body != b"\xff\xfe" or kind == CrmKind.PIPEDRIVE else 204
    assert answered == 204
    asked = LeadSync.objects.get().asked
    desk.minute()
    assert Hook.objects.filter(worked_at__isnull=True).count() == 0
    assert LeadSync.objects.get().asked == asked


@pytest.mark.parametrize("body", BROKEN, ids=[repr(body[:20]) for body in BROKEN])
def test_a_call_of_zoho_without_its_token_is_refused(zoho: Desk, body: bytes) -> None:
    connected(zoho)
    assert call(zoho.kind, body) == 401


def test_calls_of_other_modules_and_of_strangers_deals_change_nothing(desk: Desk) -> None:
    lead_of("ada")
    connected(desk)
    desk.minute()
    asked = LeadSync.objects.get().asked
    assert call(desk.kind, body_of(desk.kind, "123456")) == 204
    other = body_of(desk.kind, desk.crm.deal().id)
    other = other.replace(b'"deal', b'"contact').replace(b'"Deals"', b'"Contacts"')
    assert call(desk.kind, other) == 204
    desk.minute()
    assert LeadSync.objects.get().asked == asked


def test_without_a_connection_or_a_secret_nothing_is_taken(desk: Desk) -> None:
    assert call(desk.kind, body_of(desk.kind, "1")) == 404
    desk.connect()
    assert call(desk.kind, body_of(desk.kind, "1", secret=""), secret="") == 401
    keep_secret(connection=desk.connection, secret=SECRET, by=None, at=AT)
    switch_connection(connection=desk.connection, on=False, by=None, at=AT)
    assert call(desk.kind, body_of(desk.kind, "1")) == 404
    assert Client().post("/integrations/crm/salesforce/").status_code == 404
    assert Client().get(f"/integrations/crm/{desk.kind}/").status_code == 405


def test_calls_are_forgotten_a_month_after_they_were_worked(hubspot: Desk) -> None:
    connected(hubspot)
    call(hubspot.kind, body_of(hubspot.kind, "1"))
    assert forget_hooks(at=AT + KEPT + timedelta(days=1)) == 0
    hubspot.minute()
    assert forget_hooks(at=AT + timedelta(days=1)) == 0
    assert forget_hooks(at=AT + KEPT) == 1


def test_the_secret_of_a_call_is_not_kept_with_it(zoho: Desk) -> None:
    connected(zoho)
    assert call(zoho.kind, body_of(zoho.kind, "1")) == 204
    assert SECRET not in Hook.objects.get().body


def test_a_call_like_one_before_is_worked_again(zoho: Desk) -> None:
    lead = lead_of("ada")
    connected(zoho)
    zoho.minute()
    body = body_of(zoho.kind, zoho.crm.deal().id)
    for to in (Stage.QUALIFIED, Stage.DEMO_SCHEDULED):
        zoho.crm.move(zoho.theirs(to))
        assert call(zoho.kind, body) == 204
        with time_machine.travel(zoho.at, tick=False):
            work_calls(str(zoho.connection.pk))
        assert stage_of(lead) == to
    assert Hook.objects.count() == 1


def test_a_call_goes_into_the_queue_and_others_ride_along(
    hubspot: Desk, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    connected(hubspot)
    queued = []
    for number in range(3):
        with django_capture_on_commit_callbacks() as told:
            assert call(hubspot.kind, body_of(hubspot.kind, str(number))) == 204
        queued.append(len(told))
    assert queued == [1, 0, 0]


def test_a_call_has_only_its_own_deals_looked_at(hubspot: Desk) -> None:
    first, second = lead_of("ada"), lead_of("ada", "Elm", "el@elm.example")
    connected(hubspot)
    hubspot.minute()
    for number in range(2):
        hubspot.crm.move(hubspot.theirs(Stage.QUALIFIED), number)
    LeadSync.objects.update(state="due", next_at=hubspot.at)
    assert call(hubspot.kind, body_of(hubspot.kind, hubspot.sync(second).their_id)) == 204
    with time_machine.travel(hubspot.at, tick=False):
        work_calls(str(hubspot.connection.pk))
    assert [stage_of(first), stage_of(second)] == [Stage.SUBMITTED, Stage.QUALIFIED]
