"""A program manager's day, in a real browser: an application, a partner's eyes, and a client that moves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry
from affiliates.models import Application, Partner
from affiliates.models.partner import PartnerKind
from affiliates.services.apply import apply
from affiliates.services.move_application import verify_application
from clients.models import Client
from tests.cast import client, close, close_months, monthly, pam, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_every_page import look_at
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password


@pytest.fixture
def manager(real_db: Databases) -> str:
    program(
        client("acme"),
        client("brim", of="ben"),
        *(monthly("acme", month, "1000.00") for month in ("2026-01", "2026-02", "2026-03")),
        *(monthly("brim", month, "4500.00") for month in ("2026-01", "2026-02", "2026-03")),
    )
    close_months("2026-01", "2026-02")
    now = datetime.now(UTC)
    made = apply(
        kind=PartnerKind.AFFILIATE, company="Oak Advisors", site="https://oak.example/", name="Jo", audience="Firms",
        email="jo@oak.example", promotion="A newsletter", at=now,
    )  # fmt: skip
    assert made is not None
    verify_application(application=made, at=now)
    return with_password(pam())


def test_a_managers_day(manager: str, tmp_path: Path) -> None:
    acme = Client.objects.get(reference="acme").pk
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, manager, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")  # Their day begins here.
        decide_the_application(page)
        look_as_ada(page)
        move_acme_to_ben(page, acme)
    assert Application.objects.get().partner == Partner.objects.get(name="Oak Advisors")
    # What was shown is what the next run posts, beside 1,350.00 that Brim earns for Ben in March by itself.
    assert close("2026-03") == {
        "ada acme 2026-01": "-200.00",
        "ada acme 2026-02": "-200.00",
        "ben acme 2026-01": "300.00",
        "ben acme 2026-02": "300.00",
        "ben acme 2026-03": "300.00",
        "ben brim 2026-01": "450.00",
        "ben brim 2026-02": "450.00",
        "ben brim 2026-03": "1350.00",
    }


def decide_the_application(page: Page) -> None:
    page.get_by_role("link", name="Applications").click()
    page.get_by_role("link", name="Oak Advisors").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Oak Advisors")
    expect(page.get_by_text("Oak Advisors is a partner now")).to_be_visible()


def look_as_ada(page: Page) -> None:
    page.get_by_role("link", name="Partners", exact=True).click()
    page.get_by_role("link", name="Ada Partners").click()
    page.get_by_role("button", name="See the portal as Ada Partners").click()
    banner = page.get_by_role("complementary", name="You look as a partner")
    expect(banner).to_contain_text("You see what Ada Partners sees")
    page.get_by_role("link", name="Leads", exact=True).click()
    expect(banner).to_be_visible()
    page.goto("/leads/new/")
    page.locator("main form[method=post]").last.evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    expect(page.get_by_text("You only look as Ada Partners")).to_be_visible()
    assert look_at(page, "/") == []
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Partners")


def move_acme_to_ben(page: Page, acme: int) -> None:
    page.get_by_role("link", name="Acme Inc.").click()
    page.get_by_label("To which partner").fill("ben")
    page.get_by_role("button", name="Show the effect").click()
    effect = page.get_by_role("region", name="What the run of March 2026 posts because of it")
    for row in ("Jan 2026 −200.00 750.00", "Feb 2026 −200.00 750.00", "Mar 2026 −200.00 750.00"):
        expect(effect.get_by_role("row", name=row)).to_be_visible()
    assert look_at(page, f"{reverse('staff_client_move', args=[acme])}?to=ben") == []
    page.get_by_label("Reason").fill("Both asked for it")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ben Partners")
    expect(page.get_by_text("Acme Inc. went from Ada Partners to Ben Partners")).to_be_visible()


def test_nothing_is_in_the_way_on_a_managers_pages(manager: str, tmp_path: Path) -> None:
    ada, oak = Partner.objects.get(reference="ada"), Application.objects.get()
    urls = [
        *(reverse(name) for name in ("staff_overview", "staff_partners", "staff_applications", "staff_people")),
        reverse("staff_audit"),
        reverse("staff_partner", args=[ada.pk]),
        reverse("staff_application", args=[oak.pk]),
        reverse("staff_person", args=[pam().pk]),
        reverse("staff_audit_entry", args=[AuditEntry.objects.latest("pk").pk]),
        f"{reverse('staff_partner_merge', args=[ada.pk])}?to=ben",
    ]
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, manager, PASSWORD)
        assert "\n".join(each for url in urls for each in look_at(page, url)) == ""
