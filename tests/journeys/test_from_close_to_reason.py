"""From a closed month to what people see of it, in a real browser: the partner's page and finance's reason."""

from pathlib import Path

from accounts.models import User
from affiliates.months import parse_month
from commissions.models import Commission
from payouts.models import Statement
from payouts.services.issue_statement import issue_statement, plan_statements
from tests.cast import AT, client, close, fay, monthly, owner_of, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in

PASSWORD = "a long enough word for two"


def with_password(user: User) -> str:
    user.set_password(PASSWORD)
    user.save()
    return user.email


def test_a_partner_reads_the_statement_and_finance_the_reason(real_db: Databases, tmp_path: Path) -> None:
    program(client("acme"), monthly("acme", "2026-03", "5000.00"))
    close("2026-03", by=fay())
    plan_statements(month=parse_month("2026-03"), at=AT)
    assert issue_statement(statement_id=Statement.objects.get().pk, at=AT)
    owner, finance = with_password(owner_of("ada")), with_password(fay())
    commission = Commission.objects.get().pk
    with portal(tmp_path / "web.log") as address:
        with browser_page(address) as page:
            sign_in(page, owner, PASSWORD)
            assert "1,500.00" in page.inner_text("body")
            page.goto("/commissions/months/2026-03/")
            page.click("a.reason")
            panel = page.locator("dialog.beside[open]")
            panel.get_by_text("30 % of 5,000.00 is 1,500.00.").wait_for()
            page.keyboard.press("Escape")
            assert not panel.is_visible()
            page.goto("/payouts/statements/")
            with page.expect_download() as download:
                page.locator("a[href$='/download/']").first.click()
            assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
            page.goto("/admin/commissions/ledgerentry/")
            assert "1,500.00" not in page.inner_text("body")
        with browser_page(address) as page:
            sign_in(page, finance, PASSWORD)
            page.goto(f"/admin/commissions/commission/{commission}/change/")
            said = page.inner_text("#content")
            assert "earns 30 % of the whole month" in said
            assert "30 % of 5,000.00 is 1,500.00." in said
