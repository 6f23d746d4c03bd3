"""Every page in a real browser: axe-core finds nothing in light and dark, no other host is asked, none is heavy.

Those of signing in and of its security need what others do not: `test_every_account_page.py`.
"""

from collections.abc import Iterable, Iterator
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
AT_ONCE = 8  # Pages that are weighed side by side: each is waited for until it asks for nothing more.
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
    found: dict[str, Any] = page.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


def look_at(page: Page, url: str) -> list[str]:
    """What is in the way on a page, in light and in dark."""
    page.emulate_media(reduced_motion="reduce")  # Colours that are still on their way to others have no contrast.
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, f"{url} answers {answer.status}"  # Django's own page of errors has no scheme.
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


def test_no_page_is_heavy(people: tuple[str, dict[str, list[object]]], tmp_path: Path, shipped: Path) -> None:
    email, values = people
    with portal(tmp_path / "web.log", as_shipped=shipped) as address, browser_page(address) as page:
        sign_in(page, email, PASSWORD)
        found = weights(page, address, pages(page, values))
        assert {url: bytes_ for url, bytes_ in found.items() if bytes_ > HEAVIEST} == {}
        assert min(found.values()) > 10_000  # What was weighed includes the style sheet.


class Visit:
    """A page that is opened by a browser that was never here."""

    def __init__(self, page: Page, address: str, url: str) -> None:
        browser = page.context.browser
        assert browser is not None
        self.fresh = browser.new_context(storage_state=page.context.storage_state(), base_url=address)
        self.answers: list[Response] = []
        self.page = self.fresh.new_page()
        self.page.on("response", self.listen)
        self.page.goto(url)

    def listen(self, answer: Response) -> None:
        self.answers.append(answer)

    def weight(self) -> int:
        """What the page transfers, once it asks for nothing more."""
        self.page.wait_for_load_state("networkidle")
        size = sum(
            answer.request.sizes()["responseBodySize"]
            for answer in self.answers
            if answer.headers.get("content-type", "").startswith(WEIGHED)
        )
        self.fresh.close()
        return size


def weights(page: Page, address: str, urls: Iterable[str]) -> dict[str, int]:
    """What each page transfers to a browser that was never here."""
    found: dict[str, int] = {}
    todo = list(urls)
    for first in range(0, len(todo), AT_ONCE):
        visits = {url: Visit(page, address, url) for url in todo[first : first + AT_ONCE]}
        found |= {url: visit.weight() for url, visit in visits.items()}
    return found
