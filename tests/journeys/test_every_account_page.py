"""Every page of signing in and of its security, in a real browser: no barrier in light and dark, and none is heavy."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.urls import get_resolver, reverse
from playwright.sync_api import Page

from accounts.models import User
from tests.cast import owner_of, program
from tests.conftest import Databases
from tests.journeys.browser import browser_page, portal, sign_in
from tests.journeys.test_every_page import HEAVIEST, look_at, weights
from tests.journeys.test_from_close_to_reason import PASSWORD, with_password
from tests.journeys.test_signing_in import code_of, confirm, key_of_the_device, newest_code, sign_out

# For nobody who is not signed in; a page that leads on to another one belongs to the test of that one.
OUTSIDE = (
    "account_login", "account_signup", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key_done", "account_request_login_code", "account_email_verification_sent",
)  # fmt: skip
INSIDE = (
    "account_email", "account_change_password", "account_logout", "usersessions_list", "mfa_index",
    "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn",
)  # fmt: skip
SECURED = (
    "mfa_index", "mfa_list_webauthn", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
)  # fmt: skip
# Neither of them is a page: a file, and what the sign-in page's script asks.
NO_PAGES = {"mfa_download_recovery_codes", "mfa_login_webauthn"}


# What needs somebody who is on the way in, who has no password, or who owns the key that the address names.
ON_THE_WAY = ("account_reset_password_from_key", "account_confirm_email", "account_confirm_login_code")
OF_A_KEY = ("mfa_edit_webauthn", "mfa_remove_webauthn")
LOOKED_AT = {
    *OUTSIDE, *INSIDE, *SECURED, *ON_THE_WAY, *OF_A_KEY,
    "account_reauthenticate", "account_set_password", "mfa_authenticate",
}  # fmt: skip


def test_every_address_for_accounts_is_looked_at() -> None:
    names = {str(name) for name in get_resolver("allauth.urls").reverse_dict if isinstance(name, str)}
    assert names - NO_PAGES == LOOKED_AT


@dataclass(slots=True)
class Looker:
    """Looks at pages and keeps what was found, and what the browser said on its console."""

    page: Page
    address: str
    found: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda said: self.said.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self.leaves(request.url))

    def leaves(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.said.append(f"{url} is asked for")

    def look(self, name: str, url: str = "") -> None:
        """This function will look at a page, which has to be there and not somewhere else."""
        url = url or reverse(name)
        self.found += look_at(self.page, url)
        assert self.page.url.startswith(self.address + url.partition("?")[0]), f"{name} led to {self.page.url}"

    def says_nothing(self) -> None:
        """:raises AssertionError: something is in the way, or the browser refused something"""
        assert "\n".join(self.found) == ""
        assert [said for said in self.said if "status of 404" not in said] == []  # A key that nobody has.


def outside(looker: Looker, user: User) -> None:
    for name in OUTSIDE:
        looker.look(name)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _, token = key.partition("-")
    looker.page.goto(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))
    looker.look("account_reset_password_from_key", looker.page.url.removeprefix(looker.address))
    looker.look("account_reset_password_from_key", f"/accounts/password/reset/key/{uid}-nonsense/")
    there, _ = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    looker.look("account_confirm_email", reverse("account_confirm_email", args=[EmailConfirmationHMAC(there).key]))
    looker.look("account_confirm_email", reverse("account_confirm_email", args=["nonsense"]))
    ask_for_code(looker.page, user)
    looker.look("account_confirm_login_code")


def ask_for_code(page: Page, user: User) -> None:
    page.goto(reverse("account_request_login_code"))
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_role("button", name="Send the code").click()
    page.wait_for_url("**/confirm/")


def set_up(page: Page) -> None:
    """Add an app and a passkey by hand."""
    page.goto(reverse("mfa_activate_totp"))
    secret = page.locator("main code").inner_text()
    page.get_by_label("code").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    page.wait_for_url(lambda url: "/activate/" not in url)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url(lambda url: "/add/" not in url)


@pytest.fixture
def user(real_db: Databases, monkeypatch: pytest.MonkeyPatch) -> User:
    # Playwright's own loop runs in this thread; nothing of Django's is awaited in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    program()
    with_password(owner_of("ada"))
    return owner_of("ada")


def without_password(looker: Looker, user: User) -> None:
    """Somebody who signs in by code alone can choose a password."""
    page = looker.page
    page.context.clear_cookies()
    ask_for_code(page, user)
    page.get_by_label("Code").fill(newest_code(user.email))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    looker.look("account_set_password")


def test_no_page_for_signing_in_has_a_barrier(user: User, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        looker = Looker(page, address)
        looker.listen()
        outside(looker, user)
        without_password(looker, owner_of("ben"))
        looker.says_nothing()


def test_no_page_of_the_ways_in_has_a_barrier(user: User, tmp_path: Path) -> None:
    with portal(tmp_path / "web.log") as address, browser_page(address) as page:
        looker = Looker(page, address)
        looker.listen()
        key_of_the_device(page)
        sign_in(page, user.email, PASSWORD)
        looker.look("account_reauthenticate")
        confirm(page)
        for name in INSIDE:
            looker.look(name)
        set_up(page)
        for name in SECURED:
            looker.look(name)
        passkey = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
        for name in OF_A_KEY:
            looker.look(name, reverse(name, args=[passkey.pk]))
        sign_out(page)
        sign_in(page, user.email, PASSWORD)
        looker.look("mfa_authenticate")
        looker.says_nothing()


def test_no_page_of_an_account_is_heavy(user: User, tmp_path: Path, shipped: Path) -> None:
    with portal(tmp_path / "web.log", as_shipped=shipped) as address, browser_page(address) as page:
        found = weights(page, address, map(reverse, OUTSIDE))
        sign_in(page, user.email, PASSWORD)
        page.goto(reverse("account_reauthenticate"))
        confirm(page)
        found |= weights(page, address, map(reverse, INSIDE))
        assert {url: bytes_ for url, bytes_ in found.items() if bytes_ > HEAVIEST} == {}
        assert min(found.values()) > 10_000  # What was weighed includes the style sheet.
