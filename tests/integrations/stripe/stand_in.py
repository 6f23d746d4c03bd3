"""A server on this machine that answers as Stripe's API does: lists in pages, for one key and one version."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, urlsplit

KEY, VERSION = "rk_of_the_tests", "2025-03-31.basil"
PARAMETERS = {"limit", "starting_after", "status", "expand[]", "invoice", "active"}


class Api(BaseHTTPRequestHandler):
    """`lists` are objects by list, in Stripe's order; `ails` are answers that come once before the true one."""

    lists: ClassVar[dict[str, list[dict[str, Any]]]] = {}
    ails: ClassVar[list[tuple[int, dict[str, str], str]]] = []
    asked: ClassVar[list[str]] = []
    most = 100

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self.refuse(401, "Invalid API Key")
        elif self.headers.get("Stripe-Version") != VERSION:
            self.refuse(400, "another version")
        elif type(self).ails:
            status, headers, body = type(self).ails.pop(0)
            self.send(status, body, headers)
        else:
            self.list(urlsplit(self.path))

    def list(self, asked: SplitResult) -> None:
        said = parse_qs(asked.query, strict_parsing=bool(asked.query))
        rows = self.lists.get(asked.path.removeprefix("/v1/"))
        if rows is None or not set(said) <= PARAMETERS:
            return self.refuse(404, f"Unrecognized {self.path}")
        if asked.path == "/v1/prices":  # Those that are in use, unless others are asked for.
            rows = [row for row in rows if row.get("active", True) is (said.get("active") != ["false"])]
        limit = min(int(said.get("limit", ["10"])[0]), self.most)
        ids = [row["id"] for row in rows]
        after = said.get("starting_after", [""])[0]
        if after and after not in ids:
            return self.refuse(400, f"No such object: {after}")
        first = ids.index(after) + 1 if after else 0
        page = rows[first : first + limit]
        has_more = first + limit < len(rows)
        return self.say(200, {"object": "list", "url": asked.path, "has_more": has_more, "data": page})

    def refuse(self, status: int, message: str) -> None:
        self.say(status, {"error": {"type": "invalid_request_error", "message": message}})

    def say(self, status: int, said: dict[str, Any]) -> None:
        self.send(status, json.dumps(said), {})

    def send(self, status: int, body: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def stand_in(**lists: list[dict[str, Any]]) -> Iterator[tuple[str, type[Api]]]:
    """This context has the server, with its address; lists that are not named are empty."""
    names = ("customers", "products", "prices", "subscriptions", "invoices", "invoice_payments", "charges", "refunds",
             "credit_notes", "disputes")  # fmt: skip
    every = {name: lists.pop(name, []) for name in names} | {
        name.replace("__", "/"): rows for name, rows in lists.items()
    }
    api = type("ApiOfATest", (Api,), {"lists": every, "ails": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
