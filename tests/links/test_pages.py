"""The pages of links: what they show, what they refuse, and that they are the partner's own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from affiliates.models import Program
from referrals.models import Link
from referrals.models.lead import Channel
from referrals.services.register_lead import register_lead
from tests.cast import AT, all_rows, owner_of, the_partner
from tests.links.company import SITE, company, ended, follow, link_of, signed_in

pytestmark = pytest.mark.django_db
NEW = {"name": "Spring", "destination": f"{SITE}pricing", "code": "", "sub_id": "s-1"}


def test_without_links_the_first_one_is_offered() -> None:
    company()
    shown = signed_in(owner_of("ada")).get("/links/").content.decode()
    assert "No links yet" in shown
    assert "/links/new/" in shown


def test_a_link_is_made_and_shown() -> None:
    company()
    browser = signed_in(owner_of("ada"))
    answer = browser.post("/links/new/", NEW)
    link = Link.objects.get()
    assert answer.headers["Location"] == f"/links/{link.pk}/"
    assert (link.partner, link.name, link.sub_id, link.created_at) == (the_partner("ada"), "Spring", "s-1", AT)
    assert len(link.code) == 8
    shown = browser.get(f"/links/{link.pk}/").content.decode()
    assert f"/r/{link.code}" in shown
    assert f"/r/{link.code}/contact/" in shown
    assert AuditEntry.objects.filter(action="link made", subject=f"link {link.pk}").exists()


REFUSED = [
    ({"destination": "https://evil.example/"}, "www.quillhaven.example"),
    ({"destination": "http://www.quillhaven.example/"}, "www.quillhaven.example"),
    ({"destination": "javascript:alert(1)"}, "www.quillhaven.example"),
    ({"destination": f"{SITE}?via=x"}, "via="),
    ({"code": "ab"}, "3 to 40 letters"),
    ({"code": "a b c"}, "3 to 40 letters"),
    ({"code": "-abc"}, "3 to 40 letters"),
    ({"code": "../abc"}, "3 to 40 letters"),
    ({"code": "TAKEN"}, "is taken"),
    ({"name": ""}, "This is still empty"),
]


@pytest.mark.parametrize(("wrong", "words"), REFUSED)
def test_a_refusal_says_what_would_work_and_keeps_nothing(wrong: dict[str, str], words: str) -> None:
    company()
    link_of("ben", code="taken")
    browser = signed_in(owner_of("ada"))
    before = Link.objects.count(), AuditEntry.objects.count()
    answer = browser.post("/links/new/", NEW | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (Link.objects.count(), AuditEntry.objects.count()) == before


def test_a_program_without_a_site_says_whom_to_ask() -> None:
    company()
    Program.objects.update(company_site="")
    answer = signed_in(owner_of("ada")).post("/links/new/", NEW)
    assert Program.current().company_email in answer.content.decode()


def test_a_link_is_switched_off_and_on() -> None:
    company()
    link = link_of()
    browser = signed_in(owner_of("ada"))
    browser.post(f"/links/{link.pk}/switch/", {"to": "off"})
    link.refresh_from_db()
    assert link.off_since == AT
    assert "This link is off" in browser.get(f"/links/{link.pk}/").content.decode()
    browser.post(f"/links/{link.pk}/switch/", {"to": "on"})
    link.refresh_from_db()
    assert link.is_on


CHANGED = {"name": "Summer", "destination": f"{SITE}plans"}


def test_a_link_is_renamed_and_leads_elsewhere_and_its_clicks_stay() -> None:
    company()
    link = link_of()
    follow(link.code)
    browser = signed_in(owner_of("ada"))
    assert 'value="Blog"' in browser.get(f"/links/{link.pk}/change/").content.decode()
    assert browser.post(f"/links/{link.pk}/change/", CHANGED).headers["Location"] == f"/links/{link.pk}/"
    assert follow(link.code).headers["Location"].startswith(f"{SITE}plans?via=")
    link.refresh_from_db()
    assert (link.name, link.clicks.count()) == ("Summer", 2)
    entry = AuditEntry.objects.get(action="link changed", subject=f"link {link.pk}")
    assert entry.details == {
        "name": "Summer", "leads_to": f"{SITE}plans", "was_named": "Blog", "led_to": SITE,
    }  # fmt: skip
    browser.post(f"/links/{link.pk}/change/", CHANGED)
    assert AuditEntry.objects.filter(action="link changed").count() == 1


@pytest.mark.parametrize(("wrong", "words"), [each for each in REFUSED if "code" not in each[0]])
def test_a_link_is_changed_only_to_what_it_could_be_made_with(wrong: dict[str, str], words: str) -> None:
    company()
    link = link_of()
    browser = signed_in(owner_of("ada"))
    browser.get("/links/")
    before = all_rows()
    answer = browser.post(f"/links/{link.pk}/change/", CHANGED | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert all_rows() == before


def test_a_link_to_a_site_of_earlier_can_still_be_renamed() -> None:
    company()
    link = link_of()
    Program.objects.update(company_site="https://www.new.example/")
    browser = signed_in(owner_of("ada"))
    assert browser.post(f"/links/{link.pk}/change/", {"name": "Old", "destination": SITE}).status_code == 302
    assert browser.post(f"/links/{link.pk}/change/", {"name": "Old", "destination": f"{SITE}x"}).status_code == 422
    link.refresh_from_db()
    assert (link.name, link.destination) == ("Old", SITE)


def test_visitors_leads_and_clients_are_counted() -> None:
    company()
    link = link_of()
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        follow(link.code, REMOTE_ADDR=address)
    register_lead(
        partner=the_partner("ada"), company="Oak Ltd", contact="Jo", email="jo@oak.example", channel=Channel.LINK,
        link=link, is_attested=True, by=None, at=AT,
    )  # fmt: skip
    browser = signed_in(owner_of("ada"))
    assert "1 more by bots or again" in browser.get("/links/").content.decode()
    shown = browser.get(f"/links/{link.pk}/").content.decode()
    assert "1 Jan: 2" in shown
    assert "Oak Ltd" in shown
    record = browser.get("/links/?format=csv").getvalue().decode().splitlines()[1].split(",")
    assert record[4:8] == ["2", "3", "1", "0"]


def test_the_qr_codes_are_pictures() -> None:
    company()
    link = link_of()
    browser = signed_in(owner_of("ada"))
    drawn = browser.get(f"/links/{link.pk}/qr.svg")
    assert (drawn.headers["Content-Type"], b"<svg" in drawn.content) == ("image/svg+xml", True)
    dotted = browser.get(f"/links/{link.pk}/qr.png")
    assert dotted.content.startswith(b"\x89PNG")


def test_the_rule_is_shown_with_what_the_site_needs() -> None:
    company()
    Program.objects.update(cookie_days=45)
    shown = signed_in(owner_of("ada")).get("/links/rules/").content.decode()
    assert "credited to you for 45 days" in shown
    assert "carry.js" in shown


@pytest.mark.parametrize("name", ["link", "link_change", "link_switch", "link_qr_svg", "link_qr_png"])
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
def test_another_partners_link_is_not_there(name: str, method: str) -> None:
    company()
    url = reverse(name, args=[link_of("ben", name="Bens").pk])
    browser = signed_in(owner_of("ada"))
    before = all_rows()
    answer = getattr(browser, method)(url)
    assert answer.status_code in (404, 405)
    assert "Bens" not in answer.content.decode()
    assert all_rows() == before


def test_another_partners_links_are_not_listed() -> None:
    company()
    link_of("ben", name="Bens")
    assert "Bens" not in signed_in(owner_of("ada")).get("/links/").content.decode()


def test_after_the_end_links_are_read_and_no_longer_made() -> None:
    company()
    link = link_of()
    ended("ada", "2026-12-31")
    browser = signed_in(owner_of("ada"))
    assert "/links/new/" not in browser.get("/links/").content.decode()
    browser.post("/links/new/", NEW)
    assert f"/links/{link.pk}/change/" not in browser.get(f"/links/{link.pk}/").content.decode()
    browser.post(f"/links/{link.pk}/switch/", {"to": "off"})
    browser.post(f"/links/{link.pk}/change/", CHANGED)
    assert Link.objects.get().is_on
    assert Link.objects.get().name == "Blog"


def test_a_list_costs_the_same_with_1_link_and_with_30() -> None:
    company()
    browser = signed_in(owner_of("ada"))
    link_of(name="0")
    browser.get("/links/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/links/")
    for number in range(1, 30):
        follow(link_of(name=str(number)).code)
    with CaptureQueriesContext(connection) as many:
        browser.get("/links/")
    assert len(many) == len(few)
