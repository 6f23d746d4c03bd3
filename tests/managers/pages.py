"""Words for tests of program managers' pages."""

import re
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.cast import pam


def browser_of(user: User | None = None) -> Client:
    """A browser in which somebody is signed in, the manager unless said otherwise."""
    browser = Client()
    browser.force_login(user or pam())
    return browser


def text_of(page: str) -> str:
    """What a page says in its main part, on one line."""
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ").split())


def read(url: str, user: User | None = None) -> str:
    """What a page says to somebody who may see it."""
    answer = browser_of(user).get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return text_of(answer.content.decode())


def csv_of(url: str) -> list[str]:
    """The lines of a CSV that the manager downloads."""
    answer = browser_of().get(f"{url}{'&' if '?' in url else '?'}format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    return answer.getvalue().decode().splitlines()


def queries(url: str) -> int:
    """How many statements a page takes, without the savepoints that only a test has."""
    browser = browser_of()
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len([query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]])
