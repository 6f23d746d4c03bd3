"""A month in finance's hands, in a real browser: mapped, computed by a worker, looked into, closed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from accounts.models import User
from affiliates.months import parse_month
from clients.models import ChargebackReview, Reversal
from clients.recording.problems import Problem, Problems
from clients.services.keep_refusal import keep_refusal
from commissions.models import Adjustment, Commission, Dispute, Period
from commissions.services.adjust_balance import enter_adjustment
from commissions.services.open_dispute import open_dispute
from payouts.models import Payout
from tests.cast import (
    AT,
    chargeback,
    client,
    close,
    fay,
    invoice,
    line,
    monthly,
    owner_of,
    payment,
    program,
    record,
    run,
    the_partner,
)
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_every_page import look_at
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.worker import PATIENCE, running_worker

MONTH = "2026-02"
SERVED = "celery"  # The queue that a portal of its own process sends to.
HERE = f"/admin/finance/months/{MONTH}/"


@pytest.fixture(autouse=True)
def rows_between_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests look at rows while Playwright's own loop runs in this thread."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def told() -> User:
    """Two months of Ada's; in the second, billing used a word that nobody knows."""
    program(
        client("acme"),
        monthly("acme", "2026-01", "1000.00"),
        monthly("acme", MONTH, "4800.00"),
        invoice("seats", "acme", "2026-02-03", line("200.00", "AI seats")),
        payment("seats-paid", "seats", "200.00", "2026-02-04"),
    )
    close("2026-01")
    return fay()


def test_a_month_is_mapped_computed_looked_into_and_closed(real_db: Databases, tmp_path: Path) -> None:
    finance = with_password(told())
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, finance, PASSWORD)
        page.goto("/admin/finance/months/")
        page.get_by_role("link", name="Open February 2026").click()
        page.get_by_label("“AI seats” counts as").select_option("subscription")
        page.get_by_role("button", name="Map").click()
        page.get_by_text("“AI seats” counts as subscription and earns with the next run.").wait_for()
        page.get_by_role("button", name="Compute").click()
        page.get_by_text("0 of 1").wait_for()
        with running_worker(tmp_path / "worker.log", SERVED):
            # The page follows the run by itself, and shows its outcome.
            page.get_by_role("link", name="Close this month").wait_for(timeout=PATIENCE * 1000)
        row = page.locator("#partners tbody tr").first.inner_text()
        assert "1,500.00" in row  # 30 % of 4,800.00 and the mapped 200.00.
        assert re.search("Rate lifted from 20.% to 30.%", row)
        page.get_by_role("link", name="Ada Partners").click()
        page.locator("a.reason").first.click()
        page.locator("dialog.beside[open]").get_by_text("of 5,000.00 is 1,500.00.").wait_for()
        page.keyboard.press("Escape")
        _close(page)
    closed = Period.objects.get(month=parse_month(MONTH))
    assert (closed.closed_by, Payout.objects.filter(period=closed).count()) == (fay(), 1)


def confirm_who(page: Page) -> None:
    """This function will write the password once more, as what matters asks for it."""
    page.wait_for_url("**/reauthenticate/**")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def _close(page: Page) -> None:
    """This function will read the wrong total back, and then the right one."""
    page.goto(HERE)
    page.get_by_role("link", name="Close this month").click()
    confirm_who(page)
    total = page.get_by_label("The total that is posted")
    total.fill("1,499.00")
    page.get_by_role("button", name="Close February 2026").click()
    page.get_by_text("Look at it again before you close the month").first.wait_for()
    assert not Period.objects.get(month=parse_month(MONTH)).is_closed
    page.get_by_label("The total that is posted").fill("1,500.00")
    page.get_by_role("button", name="Close February 2026").click()
    page.get_by_text("February 2026 is closed; 1 payout is open now.").wait_for()


def test_no_page_of_finance_has_a_barrier(real_db: Databases, tmp_path: Path) -> None:
    finance = with_password(told())
    _trouble()
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, finance, PASSWORD)
        page.goto(f"{HERE}close/")
        confirm_who(page)
        assert "\n".join(each for url in _pages() for each in look_at(page, url)) == ""


def _trouble() -> None:
    """Something of each kind that finance looks into."""
    ada, owner = the_partner("ada"), owner_of("ada")
    record(chargeback("acme-2026-01-paid", "10.00", "2026-02-12"))
    ChargebackReview.objects.create(partner=ada, raised_by=Reversal.objects.get(), chargebacks=3, raised_at=AT)
    run(MONTH)
    keep_refusal(source="x", problems=Problems([Problem("x.csv", 2, "k", "c", "odd", "even")], 1), by=None, at=AT)
    line_ = Commission.objects.filter(period=parse_month("2026-01")).get()
    open_dispute(partner=ada, commission_id=line_.pk, comment="More was paid", files=[], by=owner, at=AT)
    enter_adjustment(partner=ada, amount=line_.amount, reason="Goodwill", by=fay(), at=AT)


def _pages() -> list[str]:
    line_ = Commission.objects.filter(period=parse_month("2026-01")).get()
    here = "/admin/finance"
    return [
        f"{here}/months/",
        HERE,
        f"{HERE}close/",
        f"{HERE}partly-paid/",
        f"{HERE}ended-partners/",
        f"{HERE}partners/{line_.partner_id}/",
        f"{here}/months/negative-balances/",
        f"{here}/months/refused-facts/",
        f"{here}/commissions/{line_.pk}/",
        f"{here}/adjustments/",
        f"{here}/adjustments/new/",
        f"{here}/adjustments/{Adjustment.objects.get().pk}/",
        f"{here}/disputes/",
        f"{here}/disputes/{Dispute.objects.get().pk}/",
        f"{here}/chargebacks/",
        f"{here}/chargebacks/{Reversal.objects.get().pk}/",
        f"{here}/chargebacks/problems/",
        f"{here}/chargebacks/problems/new/",
        f"{here}/chargebacks/reviews/",
        f"{here}/chargebacks/reviews/{ChargebackReview.objects.get().pk}/",
    ]
