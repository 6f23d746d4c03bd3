"""A small IMAP server on this machine that checks who signs in and how it is asked; no library's stand-in."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "intro@hello.example", "p@ss/word"


@dataclass
class Mailbox:
    """What the server holds, and what it was told. `broken` are UIDs that it answers NO to."""

    validity: int = 7
    messages: dict[int, bytes] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    hangs_up: bool = False
    lies_of_size: bool = False
    port: int = 0
    commands: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"imap://intro%40hello.example:p%40ss%2Fword@127.0.0.1:{self.port}/INBOX"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        self._say("* OK [CAPABILITY IMAP4rev1] ready")
        is_in = is_open = False
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            box.commands.append(rest.replace(PASSWORD, "…"))
            name = rest.split()[0].upper()
            if name == "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1", f"{tag} OK done")
            elif name == "LOGIN":
                is_in = rest.replace('"', "") == f"LOGIN {USER} {PASSWORD}"
                self._say(f"{tag} OK in" if is_in else f"{tag} NO [AUTHENTICATIONFAILED] wrong password {PASSWORD}")
            elif name == "LOGOUT":
                self._say("* BYE bye", f"{tag} OK out")
                return
            elif not is_in:
                self._say(f"{tag} BAD sign in first")
            elif name == "EXAMINE" and "INBOX" in rest:
                is_open = True
                self._say(
                    f"* {len(box.messages)} EXISTS", f"* OK [UIDVALIDITY {box.validity}] counts", f"{tag} OK done"
                )
            elif not is_open:
                self._say(f"{tag} NO no such folder")
            elif box.hangs_up and "BODY" in rest:
                return
            else:
                self._uid(tag, rest, box)

    def _uid(self, tag: str, rest: str, box: Mailbox) -> None:
        if found := re.fullmatch(r"UID SEARCH UID (\d+):\*", rest):
            first = int(found.group(1))
            # The star is the last message, whatever stands before it.
            uids = [uid for uid in box.messages if uid >= first] or list(box.messages)[-1:]
            self._say(f"* SEARCH {' '.join(map(str, uids))}".rstrip(), f"{tag} OK done")
        elif found := re.fullmatch(r"UID FETCH (\d+) \(RFC822\.SIZE\)", rest):
            uid = int(found.group(1))
            if uid in box.broken:
                self._say(f"{tag} NO it is damaged")
            else:
                size = 100 if box.lies_of_size else len(box.messages[uid])
                self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {size})", f"{tag} OK done")
        elif found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest):
            uid, most = map(int, found.groups())
            part = box.messages[uid][:most]
            self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, len(part)) + part + b")\r\n")
            self._say(f"{tag} OK done")
        else:
            self._say(f"{tag} BAD {rest}")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def imap_server(*messages: bytes) -> Iterator[Mailbox]:
    """This context has a server whose folder holds messages, numbered from 1."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        box = Mailbox(messages=dict(enumerate(messages, 1)), port=server.server_address[1])
        server.box = box  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
