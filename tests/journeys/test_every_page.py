"""Every page in a real browser: axe-core finds nothing in light and dark, no other host is asked, none is heavy.

Those of signing in and of its security need what others do not: `test_every_account_page.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response

from affiliates.models import Partner
from tests.addresses import addresses
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.safety.test_isolation import ids
from tests.worker import ROOT
from tests.world import bens_owner, two_worlds

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HEAVIEST = 200_000  # Bytes of HTML, CSS and script together, as transferred.
WEIGHED = ("text/html", "text/css", "text/javascript", "application/javascript")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# The page follows the system a moment later.
FOLLOWED = """scheme => new Promise((done) => {
  const look = () => document.documentElement.dataset.bsTheme === scheme ? done() : requestAnimationFrame(look);
  look();
})"""


@pytest.fixture
def people(real_db: Databases) -> tuple[str, dict[str, list[object]]]:
    _, ben = two_worlds()
    return with_password(bens_owner()), ids(Partner.objects.get(pk=ben.pk))


def pages(page: Page, values: dict[str, list[object]]) -> Iterator[str]:
    """Yield the first address of each kind that shows a page."""
    for address in addresses():
        for url in address.filled(values):
            if url.startswith(("/r/", "/healthz", "/readyz")):
                continue
            answer = page.request.get(url, max_redirects=0)
            if answer.status == 200 and "text/html" in answer.headers.get("content-type", ""):
                yield url
                break


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page, each with the first element that it is about."""
    found: dict[str, Any] = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


def look_at(page: Page, url: str) -> list[str]:
    """What is in the way on a page, in light and in dark."""
    page.emulate_media(reduced_motion="reduce")  # Colours that are still on their way to others have no contrast.
    page.goto(url)
    # As the test's own tool and not as the page's script, which the policy of the page would refuse.
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(FOLLOWED, scheme)
        found += [f"{url} ({scheme}) {each}" for each in violations(page)]
    return found


def test_no_page_has_a_barrier_or_asks_another_host(
    people: tuple[str, dict[str, list[object]]], tmp_path: Path
) -> None:
    email, values = people
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        asked: set[str] = set()
        refused: list[str] = []
        page.on("request", lambda request: asked.add(request.url))
        page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
        outside = ["/", reverse("account_login"), reverse("account_reset_password")]
        found = [each for url in outside for each in look_at(page, url)]
        sign_in(page, email, PASSWORD)
        seen = list(pages(page, values))
        found += [each for url in seen for each in look_at(page, url)]
        assert "\n".join(found) == ""
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert refused == []
        assert len(seen) > 5


def test_no_page_is_heavy(people: tuple[str, dict[str, list[object]]], tmp_path: Path) -> None:
    email, values = people
    with portal(tmp_path / "web.log", as_shipped=tmp_path / "static") as address, browser_page(address) as page:
        sign_in(page, email, PASSWORD)
        weights = {url: weight(page, address, url) for url in pages(page, values)}
        assert {url: bytes_ for url, bytes_ in weights.items() if bytes_ > HEAVIEST} == {}
        assert min(weights.values()) > 10_000  # What was weighed includes the style sheet.


def weight(page: Page, address: str, url: str) -> int:
    """What a page transfers to a browser that was never here."""
    browser = page.context.browser
    assert browser is not None
    fresh = browser.new_context(storage_state=page.context.storage_state(), base_url=address)
    answers: list[Response] = []

    def listen(answer: Response) -> None:
        answers.append(answer)

    visitor = fresh.new_page()
    visitor.on("response", listen)
    visitor.goto(url, wait_until="networkidle")
    size = sum(
        answer.request.sizes()["responseBodySize"]
        for answer in answers
        if answer.headers.get("content-type", "").startswith(WEIGHED)
    )
    fresh.close()
    return size
