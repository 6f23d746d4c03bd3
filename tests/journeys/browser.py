"""The portal as a person meets it: our own web server on the test database, and Debian's Chromium."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connections
from playwright.sync_api import Page, sync_playwright

from tests.worker import PATIENCE, ROOT, environment

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


def _free_port() -> int:
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def portal(log: Path, as_shipped: Path | None = None, **settings: str) -> Iterator[str]:
    """This context serves the portal and gives its address.

    `as_shipped` is the folder of the collected files (`collect_files`): the portal uses them as in production
    then, and cookies still travel without HTTPS. `settings` go before those of the tests.
    """
    port = _free_port()
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    given = environment() | {"PUBLIC_URL": address} | settings
    if as_shipped is not None:
        given |= _shipping(as_shipped)
    with log.open("wb") as out:
        server = subprocess.Popen([*command, "config.wsgi:application"], cwd=ROOT, env=given, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(address):
            assert time.monotonic() < deadline, f"the portal did not answer:\n{log.read_text()[-3000:]}"
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def collect_files(folder: Path) -> None:
    """This function will put the static files into a folder, compressed and named by their content."""
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment() | _shipping(folder), check=True)


def _shipping(folder: Path) -> dict[str, str]:
    return {"DEBUG": "0", "STATIC_ROOT": str(folder)}


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def browser_page(address: str, *flags: str) -> Iterator[Page]:
    """This context is a fresh browser window on the portal; an error on a page's console fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        page = browser.new_page(base_url=address)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            yield page
            browser.close()
        finally:
            if os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE"):
                connections.close_all()  # Those used beside Playwright's loop: nothing outside sees them.
        assert errors == []


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
