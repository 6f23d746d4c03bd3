"""Reps at the board in a real browser: by mouse, by keys, without script, and two at the same lead."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from referrals.models import Lead, LeadStep, Rep
from referrals.models.lead import Stage
from referrals.services.assign_leads import assign_leads
from tests.cast import pam, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.keyboard import Keyboard
from tests.journeys.test_every_page import look_at
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.leads.telling import lead_of
from tests.sales.people import rep

BOARD = "/sales/board/?owner=all"
ROAD = (Stage.QUALIFIED, Stage.DEMO_SCHEDULED, Stage.DEMO_DONE, Stage.PROPOSAL)


@pytest.fixture
def kim(real_db: Databases, monkeypatch: pytest.MonkeyPatch) -> Rep:
    """A rep with three leads at the first stage."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in this thread.
    program()
    kim = rep("kim", "East")
    with_password(kim.user)
    now = timezone.now()
    leads = [lead_of("ada", name, f"jo@{name.lower()}.example", at=now) for name in ("Oak", "Elm", "Ash")]
    assign_leads(leads=leads, to=kim, by=None, at=now)
    return kim


def lead(company: str) -> Lead:
    return Lead.objects.get(company=company)


def card(company: str) -> str:
    return f"#lead-{lead(company).pk}"


def column(stage: str) -> str:
    return f"#column-{stage}"


def open_board(page: Page, email: str) -> None:
    page.set_viewport_size({"width": 1600, "height": 1000})
    sign_in(page, email, PASSWORD)
    page.goto(BOARD)


def drag(page: Page, company: str, to: str) -> None:
    page.drag_and_drop(card(company), column(to), source_position={"x": 8, "y": 40})


def is_at(page: Page, company: str, stage: str) -> None:
    expect(page.locator(f"{column(stage)} {card(company)}:not(.is-moving)")).to_be_visible()


@contextmanager
def without_script(page: Page) -> Iterator[Page]:
    """The same window, for somebody whose browser runs no script."""
    browser = page.context.browser
    assert browser is not None
    address = page.url.partition("/sales/")[0]
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state(), base_url=address
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def test_three_ways_from_submitted_to_proposal(kim: Rep, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        open_board(page, kim.user.email)
        by_mouse(page)
        by_keys(page)
        by_menu(page)
        with without_script(page) as plain:
            by_menu_without_script(plain)
    for company in ("Oak", "Elm", "Ash"):
        steps = LeadStep.objects.filter(lead__company=company).order_by("pk").values_list("stage", flat=True)
        assert tuple(steps) == (Stage.SUBMITTED, *ROAD)


def by_mouse(page: Page) -> None:
    for stage in ROAD:
        drag(page, "Oak", stage)
        is_at(page, "Oak", stage)
        expect(page.locator("#board-says")).to_contain_text(f"Oak is at “{stage.label}” now.")
    assert page.inner_text("#head-proposal").split() == ["Proposal", "1", "lead"]


def by_keys(page: Page) -> None:
    keys = Keyboard(page)
    keys.reach("Elm", tag="a", in_main=True)
    for stage in ROAD[:3]:
        keys.press("Shift+ArrowRight")
        is_at(page, "Elm", stage)
        stop = keys.focused()
        assert stop is not None
        assert stop.name == "Elm"
    keys.press("m")
    stop = keys.focused()
    assert stop is not None
    assert stop.name == "Proposal"
    keys.press("Enter")
    is_at(page, "Elm", Stage.PROPOSAL)
    keys.press("ArrowDown")
    stop = keys.focused()
    assert stop is not None
    assert stop.name == "Oak"


def by_menu(page: Page) -> None:
    page.click(f"{card('Ash')} summary")
    page.click(f"{card('Ash')} button:text-is('Qualified')")
    is_at(page, "Ash", Stage.QUALIFIED)


def by_menu_without_script(page: Page) -> None:
    page.goto(f"{BOARD}&fit=within")
    for stage in ROAD[1:]:
        page.click(f"{card('Ash')} summary")
        page.click(f"{card('Ash')} button:text-is('{stage.label}')")
        assert "fit=within" in page.url
        assert f"Ash is at “{stage.label}” now." in page.inner_text(".toasts")


def test_a_refused_move_says_why_and_the_card_goes_back(kim: Rep, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        open_board(page, kim.user.email)
        drag(page, "Oak", Stage.PROPOSAL)
        said = "Oak is at “Submitted” and cannot become “Proposal” from there."
        expect(page.locator("#board-says")).to_contain_text(said)
        is_at(page, "Oak", Stage.SUBMITTED)
        keys = Keyboard(page)
        page.focus(f"{card('Oak')} a")
        keys.press("Shift+ArrowLeft")  # There is no column before the first.
        is_at(page, "Oak", Stage.SUBMITTED)
        assert LeadStep.objects.count() == 3


def test_a_card_that_is_dropped_on_lost_is_asked_for_its_reason(kim: Rep, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        open_board(page, kim.user.email)
        drag(page, "Oak", Stage.LOST)
        dialog = page.locator("#end-lead")
        dialog.get_by_label("Rejected").check()
        dialog.get_by_role("button", name="End the lead").click()
        expect(dialog).to_be_visible()  # A rejection needs a reason.
        dialog.get_by_label("Reason").fill("Two people who share a phone")
        dialog.get_by_role("button", name="End the lead").click()
        is_at(page, "Oak", Stage.LOST)
        expect(page.locator(f"{column(Stage.LOST)} {card('Oak')}")).to_contain_text("Rejected")
        with without_script(page) as plain:
            plain.goto(BOARD)
            plain.click(f"{card('Elm')} summary")
            plain.click(f"{card('Elm')} button:text-is('Lost …')")
            plain.fill("textarea", "No budget")
            plain.click("button:text-is('End the lead')")
            assert "Elm is at “Lost” now." in plain.inner_text(".toasts")
    assert set(LeadStep.objects.exclude(reason="").values_list("stage", "reason")) == {
        (Stage.REJECTED, "Two people who share a phone"),
        (Stage.LOST, "No budget"),
    }


def test_of_two_at_the_same_lead_the_second_sees_what_happened(kim: Rep, tmp_path: Path) -> None:
    lena = rep("lena", "East")
    with_password(lena.user)
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        open_board(page, kim.user.email)
        browser = page.context.browser
        assert browser is not None
        other = browser.new_context(base_url=address).new_page()
        open_board(other, lena.user.email)
        drag(other, "Oak", Stage.QUALIFIED)
        is_at(other, "Oak", Stage.QUALIFIED)
        drag(page, "Oak", Stage.QUALIFIED)
        expect(page.locator("#board-says")).to_contain_text("Lena moved Oak to “Qualified” on")
        is_at(page, "Oak", Stage.QUALIFIED)
    assert LeadStep.objects.filter(lead=lead("Oak")).count() == 2


def test_no_page_of_sales_has_a_barrier(kim: Rep, tmp_path: Path) -> None:
    manager = with_password(pam())
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, manager, PASSWORD)
        pages = (BOARD, "/sales/leads/", "/sales/leads/?q=nothing", "/sales/team/")
        found = [each for url in pages for each in look_at(page, url)]
        assert "\n".join(found) == ""
