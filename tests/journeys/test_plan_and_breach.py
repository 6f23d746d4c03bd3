"""A program manager at work in a real browser: a plan simulated and given, a breach cured, another one not."""

from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page

from affiliates.models import Partner, Program, TerminationNotice, Violation
from affiliates.months import add_months, month_of, show_month
from affiliates.services.accept_agreement import publish_version
from affiliates.services.open_violation import open_violation
from commissions.models import Commission
from tests.cast import client, close, monthly, owner_of, pam, program, run, the_partner
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_every_page import look_at
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password

TEXT = "\n\n".join(f"{number}. Rule {number}. What it says." for number in range(1, 8))


def test_a_plan_is_given_as_simulated_and_breaches_are_decided(real_db: Databases, tmp_path: Path) -> None:
    now = timezone.now()
    this_month = month_of(Program.current().day(now))
    closed = show_month(add_months(this_month, -1))
    program(client("acme"), monthly("acme", closed, "1000.00"), at=now)
    close(closed, at=now)
    publish_version(number="1", title="Terms", text=TEXT, by=None, at=now)
    old = Program.current().day(now) - timedelta(days=20)
    ben = the_partner("ben")
    open_violation(partner=ben, clause="6", evidence="It said that it is us", notice_on=old, by=pam(), at=now)
    manager, owner = with_password(pam()), with_password(owner_of("ada"))
    with portal(tmp_path / "web.log") as address:
        with browser_page(address) as page:
            sign_in(page, manager, PASSWORD)
            _gives_a_plan(page, closed)
            _opens_a_breach(page)
            _ends_for_the_other(page, ben)
            pages = ("plans/", "plans/1/simulate/", "agreement/", "agreement/new/", "violations/", "violations/new/",
                     "due/", "settings/", "resources/", "resources/new/")  # fmt: skip
            found = [each for url in pages for each in look_at(page, f"/admin/program/{url}")]
            assert "\n".join(found) == ""
        with browser_page(address) as page:
            sign_in(page, owner, PASSWORD)
            page.goto("/agreement/")
            assert "It promised a price" in page.inner_text("body")
        with browser_page(address) as page:
            sign_in(page, manager, PASSWORD)
            page.goto("/admin/program/violations/?q=ada")
            page.click("tbody a")
            page.fill("textarea[name=finding]", "The page is gone")
            page.click("text=Found cured")
            assert "The page is gone" in page.inner_text("main")
        with browser_page(address) as page:
            sign_in(page, owner, PASSWORD)
            page.goto("/agreement/")
            assert "It promised a price" not in page.inner_text("body")
            page.goto("/notices/")
            assert "is cured" in page.inner_text("body")
    run(show_month(this_month), at=timezone.now())
    assert {str(row.amount) for row in Commission.objects.filter(period=this_month)} == {"100.00"}
    assert TerminationNotice.objects.get().partner == ben
    assert set(Violation.objects.values_list("state", flat=True)) == {"cured", "ended"}


def _gives_a_plan(page: Page, first: str) -> None:
    """She makes a plan of 30 %, sees that it would have paid 100.00 more, and gives it from that month on."""
    page.goto("/admin/program/plans/")
    page.click("text=Make a plan")
    page.fill("input[name=name]", "Early partners")
    page.fill("input[name=tier-0-percent]", "30")
    page.click("button:has-text('Make the plan')")
    page.click("text=Simulate and give")
    page.fill("input[name=partners]", "ada")
    page.fill("input[name=first]", first)
    page.fill("input[name=last]", first)
    page.click("button:has-text('Simulate')")
    assert "+100.00" in page.inner_text("main")
    page.click("tbody a")
    assert "1,000.00" in page.inner_text("main")
    page.go_back()
    page.click("text=Give it from there on")
    assert "+100.00" in page.inner_text("main")
    page.fill("input[name=reason]", "As agreed")
    page.click("button:has-text('Give it from')")
    assert "The next run posts the difference" in page.inner_text("main")


def _opens_a_breach(page: Page) -> None:
    page.goto("/admin/program/violations/new/?partner=ada")
    page.select_option("select[name=clause]", "6")
    page.fill("textarea[name=evidence]", "It promised a price")
    page.click("button:has-text('Give notice')")
    assert "15 days left" in page.inner_text("main")


def _ends_for_the_other(page: Page, ben: Partner) -> None:
    """The other breach is five days overdue: it ends the partnership."""
    page.goto("/admin/program/violations/?q=ben")
    assert "5 days overdue" in page.inner_text("main")
    page.click("tbody a")
    page.click("text=Not cured: see the end")
    assert "What stops" in page.inner_text("main")
    page.fill("input[name=partner_name]", ben.name)
    page.click("button:has-text('Give notice of termination')")
    assert "Ended in termination" in page.inner_text("main")
