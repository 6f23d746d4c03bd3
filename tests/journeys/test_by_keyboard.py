"""A partner's whole way without a mouse, and what holds the focus gives it back."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from affiliates.models import Application, Partner, Program
from affiliates.months import parse_month
from affiliates.services.accept_agreement import publish_version
from affiliates.services.move_application import approve_application
from commissions.models import Dispute
from parts.formats import short_month
from payouts.models import Payout, PayoutState, Statement
from payouts.services.approve_payout import approve_payout
from payouts.services.issue_statement import issue_statement, plan_statements
from referrals.models import Lead, Link
from tests.cast import abe
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal
from tests.journeys.keyboard import Keyboard
from tests.journeys.test_from_application_to_statement import EMAIL, PATIENCE, bring_money, manager, newest_link
from tests.journeys.test_from_close_to_reason import PASSWORD
from tests.payouts.finance import settle_payee
from tests.world import SITE


def apply(page: Page, keys: Keyboard) -> None:
    page.goto("/")
    first = keys.tab()
    assert first is not None
    assert first.name == "Skip to the content"
    keys.press("Enter")
    keys.follow("Apply", in_main=True)
    keys.walk()
    keys.tick("Affiliate")
    keys.write("Company", "Northwind Systems")
    keys.write("Website", "https://northwind.example")
    keys.write("Your name", "Olga Owner")
    keys.write("Your e-mail address", EMAIL)
    keys.write("Whom you reach", "Contact centers of insurance agencies")
    keys.write("How you will promote", "A newsletter and calls")
    page.wait_for_timeout(PATIENCE)
    keys.follow("Send the application")
    page.goto(newest_link(EMAIL))
    keys.follow("Confirm this address")
    assert Application.objects.get().verified_at


def join(page: Page, keys: Keyboard) -> None:
    page.goto(newest_link(EMAIL))
    keys.walk()
    keys.write("Your name", "Olga Owner")
    keys.write("Password", PASSWORD)
    keys.follow("Join")


def accept(keys: Keyboard) -> None:
    keys.follow("Agreement")
    keys.walk()
    keys.tick("I have read")
    keys.write("Your full name", "Olga Owner")
    keys.follow("Accept for")
    assert "Olga Owner" in keys.page.inner_text("main")


def register(keys: Keyboard) -> None:
    keys.follow("Leads")
    skip_to_content(keys)
    keys.follow("Register a lead", in_main=True)
    keys.walk()
    keys.write("Company", "Acme Insurance")
    keys.write("Website", "acme.example")
    keys.write("Contact", "Jo Buyer")
    keys.write("Contact’s e-mail", "jo@acme.example")
    keys.write("Agents", "25")
    keys.tick("The")
    keys.follow("Register the lead")
    keys.follow("Leads")
    keys.walk()
    keys.follow("Acme Insurance", in_main=True)
    keys.walk()
    assert "jo@acme.example" in keys.page.inner_text("main")


def skip_to_content(keys: Keyboard) -> None:
    """The first stop of a page, and the way past its navigation."""
    keys.page.reload()
    first = keys.tab()
    assert first is not None
    assert first.name == "Skip to the content"
    keys.press("Enter")
    within = keys.tab()
    assert within is not None
    assert within.is_in_main


def share(keys: Keyboard) -> None:
    keys.follow("Links")
    keys.follow("Make a link", in_main=True)
    keys.walk()
    keys.write("Name", "Newsletter")
    keys.follow("Make the link")
    keys.walk()
    keys.reach("Copy the link", in_main=True)
    keys.press("Enter")
    keys.page.get_by_role("button", name="Copied").wait_for()
    copied = keys.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith(f"/r/{Link.objects.get().code}")


def open_reason(keys: Keyboard, month: str, amount: str) -> None:
    keys.page.goto(f"/commissions/months/{month}/")
    keys.reach(amount, tag="a", in_main=True)
    keys.press("Enter")
    keys.page.locator("dialog.beside[open]").get_by_text("In words").wait_for()


def held(keys: Keyboard, dialog: str, *, opener: str) -> None:
    """An open dialog keeps the focus; Escape closes it and gives the focus back to its opener."""
    for _ in range(12):  # More stops than it has.
        stop = keys.tab()
        assert stop is None or stop.is_in_dialog
    keys.press("Escape")
    given_back(keys, dialog, opener=opener)


def given_back(keys: Keyboard, dialog: str, *, opener: str) -> None:
    keys.page.locator(f"{dialog}[open]").wait_for(state="hidden")
    back = keys.focused()
    assert back is not None
    assert back.name.startswith(opener)


def read_reason(keys: Keyboard, month: str) -> None:
    open_reason(keys, month, "1,800.00")
    held(keys, "dialog.beside", opener="1,800.00")


def present(keys: Keyboard) -> None:
    keys.follow("Payouts")
    keys.walk()
    keys.follow("Present", in_main=True)
    keys.walk()
    keys.tick("Let the portal draw it")
    keys.follow("Present report and invoice")


def download(keys: Keyboard, month: str) -> bytes:
    keys.follow("Payouts")
    keys.walk()
    keys.follow("All statements", in_main=True)
    keys.walk()
    keys.reach(short_month(parse_month(month)), tag="a", in_main=True)
    with keys.page.expect_download() as found:
        keys.press("Enter")
    return Path(found.value.path()).read_bytes()


def dispute(keys: Keyboard, month: str) -> None:
    open_reason(keys, month, "1,800.00")
    keys.follow("Dispute this line")
    keys.walk()
    keys.write("What", "The rate should be higher")
    keys.follow("Send the dispute")
    keys.walk()


def sign_out_and_in(keys: Keyboard) -> None:
    keys.follow("Sign out")
    keys.follow("Sign in")
    keys.press("Control+a")  # The page puts the focus on its first field.
    keys.page.keyboard.type(EMAIL)
    keys.write("Password", PASSWORD)
    keys.follow("Sign in", in_main=True)
    keys.walk()


def test_a_partners_whole_way_by_keyboard(real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    publish_version(number="1", title="Agreement", text="1. Everything as agreed.", by=None, at=timezone.now())
    Program.objects.update(company_site=SITE)
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        keys = Keyboard(page)
        apply(page, keys)
        approve_application(application=Application.objects.get(), by=manager(), at=timezone.now())
        join(page, keys)
        accept(keys)
        register(keys)
        share(keys)
        month = bring_money(Lead.objects.get(), timezone.now())
        settle_payee(Partner.objects.get())
        read_reason(keys, month)
        present(keys)
        payout = Payout.objects.get()
        assert payout.state == PayoutState.READY
        approve_payout(payout=payout, by=abe(), at=timezone.now())
        plan_statements(month=payout.period_id, at=timezone.now())
        assert issue_statement(statement_id=Statement.objects.get().pk, at=timezone.now())
        assert download(keys, month).startswith(b"%PDF-")
        dispute(keys, month)
        assert Dispute.objects.get().comment == "The rate should be higher"
        sign_out_and_in(keys)
