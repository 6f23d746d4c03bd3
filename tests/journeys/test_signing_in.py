"""Every way in, in a real browser: passkey, authenticator app, recovery code, code by e-mail; and sessions ended."""

import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page

from notices.models import Notice
from tests.cast import owner_of, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password

PERIOD = 30  # Seconds for which an authenticator app shows one code.
SECURITY = "/settings/security/"


@pytest.fixture
def email(real_db: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    program()
    return with_password(owner_of("ada"))


def key_of_the_device(page: Page) -> None:
    """Give the browser a key that knows its owner by fingerprint, and is touched at once."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    assert not is_in(page)


def confirm(page: Page) -> None:
    """Say the password once more, which is asked for before a way in changes."""
    page.wait_for_url("**/reauthenticate/**")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def is_in(page: Page) -> bool:
    page.goto(SECURITY)
    return page.url.partition("?")[0].endswith(SECURITY)


def code_of(secret: str) -> str:
    """What the app shows now, with enough time left to type it."""
    left = PERIOD - time.time() % PERIOD
    if left < 8:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD)))


def newest_code(recipient: str) -> str:
    """The code in the newest e-mail to somebody."""
    return Notice.objects.filter(recipient=recipient).exclude(code="").order_by("-pk")[0].code


def test_a_passkey_is_added_and_signs_in_alone(email: str, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        key_of_the_device(page)
        sign_in(page, email, PASSWORD)
        page.goto(SECURITY)
        page.get_by_role("link", name="Passkeys").click()
        page.get_by_role("link", name="Add a passkey").click()
        confirm(page)
        page.get_by_label("Name").fill("Laptop")
        page.get_by_role("button", name="Add it").click()
        page.wait_for_url(lambda url: "/add/" not in url)
        page.goto("/accounts/2fa/webauthn/")
        assert "Laptop" in page.inner_text("main")
        assert "Signs you in by itself." in page.inner_text("main")
        assert Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).count() == 1

        sign_out(page)
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(lambda url: "/login/" not in url)
        assert is_in(page)
        page.goto("/accounts/2fa/webauthn/")
        assert "last used on" in page.inner_text("main")

        page.get_by_role("link", name="Remove Laptop").click()
        confirm(page)
        page.get_by_role("button", name="Remove").click()
        page.wait_for_url("**/accounts/2fa/webauthn/")
        sign_out(page)
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_text("is not one of yours").wait_for()
        assert not is_in(page)


def test_an_app_and_a_recovery_code_are_second_steps(email: str, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        sign_in(page, email, PASSWORD)
        page.goto(SECURITY)
        page.get_by_role("link", name="Authenticator app").click()
        confirm(page)
        page.get_by_label("code").fill("000000")
        page.get_by_role("button", name="Switch it on").click()
        page.locator(".error, [role=alert]").first.wait_for()
        secret = page.locator("main code").inner_text()
        page.get_by_label("code").fill(code_of(secret))
        page.get_by_role("button", name="Switch it on").click()
        page.wait_for_url(lambda url: "/activate/" not in url)
        page.goto("/accounts/2fa/recovery-codes/")
        recovery = page.locator("#codes").inner_text().split()
        assert len(recovery) == 10

        sign_out(page)
        sign_in(page, email, PASSWORD)
        assert page.url.endswith("/2fa/authenticate/")
        page.get_by_label("code").fill("000000")
        page.keyboard.press("Enter")
        page.locator("[role=alert]").first.wait_for()
        page.get_by_label("code").fill(code_of(secret))
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        assert is_in(page)

        sign_out(page)
        sign_in(page, email, PASSWORD)
        page.get_by_label("code").fill(recovery[0])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        page.goto("/accounts/2fa/recovery-codes/")
        confirm(page)
        assert "9 of 10 are left" in page.inner_text("main")

        sign_out(page)
        sign_in(page, email, PASSWORD)
        page.get_by_label("code").fill(recovery[0])  # Each lets in once.
        page.keyboard.press("Enter")
        page.locator("[role=alert]").first.wait_for()
        assert not is_in(page)


def test_a_code_by_e_mail_lets_in(email: str, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        page.goto("/accounts/login/")
        page.get_by_role("link", name="Send me a code by e-mail").click()
        page.get_by_label("E-mail address").fill(email)
        page.get_by_role("button", name="Send the code").click()
        page.wait_for_url("**/accounts/login/code/confirm/")
        code = newest_code(email)
        page.get_by_label("Code").fill("AAAA-AAAA")
        page.get_by_role("button", name="Sign in").click()
        page.locator("[role=alert]").first.wait_for()
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/" not in url)
        assert is_in(page)


def other_window(page: Page, address: str) -> Page:
    browser = page.context.browser
    assert isinstance(browser, Browser)
    return browser.new_context(base_url=address).new_page()


def test_who_is_signed_in_elsewhere_is_signed_out_there(email: str, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        elsewhere = other_window(page, address)
        sign_in(page, email, PASSWORD)
        sign_in(elsewhere, email, PASSWORD)
        assert is_in(elsewhere)
        page.goto(SECURITY)
        page.get_by_role("link", name="Where you are signed in").click()
        assert page.locator("ul.keys li").count() == 2
        page.get_by_role("button", name="End all others").click()
        page.wait_for_load_state()
        assert is_in(page)
        assert not is_in(elsewhere)
        page.goto("/accounts/sessions/")
        assert page.locator("ul.keys li").count() == 1
