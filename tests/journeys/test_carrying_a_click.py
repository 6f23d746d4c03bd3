"""From a partner's link to a lead on the company's own site, in a real browser: another host, its script, its form."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from affiliates.models import Program
from referrals.models import Click, Conflict, Lead
from referrals.models.lead import Channel
from referrals.services.attribute_click import attribute_click
from referrals.services.register_lead import register_lead
from tests.cast import owner_of, partner, record, the_partner
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.carrier import HOST, Site, company_site
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.links.company import SITE, company, link_of

DAY = 86_400
COOKIE = "tributary_via"


@pytest.fixture
def site(real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    company()
    record(partner("ada"), partner("ben"))
    link_of("ada", code="ada-blog", destination=f"{SITE}pricing?plan=pro")
    link_of("ben", code="ben-blog")
    with company_site(tmp_path) as served:
        yield served


def take_over(page: Page, site: Site) -> None:
    """The company puts into its pages what the portal's own page says."""
    sign_in(page, with_password(owner_of("ada")), PASSWORD)
    page.goto("/links/")
    page.get_by_role("link", name="How links are credited").click()
    site.script = page.locator("#snippet").inner_text()
    site.hidden_field = page.locator("#hidden-field").inner_text()
    page.context.clear_cookies()


def via(page: Page) -> str:
    """What the form of the site's page would send."""
    return page.locator("input[name=via]").input_value()


def ask_for_contact(page: Page, company: str) -> None:
    page.goto(SITE)
    page.get_by_label("Company").fill(company)
    page.get_by_role("button", name="Contact us").click()
    page.wait_for_url("**/contact")


def lead_of(contact: dict[str, str]) -> Lead:
    """What the company's server does with a contact: whoever its click is credited to gets the lead."""
    now = timezone.now()
    click = attribute_click(tokens=[contact["via"]], at=now)
    assert click is not None
    return register_lead(
        partner=click.link.partner,
        company=contact["company"],
        contact="Jo Buyer",
        email=f"jo@{contact['company'].lower()}.example",
        channel=Channel.LINK,
        link=click.link,
        click=click,
        is_attested=True,
        by=None,
        at=now,
    )


def test_a_click_is_carried_to_a_lead_and_the_last_link_wins(site: Site, tmp_path: Path) -> None:
    mapped = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{site.port}"
    with (
        portal(tmp_path / "web.log") as address,
        browser_page(address, mapped, "--ignore-certificate-errors") as page,
    ):
        take_over(page, site)
        page.goto(SITE)
        assert via(page) == ""
        assert page.context.cookies(SITE) == []

        page.goto(f"{address}/r/ada-blog")
        first = Click.objects.get()
        assert page.url == f"{SITE}pricing?plan=pro&via={first.token}"
        assert via(page) == first.token
        kept = [cookie for cookie in page.context.cookies(SITE) if cookie["name"] == COOKIE]
        assert [cookie["value"] for cookie in kept] == [first.token]
        assert kept[0]["expires"] == pytest.approx(time.time() + 90 * DAY, abs=60)
        assert (kept[0]["secure"], kept[0]["sameSite"]) == (True, "Lax")
        assert [cookie for cookie in page.context.cookies() if cookie["domain"] == "localhost"] == []

        ask_for_contact(page, "Farrow")  # On another page, and later.
        assert site.contacts == [{"company": "Farrow", "via": first.token}]
        lead = lead_of(site.contacts[0])
        assert (lead.partner, lead.link, lead.click) == (the_partner("ada"), first.link, first)

        page.goto(f"{address}/r/ben-blog")
        last = Click.objects.latest("pk")
        ask_for_contact(page, "Gorse")
        assert site.contacts[1]["via"] == last.token
        assert lead_of(site.contacts[1]).partner == the_partner("ben")

        ask_for_contact(page, "Farrow")  # Ada's lead: registered wins over Ben's link.
        claimed = lead_of(site.contacts[2])
        assert (claimed.partner, claimed.protected_until) == (the_partner("ben"), None)
        assert Conflict.objects.get().lead == claimed
        lead.refresh_from_db()
        assert (lead.partner, lead.protected_until is None) == (the_partner("ada"), False)

        page.goto(f"{SITE}?via=%3Cscript%3E")  # What is no click changes nothing.
        assert via(page) == last.token


def test_the_cookie_lives_as_long_as_the_program_says(site: Site, tmp_path: Path) -> None:
    Program.objects.update(cookie_days=30)
    mapped = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{site.port}"
    with (
        portal(tmp_path / "web.log") as address,
        browser_page(address, mapped, "--ignore-certificate-errors") as page,
    ):
        take_over(page, site)
        page.goto(f"{address}/r/ben-blog")
        assert via(page) == Click.objects.get().token
        [kept] = [cookie for cookie in page.context.cookies(SITE) if cookie["name"] == COOKIE]
        assert kept["expires"] == pytest.approx(time.time() + 30 * DAY, abs=60)
