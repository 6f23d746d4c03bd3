"""The pages of the company's people as the tests of finance ask for them."""

import html
import re
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import AT

PASSWORD = "a long enough word for two"
ASKED_AGAIN = ("staff_month_close",)  # Pages that ask once more who it is.


def signed_in(user: User, *, confirmed: bool = False) -> Client:
    """A browser in which somebody signed in, and if `confirmed` said once more who they are."""
    if not user.has_usable_password():
        user.set_password(PASSWORD)
        user.save()
    client = Client()
    client.force_login(user)
    if confirmed:
        client.post(f"{reverse('account_reauthenticate')}?next=/", {"password": PASSWORD})
    return client


def page(user: User, name: str, *arguments: object, follow: bool = False, **query: str) -> Any:
    """A page as somebody gets it at the time of the tests."""
    with time_machine.travel(AT, tick=False):
        browser = signed_in(user, confirmed=name in ASKED_AGAIN)
        return browser.get(reverse(name, args=arguments), query, follow=follow)


def part(user: User, name: str, *arguments: object) -> Any:
    """A part of a page, as htmx asks for it."""
    with time_machine.travel(AT, tick=False):
        return signed_in(user).get(reverse(name, args=arguments), headers={"HX-Request": "true"})


def send(user: User, name: str, *arguments: object, **fields: str) -> Any:
    """What somebody gets who sends a form, with where it leads to."""
    with time_machine.travel(AT, tick=False):
        browser = signed_in(user, confirmed=name in ASKED_AGAIN)
        return browser.post(reverse(name, args=arguments), fields, follow=True)


def text_of(answer: Any) -> str:
    """What an answer says, without its markup."""
    said = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())
