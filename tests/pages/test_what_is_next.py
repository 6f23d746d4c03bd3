"""Pages say what is next, in the order in which they are read, and whose money is what."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from affiliates.models import Program
from clients.models import Client
from integrations.crm.models import Connection, LeadSync
from notices.models import EventKind, WebhookDelivery, WebhookEndpoint, WhyOff
from notices.services.move_delivery import note_failed
from notices.services.redeliver import send_test
from notices.services.switch_endpoint import park, switch_endpoint
from notices.services.write_event import write_event
from tests.cast import (
    AT,
    client,
    close,
    fay,
    monthly,
    owner_of,
    pam,
    partner,
    program,
    record,
    the_partner,
)  # fmt: skip
from tests.integrations.crm.samples import one_of_each
from tests.leads.telling import lead_of
from tests.managers.pages import browser_of, read
from tests.webhooks.receiver import endpoint_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_program")]
HOOK = "https://hooks.oak.invalid/hook"
WEBHOOKS = "/settings/webhooks/"


@pytest.fixture
def _program() -> None:
    program(client("acme"), monthly("acme", "2026-01", "1000.00"))


def the_client() -> Client:
    return Client.objects.get(reference="acme")


def given_up(*, why: WhyOff = WhyOff.NO_ANSWER) -> WebhookDelivery:
    """An event that Ada's endpoint did not take, after which it was switched off."""
    endpoint, _ = endpoint_of("ada", HOOK)
    write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject="lead 1", at=AT)
    delivery = WebhookDelivery.objects.get()
    note_failed(delivery, at=AT, is_final=True)
    park(endpoint, why, at=AT)
    return delivery


def main_of(url: str) -> str:
    page = browser_of(owner_of("ada")).get(url).content.decode()
    return page[page.index("<main") :]


def test_the_sentence_of_a_page_stands_before_its_main_button() -> None:
    endpoint_of("ada", HOOK)
    page = main_of(WEBHOOKS)
    assert page.index("<h1") < page.index("page-lead") < page.index("New endpoint")


@pytest.mark.parametrize("page", [WEBHOOKS, "/settings/keys/"])
def test_where_nothing_is_yet_there_is_one_button_to_begin(page: str) -> None:
    assert len(re.findall("btn-primary", main_of(page))) == 1


@pytest.mark.parametrize("why", [WhyOff.BY_HAND, WhyOff.NO_ANSWER, WhyOff.GONE])
def test_an_endpoint_that_is_off_says_what_to_do(why: WhyOff) -> None:
    delivery = given_up(why=why)
    words = read(f"{WEBHOOKS}{delivery.endpoint_id}/", owner_of("ada"))
    assert "; off since " in words
    assert "What waits, and what was given up, is sent then" in words


def test_an_event_that_was_given_up_says_when_it_is_tried_anew() -> None:
    delivery = given_up()
    page = f"{WEBHOOKS}{delivery.endpoint_id}/deliveries/{delivery.pk}/"
    assert "Once it is switched on, this event is tried anew." in read(page, owner_of("ada"))
    switch_endpoint(endpoint=WebhookEndpoint.objects.get(), on=True, by=owner_of("ada"), at=AT)
    assert "tried anew" not in read(page, owner_of("ada"))


def test_a_test_that_was_not_taken_is_sent_again_by_hand() -> None:
    endpoint, _ = endpoint_of("ada", HOOK)
    delivery = send_test(endpoint=endpoint, by=owner_of("ada"), at=AT)
    note_failed(delivery, at=AT, is_final=True)
    page = f"{WEBHOOKS}{endpoint.pk}/deliveries/{delivery.pk}/"
    assert "Mend the endpoint and send the event again." in read(page, owner_of("ada"))


def test_a_crm_in_trouble_says_it_in_whole_sentences() -> None:
    lead_of("ada")
    one_of_each()
    error, until = "HubSpot does not let us in: unauthorized access", AT + timedelta(minutes=5)
    Connection.objects.update(error=error, rest_until=until)
    LeadSync.objects.update(error=error)
    assert f"{error}. Asked again" in read("/admin/program/integrations/crm/hubspot/")
    assert f"{error}." in read(reverse("staff_crm_lead", args=[LeadSync.objects.get().pk]))


@pytest.mark.parametrize("name", ["staff_crm", "staff_partnerstack"])
def test_the_doors_lead_back_to_all_of_them(name: str) -> None:
    assert "← Integrations" in read(reverse(name))


def test_what_a_person_is_to_finish_on_the_leads_page_leads_there_first() -> None:
    lead_of("ada")
    one_of_each()
    page = reverse("staff_crm_lead", args=[LeadSync.objects.get().pk])
    assert read(page).index("Try again") < read(page).index("Open the lead")
    LeadSync.objects.update(task="HubSpot says “Closed won”: finish it here")
    assert read(page).index("Open the lead") < read(page).index("Put the deal to")


def test_money_on_tiles_says_its_currency() -> None:
    close("2026-01")
    currency = Program.current().currency
    ada, owner = the_partner("ada"), owner_of("ada")
    assert f"Posted 200.00 {currency}" in read("/commissions/months/2026-01/", owner)
    assert f"Commission to date 200.00 {currency}" in read(f"/clients/{the_client().pk}/", owner)
    assert f"Posted 200.00 {currency}" in read("/admin/finance/months/2026-01/")
    assert f"Posted 200.00 {currency}" in read(f"/admin/finance/months/2026-01/partners/{ada.pk}/")
    assert f"Balance 200.00 {currency}" in read(f"/admin/program/partners/{ada.pk}/")


def test_tables_of_many_columns_name_each_cell_for_narrow_screens() -> None:
    record(partner("ben"))
    browser = browser_of(fay())
    browser.post(reverse("staff_stripe_rule_keep"), {"goods": "price_1PgaDJ2eZvKYlo2C", "category": "subscription"})
    assert 'data-label="Counts as">Subscription' in browser.get(reverse("staff_stripe_rules")).content.decode()
    effect = browser_of(pam()).get(f"/admin/program/clients/{the_client().pk}/move/?to=ben").content.decode()
    assert 'data-label="Balance now"' in effect


def test_a_client_that_is_moved_is_one_and_its_page_lies_with_the_partners() -> None:
    record(partner("ben"))
    page = browser_of(pam()).get(f"/admin/program/clients/{the_client().pk}/move/").content.decode()
    assert "earned with it is taken back" in page
    assert re.search(r'aria-current="page"[^>]*>\s*Partners<', page)
