"""Connecting a CRM: credentials are tried first, kept sealed and never shown; what is which is checked."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import AuditEntry
from accounts.rights import NotPermitted
from integrations.crm.models import Connection, CrmKind, LeadSync
from integrations.crm.services.keep_connection import (
    CannotConnect,
    CannotMap,
    CannotSwitch,
    connect_crm,
    map_connection,
    remove_connection,
    switch_connection,
)
from integrations.crm.services.open_client import open_client
from integrations.crm.standing import standing
from referrals.models.lead import Stage
from tests.cast import AT, clock, pam, program, sam
from tests.integrations.crm.desk import MINUTE, Desk, credentials, fields, stages
from tests.integrations.crm.standin import hang_up
from tests.leads.telling import lead_of
from tests.managers.desk import words
from tests.managers.pages import browser_of, queries, read

pytestmark = pytest.mark.django_db
PLACE = "/admin/program/integrations/crm/"
FIELDS = ("/properties/deals", "/dealFields", "/settings/fields")


@pytest.fixture(autouse=True)
def _program() -> None:
    program()


def typed(desk: Desk) -> dict[str, str]:
    return credentials(desk.kind, desk.crm)


def mapping(desk: Desk) -> dict[str, str]:
    """The form of what is which, as a browser sends it."""
    pipeline = desk.connection.choices["pipelines"][0]["key"]
    said = {f"stage-{ours}": theirs for ours, theirs in stages(desk.kind).items()}
    return {"pipeline": pipeline} | said | {f"field-{a}": b for a, b in fields(desk.kind, desk.crm).items()}


def test_a_manager_connects_maps_switches_on_and_removes(desk: Desk) -> None:
    browser = browser_of()
    place = f"{PLACE}{desk.kind}/"
    assert "No CRM is connected" in read(PLACE)
    answer = browser.post(f"{place}connect/", typed(desk), follow=True)
    assert "Signed in as" in words(answer)
    assert "stages found" in words(answer)
    assert browser.post(f"{place}switch/", {"on": "1"}, follow=True).redirect_chain[-1][0] == f"{place}map/"
    answer = browser.post(f"{place}map/", mapping(desk), follow=True)
    assert "Saved." in words(answer)
    assert "open leads go there within a minute" in words(browser.post(f"{place}switch/", {"on": "1"}, follow=True))
    lead_of("ada")
    desk.minute()
    assert len(desk.crm.deals) == 1
    assert "1 lead" in read(place)
    assert "Signed in as" in words(browser.post(f"{place}test/", follow=True))
    assert "Remove" in read(f"{place}remove/")
    assert "is removed" in words(browser.post(f"{place}remove/", follow=True))
    gone = Connection.objects.get()
    assert (gone.sealed_credentials, gone.is_on, gone.removed_at is not None) == ("", False, True)
    assert browser.get(place).status_code == 404
    assert {"CRM connected", "CRM mapped", "CRM switched on", "CRM connection tested", "CRM removed"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_credentials_are_never_shown_and_lie_sealed(desk: Desk) -> None:
    desk.connect()
    secrets = [value for name, value in typed(desk).items() if name not in ("region", "company", "client_id")]
    row = json.dumps([str(each) for each in (*Connection.objects.values(), *AuditEntry.objects.values())])
    pages = "".join(
        browser_of().get(f"{PLACE}{path}").content.decode()
        for path in ("", f"{desk.kind}/", f"{desk.kind}/connect/", f"{desk.kind}/map/", f"{desk.kind}/secret/")
    )
    refused = browser_of().post(f"{PLACE}{desk.kind}/connect/", typed(desk) | {"token": "a b", "refresh_token": "a b"})
    for secret in secrets:
        assert secret not in row + pages + refused.content.decode()
    assert desk.connection.credentials() == typed(desk)


def test_wrong_credentials_are_refused_in_the_crms_words(desk: Desk) -> None:
    wrong = {name: value if name in ("region", "company") else "wrong" for name, value in typed(desk).items()}
    answer = browser_of().post(f"{PLACE}{desk.kind}/connect/", wrong)
    assert answer.status_code == 422
    assert CrmKind(desk.kind).label in words(answer, 422)
    assert Connection.objects.count() == 0


def test_a_crm_that_does_not_answer_is_said_so(desk: Desk) -> None:
    desk.crm.always = hang_up
    answer = browser_of().post(f"{PLACE}{desk.kind}/connect/", typed(desk))
    assert "there was no answer" in words(answer, 422)


def test_another_account_cannot_take_the_place_of_the_connected_one(pipedrive: Desk) -> None:
    connection = pipedrive.connect()
    Connection.objects.filter(pk=connection.pk).update(place={"company": "another"})
    with pytest.raises(CannotConnect, match="another account"):
        connect_crm(kind=pipedrive.kind, credentials=typed(pipedrive), by=pam(), clock=clock(AT))


def test_new_credentials_keep_what_was_mapped(desk: Desk) -> None:
    before = desk.connect()
    connect_crm(kind=desk.kind, credentials=typed(desk), by=pam(), clock=clock(AT))
    after = desk.connection
    assert (after.pk, after.stages, after.fields, after.is_on) == (before.pk, before.stages, before.fields, True)


def test_there_is_one_connection_of_a_kind(desk: Desk) -> None:
    desk.connect()
    copy = Connection(kind=desk.kind, key_field="k", read_until=AT, next_read_at=AT, made_at=AT, account="x")
    with pytest.raises(IntegrityError, match="one_connection_per_kind_of_crm"), transaction.atomic():
        copy.save()


def test_the_field_for_our_number_is_made_once(desk: Desk) -> None:
    for _ in range(2):
        connect_crm(kind=desk.kind, credentials=typed(desk), by=pam(), clock=clock(AT))
    made = [call for call in desk.crm.calls if call.method == "POST" and call.path.endswith(FIELDS)]
    assert len(made) == 1


def test_a_field_that_is_not_unique_is_refused(hubspot: Desk) -> None:
    hubspot.crm.properties["tributary_lead"] = {"name": "tributary_lead", "hasUniqueValue": False}  # type: ignore[attr-defined]
    with pytest.raises(CannotConnect, match="not unique"):
        connect_crm(kind=hubspot.kind, credentials=typed(hubspot), by=pam(), clock=clock(AT))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"pipeline": "nope"}, "no such pipeline"),
    ({"stages": {}}, "Choose a stage for “Submitted”"),
    ({"stages": {"won": "nope"}}, "Choose a stage"),
    ({"fields": {"contact": "nope"}}, "no such field"),
    ({"fields": {"ledger": "seats"}}, "no such field"),
    ({"fields": {"contact": "seats"}}, "takes a number"),
    ({"fields": {"contact": "contact_name", "note": "contact_name"}}, "each field of theirs once"),
]


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_what_does_not_fit_is_not_mapped(hubspot: Desk, change: dict[str, Any], says: str) -> None:
    hubspot.connect(on=False)
    before = Connection.objects.values().get()
    told: dict[str, Any] = {"pipeline": "default", "stages": stages(hubspot.kind), "fields": {}} | change
    if change.get("stages"):
        told["stages"] = stages(hubspot.kind) | change["stages"]
    with pytest.raises(CannotMap, match=says):
        map_connection(connection=hubspot.connection, by=pam(), at=AT, **told)
    assert Connection.objects.values().get() == before


def test_a_form_with_a_stage_that_is_missing_says_which(hubspot: Desk) -> None:
    hubspot.connect(on=False)
    answer = browser_of().post(f"{PLACE}hubspot/map/", mapping(hubspot) | {"stage-proposal": ""})
    assert "Proposal" in words(answer, 422)


def test_sales_may_not_connect_and_leaves_no_trace(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        connect_crm(kind=desk.kind, credentials=typed(desk), by=sam(), clock=clock(AT))
    desk.connect()
    for step, more in ((switch_connection, {"on": False}), (remove_connection, {})):
        with pytest.raises(NotPermitted):
            step(connection=desk.connection, by=sam(), at=AT, **more)
    assert desk.connection.is_on


def test_what_is_not_mapped_cannot_be_switched_on(desk: Desk) -> None:
    connect_crm(kind=desk.kind, credentials=typed(desk), by=pam(), clock=clock(AT))
    with pytest.raises(CannotSwitch, match="Say first"):
        switch_connection(connection=desk.connection, on=True, by=pam(), at=AT)


def test_what_is_off_neither_asks_nor_writes(desk: Desk) -> None:
    lead_of("ada")
    desk.connect(on=False)
    calls = len(desk.crm.calls)
    desk.minute()
    assert len(desk.crm.calls) == calls


def test_a_new_secret_is_shown_once(pipedrive: Desk, zoho: Desk) -> None:
    for desk in (pipedrive, zoho):
        none: dict[str, Any] = {"pipelines": [], "fields": []}
        told: dict[str, Any] = {"key_field": "k", "read_until": AT, "next_read_at": AT, "made_at": AT, "account": "x"}
        Connection.objects.create(kind=desk.kind, choices=none, **told)
        shown = browser_of().post(f"{PLACE}{desk.kind}/secret/")
        secret = desk.connection.secret()
        assert len(secret) > 30
        assert len(secret) <= 50  # Zoho takes no longer ones.
        assert secret in shown.content.decode()
        assert "no-store" in shown.headers["Cache-Control"]
        assert secret not in browser_of().get(f"{PLACE}{desk.kind}/").content.decode()


def test_the_secret_of_hubspot_is_entered(hubspot: Desk) -> None:
    hubspot.connect()
    answer = browser_of().post(f"{PLACE}hubspot/secret/", {"secret": "their-secret"}, follow=True)
    assert "their-secret" not in words(answer)
    assert hubspot.connection.secret() == "their-secret"


@pytest.mark.parametrize("company", ["acme", "ACME.pipedrive.com", "https://acme.pipedrive.com/"])
def test_a_company_of_pipedrive_is_taken_as_people_write_it(pipedrive: Desk, company: str) -> None:
    answer = browser_of().post(f"{PLACE}pipedrive/connect/", {"company": company, "token": pipedrive.crm.token})
    assert answer.status_code == 302


@pytest.mark.parametrize("company", ["evil.example/", "a@b", "a#", "127.0.0.1:80/x", "..", "", "a b", "-x", "é"])
def test_a_company_leads_to_no_other_host(pipedrive: Desk, company: str) -> None:
    answer = browser_of().post(f"{PLACE}pipedrive/connect/", {"company": company, "token": pipedrive.crm.token})
    assert answer.status_code == 422
    assert pipedrive.crm.calls == []


def test_zohos_token_is_asked_for_once_and_again_when_it_ran_out(zoho: Desk) -> None:
    lead_of("ada")
    zoho.connect()
    asked = zoho.crm.refreshed  # type: ignore[attr-defined]
    for _ in range(5):
        zoho.minute()
    assert zoho.crm.refreshed == asked + 1  # type: ignore[attr-defined]
    zoho.crm.token = "1000.revoked-before-its-time"
    with open_client(zoho.connection, clock=clock(zoho.at)) as client:
        assert client.account().name == "Zoe Zoho of Acme"
    assert zoho.crm.refreshed == asked + 2  # type: ignore[attr-defined]
    zoho.at += timedelta(hours=2)
    zoho.crm.wrong.clear()
    zoho.minute()
    assert zoho.crm.refreshed == asked + 3  # type: ignore[attr-defined]


# -- The list of leads ----------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_failed_and_differs(desk: Desk) -> None:
    leads = [lead_of("ada", f"Oak {name}", f"jo@{name}.example") for name in ("good", "bad", "odd")]
    desk.connect()
    desk.minute()
    syncs = [desk.sync(lead) for lead in leads]
    LeadSync.objects.filter(pk=syncs[1].pk).update(state="parked", error="Their words")
    LeadSync.objects.filter(pk=syncs[2].pk).update(differs="Contact: “A” there, “B” here")
    assert "Their words" in read("/sales/crm/")
    for state, shown in (("parked", "Oak bad"), ("differs", "Oak odd"), ("people", "Oak bad")):
        page = read(f"/sales/crm/?state={state}", sam())
        assert shown in page
        assert "Oak good" not in page
    assert "Nothing fits" in read("/sales/crm/?state=due")
    page = browser_of(sam()).get(f"/sales/crm/{syncs[1].pk}/").content.decode()
    assert f'href="{syncs[1].url}"' in page
    assert 'rel="noopener noreferrer"' in page
    answer = browser_of(sam()).post(f"/sales/crm/{syncs[1].pk}/again/", follow=True)
    assert "due now" in words(answer)
    assert desk.sync(leads[1]).state == "due"


ADDRESSES = {
    CrmKind.HUBSPOT: "https://app-eu1.hubspot.com/contacts/62515/record/0-3/9000",
    CrmKind.PIPEDRIVE: "https://acme.pipedrive.com/deal/9000",
    CrmKind.ZOHO: "https://crm.zoho.eu/crm/org7788/tab/Potentials/9000",
}


def test_a_deal_has_its_address(desk: Desk) -> None:
    lead = lead_of("ada")
    desk.connect()
    desk.minute()
    assert desk.sync(lead).url == ADDRESSES[desk.kind]


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(hubspot: Desk) -> None:
    hubspot.connect()
    lead_of("ada")
    hubspot.minute()
    few = queries("/sales/crm/")
    for number in range(24):
        lead_of("ada", f"Oak {number}x", f"jo@oak{number}.example")
    hubspot.minute()
    assert queries("/sales/crm/") == few


def test_nonsense_in_forms_is_answered_in_words(hubspot: Desk) -> None:
    hubspot.connect()
    browser = Client(raise_request_exception=False)
    browser.force_login(pam())
    lead_of("ada")
    hubspot.minute()
    pages = [f"{PLACE}hubspot/{page}" for page in ("", "connect/", "map/", "test/", "switch/", "secret/")]
    pages += ["/sales/crm/", f"/sales/crm/{LeadSync.objects.get().pk}/", "/sales/crm/99999999/again/"]
    names = ("pipeline", "stage-won", "field-note", "token", "on", "secret", "state", "crm", "q", "sort", "page")
    for nonsense in ("9" * 5000, "\0", "-1", "\uffff", "é"):
        asked = dict.fromkeys(names, nonsense)
        for page in pages:
            assert browser.get(page, asked).status_code < 500, page
            assert browser.post(page, asked).status_code < 500, page


# -- How the door stands --------------------------------------------------------------------------------------


def test_how_it_stands_in_a_sentence(hubspot: Desk) -> None:
    assert standing(at=AT).is_on is False
    assert "No CRM is connected" in standing(at=AT).says
    hubspot.connect(on=False)
    assert standing(at=AT).says == "HubSpot: connected, and switched off"
    switch_connection(connection=hubspot.connection, on=True, by=None, at=AT)
    lead = lead_of("ada")
    hubspot.minute()
    assert (standing(at=AT).says, standing(at=AT).waiting) == ("HubSpot: 1 lead in step", 0)
    hubspot.crm.move(hubspot.theirs(Stage.WON))
    hubspot.minute()
    assert hubspot.sync(lead).task
    assert (standing(at=AT).is_on, standing(at=AT).waiting) == (True, 1)
    assert "1 to look at" in standing(at=AT).says
    Connection.objects.update(error="HubSpot does not let us in: expired.")
    assert standing(at=AT).says == "HubSpot does not let us in: expired"
    assert [standing(at=hubspot.at + minutes * MINUTE).waiting for minutes in (1, 11)] == [1, 2]
