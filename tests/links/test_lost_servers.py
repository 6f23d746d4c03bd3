"""What still answers when a server behind the portal was lost: a database connection, or Valkey."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from redis.exceptions import RedisError

from accounts.sessions import SessionStore
from referrals.models import Click
from tests.cast import owner_of
from tests.conftest import Databases
from tests.journeys.browser import portal
from tests.links.company import BROWSER, SITE, company, follow, link_of, signed_in

PATIENCE = 3.0  # Seconds that somebody waits for a page while Valkey is away.


def lose_connection() -> None:
    """The database ends this thread's connection, as a restart of it would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", own)
        gone = False
        while not gone:
            cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s)", own)
            found = cursor.fetchone()
            gone = bool(found and found[0])


def test_a_link_is_followed_on_a_new_connection_where_the_old_one_was_lost(real_db: Databases) -> None:
    company()
    link = link_of()
    assert follow(link.code).status_code == 302
    before = connection.connection
    lose_connection()
    assert follow(link.code).headers["Location"].startswith(SITE)
    assert connection.connection is not before
    assert Click.objects.filter(link=link).count() == 2


def test_a_connection_is_asked_whether_it_lives_only_where_something_happened_to_it(real_db: Databases) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'the page before', pg_backend_pid()")
        _, own = cursor.fetchone() or ("", 0)
    assert connection.is_usable()
    assert "the page before" in last_statement(own)
    connection.errors_occurred = True
    assert connection.is_usable()
    assert "the page before" not in last_statement(own)
    connection.errors_occurred = False
    lose_connection()
    assert not connection.is_usable()


def last_statement(process: int) -> str:
    """What one of the database's processes was last asked."""
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [process])
        return str((cursor.fetchone() or ("",))[0])


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str


def ask(address: str, path: str, client: Client | None = None, *, method: str = "GET") -> Answer:
    """This function will ask for a page as a browser does, within the patience that somebody has."""
    port = urlsplit(address).port
    cookies = "; ".join(f"{name}={each.value}" for name, each in client.cookies.items()) if client else ""
    headers = {"Host": f"localhost:{port}", "User-Agent": BROWSER, "Cookie": cookies}
    begun = time.monotonic()
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as door:
        door.request(method, path, headers=headers)
        with door.getresponse() as answer:
            answer.read()
            assert time.monotonic() - begun < PATIENCE, f"{path} took too long"
            return Answer(answer.status, answer.headers.get("Location", ""))


@pytest.fixture
def without_valkey(real_db: Databases, tmp_path: Path) -> Iterator[str]:
    """The portal's address, where nobody listens where Valkey should be."""
    company()
    link_of(code="blog")
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        nobody = f"redis://127.0.0.1:{door.getsockname()[1]}/0"
        with portal(tmp_path / "web.log", REDIS_URL=nobody) as address:
            yield address


def test_links_and_partners_pages_answer_without_valkey(without_valkey: str) -> None:
    answer = ask(without_valkey, "/r/blog")
    assert answer.status == 302
    assert answer.location.startswith(SITE)
    assert Click.objects.count() == 1
    olga = signed_in(owner_of("ada"))
    pages = ["/", "/leads/", "/links/", "/clients/", "/commissions/", "/payouts/", "/agreement/", "/settings/"]
    assert {path: ask(without_valkey, path, olga).status for path in pages} == dict.fromkeys(pages, 200)
    assert ask(without_valkey, "/accounts/login/").status == 200


@pytest.mark.django_db
def test_a_session_is_not_ended_where_its_copy_would_stay(settings: Settings) -> None:
    """As soon as Valkey is back, the copy would let somebody in again."""
    company()
    olga = signed_in(owner_of("ada"))
    key = olga.session.session_key
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(RedisError):
        SessionStore(key).delete()
    assert Session.objects.filter(session_key=key).exists()
