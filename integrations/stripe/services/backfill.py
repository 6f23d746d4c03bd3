import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from stripe import APIConnectionError, APIError, RateLimitError, RequestsClient, StripeClient, StripeError

from integrations.stripe.models import BackfillList, Source
from integrations.stripe.services.keep_events import NewEvent, keep_events
from integrations.stripe.shapes import LONGEST

VERSION = "2025-03-31.basil"  # The shapes that are asked for, whatever the account's own version is.
PAGE = 100
TIMEOUT = 60  # Seconds.
TRIES = 6
LONGEST_WAIT = 60.0  # Seconds.
# In the order of what builds on what; with what is asked for besides.
LISTS = {
    "customers": "",
    "products": "",
    "prices": "",
    "subscriptions": "&status=all",
    "invoices": "&expand[]=data.payments",
    "invoice_payments": "",
    "charges": "",
    "refunds": "",
    "credit_notes": "",
    "disputes": "",
}
FINGERPRINT = 32


class CannotRead(Exception):
    """Stripe's API does not answer as it should; what was read is kept, and the next start goes on from there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a list is: objects read since it began, and whether that was all."""

    name: str
    objects: int
    is_done: bool


class Reader:
    """Reads pages of Stripe's API by Stripe's own library, and waits where it is asked to."""

    def __init__(self, key: str, base: str, sleep: Callable[[float], None]) -> None:
        http = RequestsClient(timeout=TIMEOUT)
        self.client = StripeClient(
            key, base_addresses={"api": base.rstrip("/")}, stripe_version=VERSION, http_client=http,
            max_network_retries=0,
        )  # fmt: skip
        self.sleep = sleep

    def page(self, path: str, after: str) -> tuple[list[dict[str, Any]], bool]:
        """This function will read a page of a list: its objects, and whether there are more.

        :raises CannotRead: it cannot be had
        """
        joint = "&" if "?" in path else "?"
        start = f"&starting_after={after}" if after else ""
        said = self._read(f"{path}{joint}limit={PAGE}{start}")
        rows = said.get("data") if isinstance(said, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise CannotRead(f"{path} gave no list of objects")
        return rows, said.get("has_more") is True and bool(rows)

    def _read(self, url: str) -> Any:
        for number in range(TRIES):
            try:
                return json.loads(self.client.raw_request("get", url).body)
            except (RateLimitError, APIConnectionError, APIError) as error:
                if number == TRIES - 1:
                    raise CannotRead(f"{url.partition('?')[0]}: {error}") from error
                self.sleep(_wait(error, number))
            except StripeError as error:
                raise CannotRead(f"{url.partition('?')[0]}: {error}") from error
            except ValueError as error:
                raise CannotRead(f"{url.partition('?')[0]} gave no JSON") from error
        raise CannotRead(url)  # Never reached: the last try raises.


def backfill(*, reader: Reader, clock: Callable[[], datetime]) -> Generator[Progress, None, None]:
    """This function will read everything that is in Stripe and keep it, to be worked as events are.

    It yields after each page, which is kept together with the place to go on from: killed anywhere, the next start
    goes on there. Once all lists are read, the next start begins anew, and what did not change is kept once.
    """
    lists = _lists(clock())
    for row in lists:
        while row.done_at is None:
            rows, has_more = reader.page(f"/v1/{row.name}{_query(row.name)}", row.after)
            for each in rows:
                _complete(reader, each)
            at = clock()
            with transaction.atomic():
                keep_events([_snapshot(each, at) for each in rows], at=at)
                row.after = rows[-1]["id"] if rows else row.after
                row.objects_read += len(rows)
                row.done_at = None if has_more else at
                row.save(update_fields=["after", "objects_read", "done_at"])
            yield Progress(row.name, row.objects_read, is_done=not has_more)


def _lists(at: datetime) -> list[BackfillList]:
    """The lists to read, anew where all were read."""
    known = {row.name: row for row in BackfillList.objects.all()}
    if known and all(name in known and known[name].done_at for name in LISTS):
        BackfillList.objects.update(after="", objects_read=0, began_at=at, done_at=None)
        known = {row.name: row for row in BackfillList.objects.all()}
    return [known.get(name) or BackfillList.objects.create(name=name, began_at=at) for name in LISTS]


def _query(name: str) -> str:
    return f"?{LISTS[name].removeprefix('&')}" if LISTS[name] else ""


def _complete(reader: Reader, row: dict[str, Any]) -> None:
    """This function will read the rest of an invoice's lines and payments, where the list gives the first of them."""
    if row.get("object") != "invoice":
        return
    lines, payments = row.get("lines"), row.get("payments")
    for inside, path in (
        (lines, f"/v1/invoices/{row['id']}/lines"),
        (payments, f"/v1/invoice_payments?invoice={row['id']}"),
    ):
        if not isinstance(inside, dict) or not isinstance(inside.get("data"), list):
            continue
        while inside.get("has_more") is True:
            after = inside["data"][-1]["id"] if inside["data"] else ""
            rows, inside["has_more"] = reader.page(path, after)
            inside["data"] += rows


def _snapshot(row: dict[str, Any], at: datetime) -> NewEvent:
    body = json.dumps(row)
    key, kind = str(row["id"])[:LONGEST], str(row.get("object", ""))[:60]
    return NewEvent(
        key=f"{key}@{hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:FINGERPRINT]}",
        source=Source.BACKFILL,
        type=f"{kind}.read",
        api_version=VERSION,
        is_live=row.get("livemode") is True,
        object_id=key,
        created=at,
        body=body,
    )


def _wait(error: StripeError, number: int) -> float:
    """For how long to wait: as long as Stripe says, else twice as long each time."""
    said = str((error.headers or {}).get("Retry-After", ""))
    return min(float(said) if said.isdecimal() else float(2**number), LONGEST_WAIT)
