"""The API's pages are served by the portal alone, under its policy, and list what the document has."""

from pathlib import Path

from tests.cast import program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal


def test_the_pages_of_the_api_ask_nobody_else_and_show_every_kind(real_db: Databases, tmp_path: Path) -> None:
    program()
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        asked: set[str] = set()
        refused: list[str] = []
        page.on("request", lambda request: asked.add(request.url))
        page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
        page.goto("/api/v1/docs/")
        page.get_by_role("heading", name="leads").click()
        page.get_by_text("Companies that partners refer").first.wait_for()
        kinds = page.locator(".opblock-tag").all_inner_texts()
        assert {"commissions", "facts", "payouts", "statements"} <= {kind.split()[0] for kind in kinds}
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert refused == []
