from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, ProtocolError

from integrations.introductions.letter import MOST_HEADER_BYTES
from integrations.introductions.models import LARGEST, Mailbox, Source
from integrations.introductions.services.receive_message import NoMessage, receive_message

PATIENCE = 30  # Seconds for any answer of the server.
AT_ONCE = 200
MOST_SKIPPED = 50
PORTS = {"imaps": 993, "imap": 143}
NO_ADDRESS = "The address in the settings"  # The mailbox's name where that is none.
Broken = (IMAPClientError, ProtocolError, OSError, ValueError, LookupError, AssertionError)


@dataclass(frozen=True, slots=True)
class Where:
    """A folder of a mailbox. `imap` without encryption is for a server on this very machine."""

    is_encrypted: bool
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def at(cls, url: str) -> "Where":
        """:raises ValueError: the address is none like `imaps://user:password@host/folder`"""
        told = urlsplit(url)
        if told.scheme not in PORTS or not told.hostname or not told.username:
            raise ValueError("The address of the mailbox is not like imaps://user:password@host/folder")
        if told.scheme == "imap" and told.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("A mailbox on another machine is reached by imaps")
        return cls(
            told.scheme == "imaps",
            told.hostname,
            told.port or PORTS[told.scheme],
            unquote(told.username),
            unquote(told.password or ""),
            unquote(told.path.strip("/")) or "INBOX",
        )

    @property
    def name(self) -> str:
        return f"{self.user} at {self.host}, {self.folder}"


def mailbox_of_settings() -> Mailbox | None:
    """The mailbox that the settings name now, if it was looked into; one that they named before stays as it was."""
    if not settings.INTRODUCTIONS_IMAP_URL:
        return None
    try:
        name = Where.at(settings.INTRODUCTIONS_IMAP_URL).name[:400]
    except ValueError:
        name = NO_ADDRESS
    return Mailbox.objects.filter(name=name).first()


def poll_mailbox(*, clock: Callable[[], datetime]) -> int:
    """This function will take what is new in the mailbox of the settings, and count it.

    How far it was read is kept, so no message is taken twice; one that cannot be fetched is noted and passed by.
    Where the server cannot be reached the error is kept and shown, and the next minute tries again.
    """
    if not settings.INTRODUCTIONS_IMAP_URL:
        return 0
    try:
        where = Where.at(settings.INTRODUCTIONS_IMAP_URL)
    except ValueError as error:
        _fail(Mailbox.objects.get_or_create(name=NO_ADDRESS)[0], str(error), clock())
        return 0
    box, _ = Mailbox.objects.get_or_create(name=where.name[:400])
    try:
        with _signed_in(where) as server:
            taken = _take_new(server, where, box, clock)
    except Broken as error:
        _fail(box, _said(error, where), clock())
        return 0
    Mailbox.objects.filter(pk=box.pk).update(looked_at=clock(), error="", failed_since=None)
    return taken


@contextmanager
def _signed_in(where: Where) -> Iterator[IMAPClient]:
    server = IMAPClient(where.host, port=where.port, ssl=where.is_encrypted, timeout=PATIENCE)
    try:
        server.login(where.user, where.password)
        yield server
    finally:
        try:
            server.logout()
        except Broken:
            with suppress(*Broken):
                server.shutdown()


def _take_new(server: IMAPClient, where: Where, box: Mailbox, clock: Callable[[], datetime]) -> int:
    validity = int(server.select_folder(where.folder, readonly=True)[b"UIDVALIDITY"])
    if validity != box.validity:  # The server counts anew; what is stored already is known by its bytes.
        box.validity, box.uid = validity, 0
        box.save(update_fields=["validity", "uid"])
    new = sorted(uid for uid in server.search(["UID", f"{box.uid + 1}:*"]) if uid > box.uid)[:AT_ONCE]
    taken = 0
    for uid in new:
        raw, size, refused = _fetch(server, uid)
        with transaction.atomic():
            locked = Mailbox.objects.select_for_update().get(pk=box.pk)
            if locked.validity != validity or locked.uid >= uid:
                continue  # Another worker was here meanwhile.
            if refused:
                locked.skipped = [*locked.skipped, f"UID {uid}: {refused}"][-MOST_SKIPPED:]
            else:
                with suppress(NoMessage):
                    receive_message(raw=raw, size=size, source=Source.MAILBOX, at=clock())
                    taken += 1
            locked.uid = uid
            locked.save(update_fields=["uid", "skipped"])
    return taken


def _fetch(server: IMAPClient, uid: int) -> tuple[bytes, int, str]:
    """A message, or its headers where it is too large, with its size; or why the server does not give it.

    :raises OSError: the connection is gone
    """
    try:
        size = int(_only(server.fetch([uid], ["RFC822.SIZE"]), uid)[b"RFC822.SIZE"])
        most = LARGEST if size <= LARGEST else MOST_HEADER_BYTES
        found = _only(server.fetch([uid], [f"BODY.PEEK[]<0.{most}>"]), uid)
        raw = next(value for name, value in found.items() if name.startswith(b"BODY[]"))
        return bytes(raw or b""), size, ""
    except (server.AbortError, OSError):
        raise
    except (*Broken, StopIteration, TypeError, KeyError) as error:
        return b"", 0, f"{type(error).__name__}: {error}"[:300]


def _only(found: Any, uid: int) -> dict[bytes, Any]:
    return dict(found[uid])


def _said(error: Exception, where: Where) -> str:
    said = str(error).replace(where.password, "…") if where.password else str(error)
    return f"{type(error).__name__}: {said}"[:500]


def _fail(box: Mailbox, error: str, at: datetime) -> None:
    box.refresh_from_db()
    box.error, box.looked_at, box.failed_since = error, at, box.failed_since or at
    box.save(update_fields=["error", "looked_at", "failed_since"])
