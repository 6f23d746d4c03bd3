import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from stripe import APIConnectionError, APIError, RateLimitError, RequestsClient, StripeClient, StripeError

from integrations.stripe.models import BackfillList, Source, StripeEvent
from integrations.stripe.services.keep_events import NewEvent, keep_events
from integrations.stripe.shapes import LONGEST

TEST_KEYS = ("sk_test_", "rk_test_")
VERSION = "2025-03-31.basil"  # The shapes that are asked for, whatever the account's own version is.
PAGE = 100
TIMEOUT = 60  # Seconds.
TRIES = 6
LONGEST_WAIT = 60.0  # Seconds.
# In the order of what builds on what, with what is asked for besides: Stripe gives prices that are in use, and others
# where they are asked for.
LISTS = {
    "customers": "customers",
    "products": "products",
    "prices": "prices",
    "prices out of use": "prices?active=false",
    "subscriptions": "subscriptions?status=all",
    "invoices": "invoices?expand[]=data.payments",
    "invoice_payments": "invoice_payments",
    "charges": "charges",
    "refunds": "refunds",
    "credit_notes": "credit_notes",
    "disputes": "disputes",
}
FINGERPRINT = 24
# What is read is as old as the question at least: what happened while the answer came goes before it.
MARGIN = timedelta(minutes=1)


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
        self.is_live = not key.startswith(TEST_KEYS)

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
            as_of = (clock() - MARGIN).replace(microsecond=0)
            rows, has_more = reader.page(f"/v1/{LISTS[row.name]}", row.after)
            for each in rows:
                _complete(reader, each)
            at = clock()
            with transaction.atomic():
                keep_events(_news(rows, as_of, is_live=reader.is_live), at=at)
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


def _news(rows: list[dict[str, Any]], as_of: datetime, *, is_live: bool) -> list[NewEvent]:
    """What is new of these objects: those that say something else than the newest that was told of each."""
    ids = [str(row["id"])[:LONGEST] for row in rows]
    told = StripeEvent.objects.filter(object_id__in=ids).order_by("object_id", "-created", "-pk")
    newest = dict(told.distinct("object_id").values_list("object_id", "key"))
    made = [_snapshot(row, as_of, is_live=is_live) for row in rows]
    return [each for each in made if newest.get(each.object_id, "").rpartition("@")[0] != each.key.rpartition("@")[0]]


def _snapshot(row: dict[str, Any], as_of: datetime, *, is_live: bool) -> NewEvent:
    """An object as it was read; its key is its id with a fingerprint of what it says, and when."""
    body = json.dumps(row)
    key, kind = str(row["id"])[:LONGEST], str(row.get("object", ""))[:60]
    said = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:FINGERPRINT]
    return NewEvent(
        key=f"{key}@{said}@{int(as_of.timestamp())}",
        source=Source.BACKFILL,
        type=f"{kind}.read",
        api_version=VERSION,
        is_live=is_live and row.get("livemode") is not False,
        object_id=key,
        created=as_of,
        body=body,
    )


def _wait(error: StripeError, number: int) -> float:
    """For how long to wait: as long as Stripe says, else twice as long each time."""
    said = str((error.headers or {}).get("Retry-After", ""))
    return min(float(said) if said.isdecimal() else float(2**number), LONGEST_WAIT)
