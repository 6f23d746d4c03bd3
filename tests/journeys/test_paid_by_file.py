"""A closed month becomes money, in a real browser: two people approve and pay it by a file, and one payment returns."""

from datetime import timedelta
from pathlib import Path

import pytest
from achkit import validate
from django.utils import timezone
from playwright.sync_api import Page

from affiliates.models import Program
from payouts.models import AccountKind, PaymentFile, PaymentLine, Payout
from payouts.services.enter_account import enter_account
from tests.cast import abe, balance, fay, owner_of
from tests.conftest import Databases
from tests.finance.ach import read_ach, returned
from tests.finance.paying import ACCOUNT, ready_payouts
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password


def approve_both(page: Page) -> None:
    page.get_by_role("link", name="Payouts").click()
    for name in ("Ada Partners", "Ben Partners"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    page.get_by_role("button", name="Look at the chosen").click()
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Approve 2 payouts over 400.00 USD").click()
    page.get_by_text("2 payouts over 400.00 USD approved.").wait_for()


def make_and_take_the_file(page: Page) -> str:
    page.get_by_role("link", name="Payment files").click()
    page.get_by_role("link", name="Make a file").click()
    page.get_by_role("button", name="Make the file").click()
    page.get_by_text("2 payments over 400.00 USD. Take it to the bank.").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the file").click()
    return Path(download.value.path()).read_text()


def enter_what_came_back(page: Page, tmp_path: Path) -> None:
    page.get_by_label("paid them").check()
    page.get_by_role("button", name="Enter for all with the bank").click()
    page.get_by_text("Entered: 2 paid.").wait_for()
    line = PaymentLine.objects.get(payout__partner__reference="ada")
    answer = tmp_path / "returns.ach"
    today = Program.current().day(line.file.made_at)
    answer.write_text(returned(line.reference, code="R03", on=f"{today:%y%m%d}"))
    page.get_by_role("link", name="Payment files").first.click()
    page.get_by_role("link", name="Enter the bank’s answer").click()
    page.get_by_label("The bank’s file").set_input_files(answer)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("Will go back to the balance").wait_for()
    page.get_by_role("button", name="Enter 1 answer").click()
    page.get_by_text("Entered: 1 returned.").wait_for()


def test_a_month_is_paid_by_a_file_and_what_came_back_is_in_the_balance(
    real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    ready_payouts("ada", "ben", by=fay())
    enter_account(
        kind=AccountKind.ACH, holder="Example Company", details=ACCOUNT, bank="First Bank", company_id="1123456789",
        by=fay(), at=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    owner, approver, finance = (with_password(each) for each in (owner_of("ada"), abe(), fay()))
    with portal(tmp_path / "web.log") as address:
        with browser_page(address) as page:
            sign_in(page, approver, PASSWORD)
            page.goto("/admin/finance/payouts/")
            approve_both(page)
        with browser_page(address) as page:
            sign_in(page, finance, PASSWORD)
            page.goto("/admin/finance/payouts/")
            text = make_and_take_the_file(page)
            assert validate(text) == {"ok": True, "errors": []}
            assert [each.name for each in read_ach(text)[0].entries] == [
                "ADA PARTNERS", "BEN PARTNERS", "EXAMPLE COMPANY",
            ]  # fmt: skip
            enter_what_came_back(page, tmp_path)
        with browser_page(address) as page:
            sign_in(page, owner, PASSWORD)
            page.goto(f"/payouts/{Payout.objects.get(partner__reference='ada').pk}/")
            said = page.inner_text("main")
            assert "The payment came back" in said
            assert "The amount is in your balance again" in said
    assert (str(balance("ada")), str(balance("ben"))) == ("200.00", "0.00")
    assert PaymentFile.objects.count() == 1
