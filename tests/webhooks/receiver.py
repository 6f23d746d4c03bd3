"""A program that takes events: a real HTTP server on this machine, which answers as it is told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import time_machine
from standardwebhooks import Webhook

from notices.models import EventKind, WebhookEndpoint
from notices.services.keep_endpoint import make_endpoint
from notices.services.send_webhooks import send_webhooks
from tests.cast import AT, owner_of, pam, the_partner

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """What came, and what is answered: a status for all, or a way to answer."""

    url: str = ""
    status: int = 200
    text: bytes = b"thanks"
    answer: Answer | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def read(self, number: int, secret: str, *, at: datetime = AT) -> Any:
        """A message as the reader's own library gives it, which refuses what is not signed with the secret."""
        headers, body = self.got[number]
        with time_machine.travel(at, tick=False):
            return Webhook(secret).verify(body, headers)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver that listens on this machine until the end."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body leave together, or the other side waits for the rest.

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.answer is not None:
                self.close_connection = True
                receiver.answer(self)
                return
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(receiver.text)))
            self.end_headers()
            self.wfile.write(receiver.text)

        def log_message(self, *said: object) -> None:
            """Tests say what they need to know."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *where: object) -> None:
            """Whoever hangs up on a slow answer is meant to."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


def endpoint_of(key: str | None, url: str, *kinds: EventKind, at: datetime = AT) -> tuple[WebhookEndpoint, str]:
    """An endpoint of a partner, or of the company, with its secret."""
    partner_id = the_partner(key).pk if key else None
    return make_endpoint(partner_id=partner_id, url=url, kinds=kinds, by=owner_of(key) if key else pam(), at=at)


def sweep(at: datetime = AT) -> int:
    """What a sweep sends at a moment."""
    due = WebhookEndpoint.objects.with_due(at=at).values_list("pk", flat=True)
    return sum(send_webhooks(endpoint_id=key, clock=lambda: at) for key in list(due))
