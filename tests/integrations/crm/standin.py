"""A CRM on this machine: a real HTTP server that keeps deals, checks every call strictly, and misbehaves on order."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cast import AT

Json = Any
Misbehaviour = Callable[[BaseHTTPRequestHandler], None]


class Wrong(Exception):
    """A call that the published API does not have; the stand-in answers as the CRM would."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class Missing(Wrong):
    """What the API has, and this account has not."""

    def __init__(self, said: str) -> None:
        super().__init__(404, said)


@dataclass
class Call:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Json


@dataclass
class Deal:
    """A deal as the stand-in keeps it: the CRM's own names and values."""

    id: str
    values: dict[str, Json]
    stage: str
    updated: datetime
    stage_at: datetime
    added: datetime
    is_gone: bool = False


@dataclass
class Crm:
    """The state of a CRM, and how it behaves. `now` is its own clock, a second later after each change."""

    url: str = ""
    token: str = "secret-token"
    now: datetime = AT
    deals: dict[str, Deal] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    misbehave: list[Misbehaviour] = field(default_factory=list)  # The next calls, one after the other.
    always: Misbehaviour | None = None
    after_write: Misbehaviour | None = None  # Once, in the place of the answer.
    lock: Any = field(default_factory=threading.RLock)

    # -- What tests do there, as somebody in the CRM would --

    def move(self, stage: str, number: int = 0, *, at: datetime | None = None) -> None:
        deal = self.deal(number)
        deal.stage = stage
        deal.updated = deal.stage_at = at or self.tick()

    def change(self, name: str, value: Json, number: int = 0) -> None:
        deal = self.deal(number)
        deal.values[name] = value
        deal.updated = self.tick()

    def deal(self, number: int = 0) -> Deal:
        return list(self.deals.values())[number]

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.method != "GET" and self.is_write(call)]

    def is_write(self, call: Call) -> bool:
        raise NotImplementedError

    # -- For the CRMs --

    def answer(self, call: Call) -> tuple[int, Json]:
        raise NotImplementedError

    def says(self, status: int, said: str) -> Json:
        raise NotImplementedError

    def add(self, values: dict[str, Json], stage: str) -> Deal:
        at = self.tick()
        deal = Deal(str(9000 + len(self.deals)), values, stage, at, at, at)
        self.deals[deal.id] = deal
        return deal

    def put(self, deal: Deal, values: dict[str, Json], stage: str) -> None:
        deal.values |= values
        deal.updated = self.tick()
        if stage and stage != deal.stage:
            deal.stage, deal.stage_at = stage, deal.updated

    def kept(self, known_id: str) -> Deal | None:
        deal = self.deals.get(known_id)
        return None if deal is None or deal.is_gone else deal

    def since(self, at: datetime) -> list[Deal]:
        found = [deal for deal in self.deals.values() if deal.updated >= at and not deal.is_gone]
        return sorted(found, key=lambda deal: deal.updated)


def need(condition: object, said: str, status: int = 400) -> None:
    if not condition:
        raise Wrong(status, said)


def only(found: dict[str, Json], *names: str) -> None:
    """Nothing but what is documented may be sent."""
    need(set(found) <= set(names), f"not documented: {sorted(set(found) - set(names))}")


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def running(crm: Crm) -> Iterator[Crm]:
    """A CRM that listens on this machine until the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body leave together, or the other side waits for the rest.

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length) if length else b""
            with crm.lock:
                trick = crm.misbehave.pop(0) if crm.misbehave else crm.always
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, parts.path, query, headers, None)
                crm.calls.append(call)
                if trick is not None:
                    self.close_connection = True
                    trick(self)
                    return
                status, said = self._answered(call, sent)
                instead = crm.after_write if crm.is_write(call) else None
                crm.after_write = None if instead else crm.after_write
            if instead is not None:
                self.close_connection = True
                instead(self)
                return
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(body)

        def _answered(self, call: Call, sent: bytes) -> tuple[int, Json]:
            try:
                if sent:
                    if call.headers.get("content-type") == "application/json":
                        call.body = json.loads(sent)
                    else:
                        need(
                            call.headers.get("content-type") == "application/x-www-form-urlencoded",
                            "Unsupported media type",
                            415,
                        )
                        call.body = {name: values[0] for name, values in parse_qs(sent.decode()).items()}
                return crm.answer(call)
            except Wrong as wrong:
                if not isinstance(wrong, Missing):
                    crm.wrong.append(f"{call.method} {call.path}: {wrong}")
                return wrong.status, crm.says(wrong.status, str(wrong))

        def do_GET(self) -> None:
            self._any()

        def do_POST(self) -> None:
            self._any()

        def do_PATCH(self) -> None:
            self._any()

        def do_PUT(self) -> None:
            self._any()

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The answer's date, by the CRM's own clock."""
            return format_datetime(crm.now.astimezone(UTC), usegmt=True)

        def log_message(self, *said: object) -> None:
            """Tests say what they need to know."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *where: object) -> None:
            """Whoever hangs up on a slow answer is meant to."""

    with Server(("127.0.0.1", 0), Handler) as server:
        crm.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield crm
        server.shutdown()
        thread.join()


# -- Ways to misbehave ----------------------------------------------------------------------------------------


def status(code: int, body: bytes = b"", **headers: str) -> Misbehaviour:
    """An answer with a status, whatever was asked."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all."""


def endless(handler: BaseHTTPRequestHandler) -> None:
    """An answer that does not end."""
    handler.send_response(200)
    handler.end_headers()
    piece = b"[" * 65536
    for _ in range(1000):
        handler.wfile.write(piece)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """An answer that comes letter by letter, for ever."""
    import time

    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
