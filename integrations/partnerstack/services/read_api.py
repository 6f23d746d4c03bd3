"""Reads PartnerStack's API page by page: patient with its limits, strict with what it answers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from integrations.partnerstack.formats import MOST_A_PAGE, READS, BadPage, Page, read_page
from integrations.partnerstack.services.keep_rows import key_of

PATH = "/api/v2"
TIMEOUT = (10, 60)  # Seconds to connect, and between two pieces of an answer.
MOST_BYTES = 64 * 1024 * 1024
BLOCK = 1 << 16
TRIES = 7
FIRST_WAIT, LONGEST_WAIT = 1.0, 600.0  # Seconds; each wait is twice the one before.
LOCAL = ("localhost", "127.0.0.1", "::1")
Wait = Callable[[float], None]


class ApiRefused(Exception):
    """PartnerStack did not give what was asked for; the message says why and what to do."""


class _NoSuchPlace(ApiRefused):
    """There is nothing after the key that was asked for, since there is no such key."""


class _TryAgain(Exception):
    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass
class Api:
    """PartnerStack's API with its two keys. `wait` sleeps for so many seconds."""

    base: str
    key: str
    secret: str
    wait: Wait = time.sleep
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        address = urlsplit(self.base)
        is_safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in LOCAL)
        if not is_safe or not address.hostname:
            raise ApiRefused(f"PARTNERSTACK_BASE is “{self.base}”; it begins with https://, or the keys would be read")
        self.session.auth = (self.key, self.secret)
        self.session.trust_env = False

    def pages(self, what: str, after: str) -> Iterator[tuple[Page, str]]:
        """Yield each page of one kind after a key, with the key after which the next one begins.

        Where the row with that key is gone, it begins with the first page: what is known is not kept twice.

        :raises ApiRefused: it does not answer, or not as it should
        """
        kind, asked = READS[what]
        seen, begun_after = {after}, after
        while True:
            parameters = {"limit": str(MOST_A_PAGE), **asked} | ({"starting_after": after} if after else {})
            where = f"{kind.value} after {after}" if after else kind.value
            try:
                page = read_page(self._get(kind.value, parameters))
                after = key_of(page.items[-1]) if page.items else after
                if page.has_more:
                    _check_progress(page, after, seen)
            except _NoSuchPlace:
                if not after or after != begun_after:
                    raise
                after, begun_after, seen = "", "", {""}
                continue
            except BadPage as bad:
                raise ApiRefused(f"PartnerStack’s page of {where} cannot be taken: {bad}") from bad
            seen.add(after)
            yield page, after
            if not page.has_more:
                return

    def _get(self, path: str, parameters: dict[str, str]) -> bytes:
        wait = FIRST_WAIT
        for left in range(TRIES - 1, -1, -1):
            try:
                return self._ask(path, parameters)
            except _TryAgain as trouble:
                if not left:
                    raise ApiRefused(
                        f"{trouble}, {TRIES} times; start the command again later, it goes on here"
                    ) from None
                self.wait(min(trouble.wait if trouble.wait is not None else wait, LONGEST_WAIT))
                wait *= 2
        raise AssertionError("the last try answers or raises")

    def _ask(self, path: str, parameters: dict[str, str]) -> bytes:
        address = f"{self.base.rstrip('/')}{PATH}/{path}"
        try:
            with self.session.get(
                address, params=parameters, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                _check_status(answer)
                content = b""
                for block in answer.iter_content(BLOCK):
                    content += block
                    if len(content) > MOST_BYTES:
                        raise ApiRefused(f"PartnerStack’s page of {path} is larger than {MOST_BYTES:,} bytes")
                return content
        except requests.RequestException as error:
            raise _TryAgain(f"PartnerStack could not be reached ({type(error).__name__})") from error


def _check_progress(page: Page, after: str, seen: set[str]) -> None:
    if not page.items:
        raise BadPage("it says that there are more, and has none")
    if after.startswith("without key"):
        raise BadPage("it says that there are more, and its last row has no key to go on after")
    if after in seen:
        raise BadPage(f"it leads back to {after}, which was read before")


def _check_status(answer: requests.Response) -> None:
    code = answer.status_code
    if code == 429 or code >= 500:
        raise _TryAgain(f"PartnerStack answered {code}", _asked_wait(answer.headers.get("Retry-After", "")))
    if code in (401, 403):
        raise ApiRefused(f"PartnerStack answered {code}: look at PARTNERSTACK_KEY and PARTNERSTACK_SECRET")
    if code in (400, 404, 410, 422):
        raise _NoSuchPlace(f"PartnerStack answered {code} where a page was asked for")
    if code != 200:
        raise ApiRefused(f"PartnerStack answered {code} where a page was asked for")


def _asked_wait(told: str) -> float | None:
    """What `Retry-After` asks for, as seconds or as a moment."""
    if told.isascii() and told.isdecimal():
        return float(told[:9])
    try:
        return max((parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
