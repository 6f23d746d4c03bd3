"""An owner and an endpoint, in a real browser: made, its secret copied, tested, sent again, rotated and removed, while
the real worker sends to a real receiver."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from notices.models import WebhookEndpoint
from notices.tasks import send_to_endpoint
from tests.cast import owner_of, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.webhooks.receiver import Receiver, listening
from tests.worker import PATIENCE, kill, start_worker


def confirms_that_it_is_them(page: Page) -> None:
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "reauthenticate" not in url)


def makes_it(page: Page, url: str) -> str:
    """The secret that is shown once."""
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="New endpoint").first.click()
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        confirms_that_it_is_them(page)
    page.get_by_label("Address").fill(url)
    page.get_by_role("button", name="Make the endpoint").click()
    return leaves_the_secret(page)


def leaves_the_secret(page: Page) -> str:
    secret = page.get_by_label("The secret", exact=True).input_value()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("heading", name="What was sent").wait_for()
    assert secret not in page.content()
    return secret


def goes_on() -> None:
    """What the schedule sends into the queue of the worker."""
    for key in WebhookEndpoint.objects.with_due(at=timezone.now()).values_list("pk", flat=True):
        send_to_endpoint.delay(str(key))


def waits_for(page: Page, text: str) -> None:
    """Looks at the page until it says something, while the schedule goes on."""
    for _ in range(int(PATIENCE)):
        if text in page.inner_text("main"):
            return
        goes_on()
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.inner_text("main"))


def test_from_the_endpoint_to_its_answers(real_db: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's own loop runs in this thread.
    monkeypatch.setenv("WEBHOOKS_TO_LOOPBACK", "1")  # For the worker.
    program()
    owner = with_password(owner_of("ada"))
    with listening() as receiver, portal(tmp_path / "web.log", WEBHOOKS_TO_LOOPBACK="1") as address:
        worker = start_worker(tmp_path / "worker.log")
        try:
            with browser_page(address) as page:
                sign_in(page, owner, PASSWORD)
                goes_through_it(page, receiver)
        finally:
            kill(worker)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_on, endpoint.why_off, endpoint.sealed_secret) == (False, "removed", "")


def goes_through_it(page: Page, receiver: Receiver) -> None:
    secret = makes_it(page, receiver.url)
    page.get_by_role("button", name="Send a test event").click()
    page.get_by_text("The test event is on its way").wait_for()
    waits_for(page, "Delivered")
    assert receiver.read(0, secret, at=timezone.now())["type"] == "webhook.test"
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name=receiver.url).click()
    page.get_by_role("link", name="A test").first.click()
    assert "thanks" in page.inner_text("main")  # What the receiver answered.
    page.get_by_role("button", name="Send again").click()
    page.get_by_text("The event is on its way again.").wait_for()
    for _ in range(int(PATIENCE)):
        if len(receiver.got) > 1:
            break
        goes_on()
        page.wait_for_timeout(1000)
    assert receiver.ids[0] == receiver.ids[1]
    page.get_by_role("link", name="Endpoint").first.click()
    page.get_by_role("link", name="Rotate the secret").click()
    page.get_by_role("button", name="Make a new secret").click()
    assert leaves_the_secret(page) != secret
    assert "Signs as well until" in page.inner_text("main")
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("The endpoint is removed").wait_for()
    assert "No endpoints yet" in page.inner_text("main")
