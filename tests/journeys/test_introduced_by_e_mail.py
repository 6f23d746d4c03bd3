"""An introduction from the mailbox to sales, in a real browser: it comes in, a rep confirms it, its partner confirms
the lead, and sales moves it."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from affiliates.models import Program
from integrations.introductions.models import Reading, State
from notices.models import Notice, NoticeKind
from referrals.models import Lead
from referrals.models.lead import Stage
from tests.cast import owner_of, program, sam
from tests.conftest import Databases
from tests.integrations.introductions.writing import HOST, US, letter
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.worker import ROOT, environment

SETTINGS = {"INTRODUCTIONS_ADDRESS": US, "INTRODUCTIONS_TRUSTED_AUTHSERV": HOST}


def receive(raw: bytes) -> str:
    """What the command of a mail server's pipe says of a message."""
    command = [sys.executable, "manage.py", "receive_email"]
    done = subprocess.run(command, input=raw, cwd=ROOT, env=environment() | SETTINGS, capture_output=True, check=True)
    return done.stdout.decode()


def cannot_move_it_yet(page: Page, lead: Lead) -> None:
    page.goto(f"/sales/leads/{lead.pk}/")
    assert "Not yet" in page.inner_text("main")


def puts_it_right(page: Page) -> None:
    page.get_by_role("link", name="Introductions").first.click()
    page.get_by_role("link", name="Intro: Dana").first.click()
    page.locator("#confirm").get_by_label("Company").fill("Acme Logistics of Ohio")
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_text("It is confirmed.").wait_for()


def confirms_the_lead(page: Page, path: str) -> None:
    page.goto(path)
    card = page.locator("#attest")
    card.get_by_role("checkbox").check()
    card.get_by_role("button", name="Confirm").click()
    page.get_by_text("The lead is confirmed. Sales goes on with it.").wait_for()


def test_from_the_message_to_the_first_step_of_sales(
    real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in this thread.
    program()
    Program.objects.update(company_email="team@hello.example")
    owner, rep = with_password(owner_of("ada")), with_password(sam())
    assert "Became a lead" in receive(letter("gmail"))
    lead = Lead.objects.get()
    assert lead.registered_on == Program.current().day(timezone.now())
    notice = Notice.objects.get(kind=NoticeKind.INTRODUCTION)
    with portal(tmp_path / "web.log", None, **SETTINGS) as address:
        with browser_page(address) as page:
            sign_in(page, rep, PASSWORD)
            cannot_move_it_yet(page, lead)
            puts_it_right(page)
        with browser_page(address) as page:
            sign_in(page, owner, PASSWORD)
            confirms_the_lead(page, notice.path)
            assert page.goto(f"/sales/introductions/{Reading.objects.get().pk}/").status in (403, 404)  # type: ignore[union-attr]
        with browser_page(address) as page:
            sign_in(page, rep, PASSWORD)
            moves_it(page, lead)
    lead.refresh_from_db()
    assert (lead.company, lead.stage, lead.is_attested) == ("Acme Logistics of Ohio", Stage.QUALIFIED, True)
    assert Reading.objects.get().state == State.LEAD


def moves_it(page: Page, lead: Lead) -> None:
    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto("/sales/board/?owner=all")
    page.click(f"#lead-{lead.pk} summary")
    page.click(f"#lead-{lead.pk} button:text-is('Qualified')")
    page.locator("#board-says, .toasts").get_by_text("Acme Logistics of Ohio is at “Qualified” now.").first.wait_for()
