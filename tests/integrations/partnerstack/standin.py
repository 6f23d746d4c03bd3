"""PartnerStack on this machine: a real HTTP server that speaks its API, and builders of its rows."""

import base64
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "pk_live", "sk_live"
Row = dict[str, Any]
Rows = dict[str, list[Row]]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class PartnerStack:
    """What it has, newest first as it lists it, and how it misbehaves: `answer` may take a call over."""

    url: str = ""
    rows: Rows = field(default_factory=lambda: defaultdict(list))
    most: int = 250  # Rows a page, whatever is asked for.
    calls: list[str] = field(default_factory=list)
    answer: Callable[[int, str], Answer | None] = lambda number, path: None

    def page(self, path: str, asked: dict[str, str]) -> Answer:
        kind = path.removeprefix("/api/v2/")
        rows = [row for row in self.rows[kind] if kind != "rewards" or _is_asked(row, asked)]
        keys = [row["key"] for row in rows]
        start = keys.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
        end = start + min(int(asked["limit"]), self.most)
        return 200, {}, envelope(rows[start:end], has_more=end < len(rows))


@contextmanager
def partnerstack(rows: Rows | None = None) -> Iterator[PartnerStack]:
    """This function will run it until the end; it refuses other addresses, wrong keys and limits that are too large."""
    there = PartnerStack()
    there.rows.update(rows or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there.calls.append(self.path)
            code, headers, body = self.answered()
            self.send_response(code)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def answered(self) -> Answer:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            expected = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                return 401, {}, b'{"message": "Unauthorized", "status": "401"}'
            if address.path.removeprefix("/api/v2/") not in KINDS:
                return 404, {}, b'{"message": "Not found", "status": "404"}'
            if set(asked) - {"limit", "starting_after", "status"} or not 1 <= int(asked["limit"]) <= 250:
                return 400, {}, b'{"message": "Bad request", "status": "400"}'
            return there.answer(len(there.calls), address.path) or there.page(address.path, asked)

        def log_message(self, *said: object) -> None:
            """Tests say what they need to know."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        there.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield there
        server.shutdown()
        thread.join()


KINDS = ("groups", "partnerships", "customers", "leads", "deals", "transactions", "rewards")


def _is_asked(row: Row, asked: dict[str, str]) -> bool:
    is_scheduled: bool = row["reward_status"] == "scheduled"
    return is_scheduled == (asked.get("status") == "scheduled")


def envelope(items: list[Any], *, has_more: bool = False) -> bytes:
    said = {"data": {"has_more": has_more, "items": items}, "message": "Page returned successfully", "status": "200"}
    return json.dumps(said).encode()


def save(folder: Path, rows: Rows) -> Path:
    """The rows as saved pages, a file a kind."""
    for kind, items in rows.items():
        (folder / f"{kind}-1.json").write_bytes(envelope(items))
    return folder


# -- Rows -------------------------------------------------------------------------------------------------


def ms(text: str) -> int:
    """A day at noon, as PartnerStack writes it."""
    return int(datetime.fromisoformat(f"{text}T20:00:00").replace(tzinfo=UTC).timestamp() * 1000)


def row(key: str, day: str, **more: Any) -> Row:
    return {"key": key, "created_at": ms(day), "updated_at": ms(day), **more}


def partnership(name: str = "ada", day: str = "2025-01-01", **more: Any) -> Row:
    return row(
        f"part_{name}", day, partner_key=name, email=f"{name}@partners.example", first_name=name.title(),
        last_name="Oak", joined_at=ms(day), approved_status="approved", group={"key": "grup_1", "name": "Gold"},
        team={"name": f"{name.title()} Referrals"},
    ) | more  # fmt: skip


def customer(name: str = "acme", partner: str = "ada", day: str = "2025-02-01", **more: Any) -> Row:
    return row(
        f"cus_{name}", day, customer_key=name, name=name.title(), email=f"jo@{name}.example",
        partnership_key=f"part_{partner}", partner_key=partner, test=False,
    ) | more  # fmt: skip


def transaction(key: str, day: str, amount: int, of: str = "acme", product: Any = "subscription", **more: Any) -> Row:
    return row(
        f"tran_{key}", day, amount=amount, currency="USD", customer={"key": f"cus_{of}", "customer_key": of},
        customer_key=of, product_key=product, approved=True,
    ) | more  # fmt: skip


def reward(
    key: str, day: str, amount: int, of: str | None = None, partner: str = "ada", status: str = "approved", **more: Any
) -> Row:
    return row(
        f"rwrd_{key}", day, amount=amount, reward_status=status, description="20% of each payment",
        partnership={"key": f"part_{partner}", "partner_key": partner},
        transaction={"key": f"tran_{of}"} if of else None,
    ) | more  # fmt: skip


def deal(name: str, day: str, stage: str = "proposal", partner: str = "ada", **more: Any) -> Row:
    return row(
        f"deal_{name}", day, account_name={"name": name.title()}, stage=stage, partner_key=partner, amount=120_000,
        contact_first_name="Jo", contact_last_name="Elm", meta={"email": f"jo@{name}.example"},
    ) | more  # fmt: skip


def lead(name: str, day: str, status: str = "pending", partner: str = "ada", **more: Any) -> Row:
    fields = [{"name": "Company name", "value": name.title()}, {"name": "Email", "value": f"jo@{name}.example"}]
    return row(f"lead_{name}", day, status=status, partner_key=partner, fields=fields) | more
