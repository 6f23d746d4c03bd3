"""A partner's whole way in a real browser: from the public page over a lead and its money to the statement.

What the company does goes through its services, as its own pages will.
"""

from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Role, User
from affiliates.models import Application, Partner
from affiliates.models.payee import PayoutMethodKind
from affiliates.months import add_months, month_of, show_month
from affiliates.services.accept_agreement import publish_version
from affiliates.services.move_application import approve_application
from affiliates.services.set_payee import confirm_payout_method, set_payout_method
from clients.services.win_lead import win_lead
from notices.models import Notice
from payouts.models import Payout, PayoutState, Statement
from payouts.services.approve_payout import approve_payout
from payouts.services.issue_statement import issue_statement, plan_statements
from referrals.models import Lead
from referrals.models.lead import Stage
from referrals.services.move_lead import move_lead
from tests.cast import _person, abe, close, fay, invoice, line, payment, record, sam
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal
from tests.journeys.test_from_close_to_reason import PASSWORD

EMAIL = "olga@northwind.example"
STAGES = (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL)
PATIENCE = 6_000  # Milliseconds; a form is not taken from somebody who fills it in faster than a person can.


def newest_link(recipient: str) -> str:
    """The address in the newest e-mail to somebody."""
    return Notice.objects.filter(recipient=recipient).exclude(path="").order_by("-pk")[0].path


def apply(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Apply").first.click()
    page.get_by_label("Affiliate").first.check()
    page.get_by_label("Company").fill("Northwind Systems")
    page.get_by_label("Website").fill("https://northwind.example")
    page.get_by_label("Your name").fill("Olga Owner")
    page.get_by_label("Your e-mail address").fill(EMAIL)
    page.get_by_label("Whom you reach").fill("Contact centers of insurance agencies")
    page.get_by_label("How you will promote").fill("A newsletter and calls")
    page.wait_for_timeout(PATIENCE)
    page.get_by_role("button", name="Send the application").click()
    page.wait_for_url("**/apply/sent/")
    page.goto(newest_link(EMAIL))
    page.get_by_role("button", name="Confirm this address").click()
    page.wait_for_load_state()


def join(page: Page) -> None:
    page.goto(newest_link(EMAIL))
    name = page.get_by_label("Your name")
    name.fill("Olga Owner")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(lambda url: "/join/" not in url)


def accept(page: Page) -> None:
    page.get_by_role("link", name="Agreement").first.click()
    page.get_by_label("I have read").check()
    page.get_by_label("Your full name").fill("Olga Owner")
    page.get_by_role("button", name="Accept for").click()
    page.wait_for_load_state()
    assert "Olga Owner" in page.inner_text("main")


def register(page: Page) -> None:
    page.get_by_role("link", name="Leads").first.click()
    page.get_by_role("link", name="Register a lead").first.click()
    page.locator("#id_company").fill("Acme Insurance")
    page.locator("#id_site").fill("acme.example")
    page.get_by_label("Contact", exact=True).fill("Jo Buyer")
    page.get_by_label("Contact’s e-mail address").fill("jo@acme.example")
    page.locator("#id_agents").fill("25")
    page.locator("main form input[type=checkbox]").check()
    page.get_by_role("button", name="Register").click()
    page.wait_for_load_state()


def bring_money(lead: Lead, at: datetime) -> str:
    """Sales closes the lead, the client pays, and the month after the waiting period is closed; give it."""
    for stage in STAGES:
        move_lead(lead=Lead.objects.get(pk=lead.pk), to=stage, by=sam(), at=at)
    won = Lead.objects.get(pk=lead.pk)
    win_lead(lead=won, closed_on=won.registered_on, reference="acme", by=sam(), at=at)
    paid = add_months(month_of(at.date()), 2)
    month = show_month(paid)
    record(
        invoice("acme-1", "acme", f"{month}-01", line("6000.00", since=month)),
        payment("acme-1-paid", "acme-1", "6000.00", f"{month}-02"),
        at=at,
    )
    close(month, by=fay(), at=at)
    return month


def manager() -> User:
    return _person("mona", Role.PROGRAM_MANAGER)


def test_from_the_public_page_to_the_statement(
    real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    at = timezone.now()
    publish_version(number="1", title="Agreement", text="1. Everything as agreed.", by=None, at=at)
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        apply(page)
        approve_application(application=Application.objects.get(), by=manager(), at=timezone.now())
        join(page)
        accept(page)
        register(page)
        lead = Lead.objects.get()
        assert lead.company == "Acme Insurance"
        month = bring_money(lead, timezone.now())
        page.goto("/leads/")
        assert "Won" in page.inner_text("main")

        partner = Partner.objects.get()
        file_tax_form_in_browser(page)
        method = set_payout_method(
            partner=partner,
            kind=PayoutMethodKind.PAYPAL,
            holder="Northwind Systems",
            details=EMAIL,
            by=None,
            at=timezone.now(),
        )
        confirm_payout_method(method=method, by=None, at=timezone.now())
        page.goto("/payouts/")
        assert "1,800.00" in page.inner_text("main")  # 30 % of 6,000.00
        payout = Payout.objects.get()
        page.goto(f"/payouts/{payout.pk}/present/")
        page.get_by_label("Let the portal draw it").check()
        page.get_by_role("button", name="Present report and invoice").click()
        page.wait_for_load_state()
        payout.refresh_from_db()
        assert payout.state == PayoutState.READY

        approve_payout(payout=payout, by=abe(), at=timezone.now())
        plan_statements(month=payout.period_id, at=timezone.now())
        assert issue_statement(statement_id=Statement.objects.get().pk, at=timezone.now())
        page.goto(f"/payouts/{payout.pk}/")
        assert "Approved" in page.inner_text("main")
        page.goto("/payouts/statements/")
        with page.expect_download() as download:
            page.locator("a[href$='/download/']").first.click()
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
        page.goto(f"/commissions/months/{month}/")
        assert "1,800.00" in page.inner_text("main")


def file_tax_form_in_browser(page: Page) -> None:
    page.goto("/settings/tax/w-9/")
    page.get_by_label("Password").fill(PASSWORD)  # What matters most is asked for once more.
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name, as shown").fill("Olga Owner")
    page.get_by_label("Federal tax classification").select_option(index=1)
    page.get_by_label("Street address").fill("410 Terry Avenue N")
    page.get_by_label("City, state and ZIP code").fill("Seattle, WA 98109")
    page.locator("input[name=number_kind]").last.check()
    page.locator("input[name=number]").fill("12-3456789")
    page.locator("input[name=is_certified]").check()
    page.get_by_label("Sign by typing").fill("Olga Owner")
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
