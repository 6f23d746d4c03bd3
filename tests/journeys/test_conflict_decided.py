"""A conflict is decided, the lead is won and the win taken back, in a real browser; the pages have no barrier."""

from pathlib import Path

from django.utils import timezone

from clients.models import Client, WinCorrection
from referrals.models import Conflict, Lead
from referrals.models.lead import Stage
from tests.cast import owner_of, pam, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_every_page import look_at
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.leads.telling import lead_of


def test_a_conflict_is_decided_the_lead_won_and_the_win_taken_back(real_db: Databases, tmp_path: Path) -> None:
    program()
    now = timezone.now()
    first, later = lead_of("ada", at=now), lead_of("ben", at=now)
    conflict = Conflict.objects.get()
    manager, partner = with_password(pam()), with_password(owner_of("ben"))
    with portal(tmp_path / "web.log") as address:
        with browser_page(address) as page:
            sign_in(page, manager, PASSWORD)
            page.goto("/sales/conflicts/")
            page.get_by_role("link", name="Dune Inc.").click()
            page.get_by_label("It goes to Ben Partners").check()
            page.get_by_label("Reason").fill("Ben brought them to the fair")
            page.get_by_role("button", name="Decide").click()
            page.get_by_text("It is decided.").wait_for()

            page.goto(f"/sales/leads/{later.pk}/")
            for stage in ("Qualified", "Demo scheduled", "Demo done", "Proposal"):
                page.get_by_role("button", name=f"Move to “{stage}”").click()
                page.get_by_text(f"Dune Inc. is at “{stage}” now.").wait_for()
            page.get_by_role("button", name="Move to “Won”").click()
            page.get_by_label("Billing reference").fill("dune")
            page.get_by_label("Quarterly").check()
            page.get_by_role("button", name="Mark as won").click()
            page.get_by_text("Dune Inc. is won, and dune is a client of Ben Partners.").wait_for()

            page.get_by_role("link", name="Take back the win").click()
            page.get_by_label("Reason").fill("They signed for a trial only")
            page.get_by_role("button", name="Take back the win").click()
            page.get_by_text("Dune Inc. is back at “Proposal”").wait_for()

            urls = [
                "/sales/conflicts/", f"/sales/conflicts/{conflict.pk}/", "/sales/blocked/", f"/sales/leads/{later.pk}/",
                f"/sales/leads/{first.pk}/", f"/sales/leads/{later.pk}/win/",
            ]  # fmt: skip
            assert "\n".join(each for url in urls for each in look_at(page, url)) == ""
        with browser_page(address) as page:
            sign_in(page, partner, PASSWORD)
            page.goto(f"/leads/{later.pk}/")
            said = page.inner_text("main")
            assert "The review is over: it is your lead" in said
            assert "They signed for a trial only" in said
            assert "Ada" not in said
            page.goto("/notices/")
            assert "Ada" not in page.inner_text("main")
    assert [Lead.objects.get(pk=lead.pk).stage for lead in (first, later)] == [Stage.REJECTED, Stage.PROPOSAL]
    made = Client.objects.get()
    assert (made.contract_months, made.canceled_on) == (3, made.closed_on)
    assert WinCorrection.objects.get().client == made
