"""Requests to addresses that somebody typed: only to public ones, never led elsewhere, never for long.

The address that a name stands for is looked at when the connection is made, and that very address is connected to
(requests-hardened), so an answer of the name service that changes later leads nowhere else.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests_hardened.ip_filter import InvalidIPAddress, filter_host
from requests_hardened.ip_filter_adapter import IPFilterAdapter

LONGEST_WAIT = 10.0  # Seconds, from the first byte that goes out to the last that is read.
LONGEST_LOOK_UP = 5.0  # Seconds for the name service.
MOST_LOOK_UPS = 16  # At a time; what hangs for longer goes on until the system gives it up, and is nobody's.
MOST_READ = 64 * 1024
CHUNK = 4096
AGENT = "Tributary-Webhooks/1"
LOOK_UP = "look-up of a name"
NOT_PUBLIC = "the address is not a public one"
NOWHERE = ".invalid"  # A name that ends so stands for nothing, ever (RFC 6761): it is not even looked up.
LEADS_NOWHERE = f"names that end in {NOWHERE} lead nowhere"
TOO_SLOW = f"no answer within {LONGEST_WAIT:.0f} seconds"


T = TypeVar("T")
look_ups = threading.BoundedSemaphore(MOST_LOOK_UPS)


class NotPublic(Exception):
    """An address that nothing is sent to; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and the beginning of a text, or without a status why there is none."""

    status: int | None
    text: str
    milliseconds: int


def check_address(url: str) -> None:
    """This function will do nothing for an address that can be sent to.

    A name that nobody knows yet may become known; each time that something is sent it is looked at again.

    :raises NotPublic: it is no https address, carries a password, or does not lead to a public host
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise NotPublic("that is no address of the web") from error
    if parts.scheme not in _schemes() or not host:
        raise NotPublic("it begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise NotPublic("it carries no name and password; what is sent is signed")
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        raise NotPublic("that is no address of the web")
    if _leads_nowhere(host):
        return
    try:
        to_loopback = settings.WEBHOOKS_TO_LOOPBACK
        _check_public(_in_time(lambda: filter_host(host, port, allow_loopback=to_loopback)))
    except InvalidIPAddress as error:
        raise NotPublic(f"{NOT_PUBLIC}: {host}") from error
    except (requests.RequestException, OSError, UnicodeError):
        if "." not in host:
            raise NotPublic(f"{host} is no name that is known everywhere") from None


def _schemes() -> tuple[str, ...]:
    return ("https", "http") if settings.WEBHOOKS_TO_LOOPBACK else ("https",)


def _leads_nowhere(host: str) -> bool:
    return host.casefold().rstrip(".").endswith(NOWHERE)


def _check_public(host: str) -> None:
    """What the library lets through beside public addresses: reserved ones, and the old ones of a site.

    :raises InvalidIPAddress: it is not an address of the public internet
    """
    address = ipaddress.ip_address(host.strip("[]"))
    if address.is_loopback and settings.WEBHOOKS_TO_LOOPBACK:
        return
    is_of_site = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    if not address.is_global or address.is_reserved or is_of_site:
        raise InvalidIPAddress(host)


def _in_time(look_up: Callable[[], T]) -> T:
    """This function will look a name up, and wait for it only so long: the system's own call cannot be cut off.

    :raises requests.ConnectTimeout: there is no answer in time
    :raises requests.ConnectionError: too many others have none either
    """
    if not look_ups.acquire(blocking=False):
        raise requests.ConnectionError("the name service does not answer")
    found: Future[T] = Future()

    def work() -> None:
        try:
            found.set_result(look_up())
        except BaseException as error:  # noqa: BLE001 (whoever waits gets it)
            found.set_exception(error)
        finally:
            look_ups.release()

    threading.Thread(target=work, name=LOOK_UP, daemon=True).start()
    try:
        return found.result(LONGEST_LOOK_UP)
    except TimeoutError as error:
        raise requests.ConnectTimeout("the name service does not answer in time") from error


class Outgoing:
    """A session that sends: keep it for the sends that follow each other, and leave it as a context."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False  # No proxies, and no passwords from a .netrc.
        self.open: list[socket.socket] = []
        self.late = threading.Event()
        self.session.adapters.clear()
        for scheme in _schemes():
            self.session.mount(f"{scheme}://", _Adapter(self, is_https_proto=scheme == "https"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.session.close()
        self._forget()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """This function will send one body and give what came back, whatever it is; nothing is raised."""
        began, late = monotonic(), threading.Event()
        self.late = late
        watch = threading.Timer(LONGEST_WAIT, self._hang_up, [late])
        watch.daemon = True
        watch.start()
        try:
            status, text = self._send(url, body, {"User-Agent": AGENT, **headers})
        except InvalidIPAddress:
            status, text = None, NOT_PUBLIC
        except (requests.RequestException, OSError, ValueError) as error:
            status, text = None, TOO_SLOW if late.is_set() or _is_timeout(error) else _told(error)
        finally:
            watch.cancel()
        if late.is_set():
            status, text = None, TOO_SLOW
            self._forget()
        return Answer(status, text.replace("\0", ""), round((monotonic() - began) * 1000))

    def watch(self, sock: socket.socket) -> None:
        """This function will know the connection that is used from now on; there is one at a time."""
        self._forget()
        self.open.append(sock.dup())
        if self.late.is_set():  # The time was over before there was a connection.
            self._hang_up(self.late)

    def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        if _leads_nowhere(urlsplit(url).hostname or ""):
            raise requests.ConnectionError(LEADS_NOWHERE)
        with self.session.post(
            url, data=body, headers=headers, timeout=LONGEST_WAIT + 1, allow_redirects=False, stream=True
        ) as answer:
            read = b""
            with suppress(requests.exceptions.ContentDecodingError):  # Its status is what counts.
                for chunk in answer.iter_content(CHUNK):
                    read += chunk[: MOST_READ - len(read)]
                    if len(read) >= MOST_READ:
                        break
            return answer.status_code, read.decode(errors="replace")

    def _hang_up(self, late: threading.Event) -> None:
        """The other side may send a letter every few seconds, for ever: at the end of the time nobody listens."""
        late.set()
        for sock in self.open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        while self.open:
            self.open.pop().close()


class _Adapter(IPFilterAdapter):  # type: ignore[misc]
    """Connects to public addresses, and lets the session know each connection that it makes."""

    def __init__(self, outgoing: Outgoing, *, is_https_proto: bool) -> None:
        self.outgoing = outgoing
        super().__init__(is_https_proto, allow_loopback=settings.WEBHOOKS_TO_LOOPBACK)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        where, how = _in_time(partial(super().build_connection_pool_key_attributes, *args, **kwargs))
        _check_public(where["host"])
        return where, how

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool, outgoing = super().get_connection_with_tls_context(*args, **kwargs), self.outgoing
        if not getattr(pool.ConnectionCls, "is_watched", False):

            class Watched(pool.ConnectionCls):  # type: ignore[misc,name-defined]
                is_watched = True

                def _new_conn(self) -> socket.socket:
                    sock: socket.socket = super()._new_conn()
                    outgoing.watch(sock)
                    return sock

            pool.ConnectionCls = Watched
        return pool


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, requests.Timeout)


def _told(error: Exception) -> str:
    """Why there was no answer, without what only programmers can read."""
    if isinstance(error, requests.exceptions.SSLError):
        return f"the connection is not safe: {_innermost(error)}"
    return f"no answer: {_innermost(error)}"


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
