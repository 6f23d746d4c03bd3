"""Calls of a CRM: to one host alone, never led elsewhere, never for long, never more than fits."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from integrations.crm.vendors.common import NotSignedIn, Refused, TryAgain, words

CONNECT, READ, WHOLE = 5.0, 10.0, 25.0  # Seconds: to connect, between two pieces, and for all of an answer.
MOST_READ = 8 * 1024 * 1024
PIECE = 64 * 1024
LONGEST_PAUSE = 24 * 3600  # Whoever asks to wait for longer is asked again after it.
DEFAULT_PAUSE = 10
AGENT = "Tributary-CRM/1"
SHORTEST_SECRET = 6
SIGNED_OUT, TOO_MANY, NOT_FOUND = 401, 429, 404
# What passes by itself: also what HubSpot says of a record that is locked (423), and of one that it moves (477).
LATER = (408, 423, 425, 477, *range(500, 600))
FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    data: Any


class CrmSession:
    """A session with one host. `sign` gives the headers of who we are; it is asked before each call."""

    def __init__(self, base: str, sign: Callable[[], Mapping[str, str]]) -> None:
        self.base, self.sign = base.rstrip("/"), sign
        self.their_now: datetime | None = None  # What their clock said with the last answer.
        self.session = requests.Session()
        self.session.trust_env = False  # No proxies, and no passwords from a .netrc.

    def close(self) -> None:
        self.session.close()

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> Reply:
        return self.ask("GET", path, params=params, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """This function will make a call and give its answer; 404 is an answer as well.

        :raises TryAgain: no answer, one that makes no sense, or too many calls
        :raises Refused: the CRM refuses what was asked
        :raises NotSignedIn: it does not know us
        """
        signed = self.sign()
        hidden = [word for value in (*signed.values(), *(form or {}).values()) for word in value.split()]
        sent = {"Accept": "application/json", "User-Agent": AGENT, **signed, **(headers or {})}
        try:
            with self.session.request(
                method,
                self.base + path,
                params=params,
                json=body,
                data=form,
                headers=sent,
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            ) as answer:
                self.their_now = _date(answer.headers)
                return _understood(answer, _read(answer), hidden=hidden)
        except requests.Timeout as error:
            raise TryAgain("it did not answer in time") from error
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise TryAgain("there was no answer: the connection failed or broke off") from error


def _read(answer: requests.Response) -> bytes:
    """The body, piece by piece as it comes.

    :raises TryAgain: it is too long, or takes too long
    """
    end, read = monotonic() + WHOLE, bytearray()
    while piece := answer.raw.read1(PIECE, decode_content=True):
        read += piece
        if len(read) > MOST_READ:
            raise TryAgain(f"the answer is longer than {MOST_READ // (1024 * 1024)} MB")
        if monotonic() > end:
            raise TryAgain("it did not answer in time")
    return bytes(read)


def _understood(answer: requests.Response, read: bytes, *, hidden: Sequence[str]) -> Reply:
    status = answer.status_code
    if status == TOO_MANY:
        raise TryAgain("it asks for a pause: too many calls", after=_pause(answer.headers))
    if status in LATER or (300 <= status < 400 and status != 304):
        pause = _pause(answer.headers) if "Retry-After" in answer.headers else None
        raise TryAgain(f"it answered with {status}", after=pause)
    try:
        data = json.loads(read) if read.strip() else None
    except (ValueError, RecursionError) as error:
        if status < 400:
            raise TryAgain("the answer is no JSON") from error
        if status in (NOT_FOUND, FORBIDDEN):  # Something before the CRM says so, and not the CRM of a deal.
            raise TryAgain(f"it answered with {status}") from error
        data = None
    if status == SIGNED_OUT:
        raise NotSignedIn(_without(_said(data), hidden) or "it does not accept the credentials")
    if status >= 400 and status != NOT_FOUND:
        raise Refused(_without(_said(data), hidden) or f"it answered with {status}")
    return Reply(status, data)


def _said(data: Any) -> str:
    """A CRM's own words: each has them elsewhere in its answer."""
    if not isinstance(data, dict):
        return ""
    rows = data.get("data")
    inner = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    found = [data.get("message"), data.get("error"), data.get("error_info"), inner.get("message")]
    details = inner.get("details")
    if isinstance(details, dict) and isinstance(details.get("api_name"), str):
        found.append(f"({details['api_name']})")
    return words(" ".join(dict.fromkeys(each for each in found if isinstance(each, str) and each)))


def _without(text: str, hidden: Sequence[str]) -> str:
    """What a CRM says, without the credentials: some repeat what they were sent."""
    for each in sorted(hidden, key=len, reverse=True):
        text = text.replace(each, "…") if len(each) >= SHORTEST_SECRET else text
    return text


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _pause(headers: Mapping[str, str]) -> int:
    """For how many seconds a CRM asks to wait: a number, a date, or when its count begins anew."""
    told = headers.get("Retry-After", "") or headers.get("x-ratelimit-reset", "")
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return DEFAULT_PAUSE
    if not 0 < seconds < float("inf"):
        return DEFAULT_PAUSE
    now = datetime.now(UTC).timestamp()
    if seconds > now * 100:  # Milliseconds since 1970, as Zoho has it.
        seconds = seconds / 1000 - now
    return int(min(max(seconds, 1), LONGEST_PAUSE))
