"""Keeps the newest of each object that events tell of, and what only their history tells."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.stripe.models import ObjectKind, Source, StripeCustomer, StripeEvent, StripeObject
from integrations.stripe.shapes import Data, Odd, Told, from_customer, objects_in, storable

ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")  # How JSON writes a NUL and halves of characters.
NAME_LENGTH, EMAIL_LENGTH = 200, 254
LINKS = ("customer", "invoice", "charge", "intent")
Rank = tuple[datetime, int, str]


@dataclass(slots=True)
class Absorbed:
    """The objects that are new or newer, those that events named, and the events that could not be read."""

    objects: dict[str, StripeObject] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


def absorb(events: Sequence[StripeEvent]) -> Absorbed:
    """This function will keep what events tell; whichever order they come in, the same is kept in the end."""
    absorbed = Absorbed()
    told = list(_read(events, absorbed))
    known = StripeObject.objects.in_bulk([each.id for _, each in told], field_name="stripe_id")
    changed: dict[str, StripeObject] = {}
    for event, each in told:
        kept = known.get(each.id)
        if kept is None:
            kept = known[each.id] = _new(event, each)
            changed[each.id] = kept
        elif _take(kept, event, each):
            changed[each.id] = kept
        absorbed.objects[each.id] = kept
    _write(changed.values())
    _keep_customers(absorbed.objects.values())
    return absorbed


def _read(events: Sequence[StripeEvent], absorbed: Absorbed) -> Iterator[tuple[StripeEvent, Told]]:
    """Yield each object with its event; an event that cannot be read is left out as a whole, with its error."""
    for event in events:
        try:
            found = list(objects_in(_object(event), event.type))
        except (Odd, ValueError, RecursionError) as error:
            absorbed.errors[event.pk] = str(error) or type(error).__name__
        else:
            yield from ((event, each) for each in found)


def _object(event: StripeEvent) -> dict[str, Any]:
    said = json.loads(event.body)
    if ESCAPED.search(event.body):
        said = storable(said)
    if event.source == Source.WEBHOOK:
        data = said.get("data")
        said = data.get("object") if isinstance(data, dict) else None
    if not isinstance(said, dict):
        raise Odd("it carries no object")
    return said


def _rank(event: StripeEvent, told: Told) -> Rank:
    return (event.created, told.progress, event.key)


def _new(event: StripeEvent, told: Told) -> StripeObject:
    kept = StripeObject(stripe_id=told.id, kind=told.kind, marks={})
    _say(kept, event, told)
    _mark(kept, event, told)
    return kept


def _take(kept: StripeObject, event: StripeEvent, told: Told) -> bool:
    """This function will take over what is newer, and what only an older one tells; whether anything was."""
    if kept.kind != told.kind:
        return False
    is_changed = _mark(kept, event, told)
    if _rank(event, told) > (kept.as_of, kept.progress, kept.told_by):
        _say(kept, event, told)
        return True
    return _fill(kept, told) or is_changed


def _say(kept: StripeObject, event: StripeEvent, told: Told) -> None:
    before = kept.data or {}
    kept.as_of, kept.progress, kept.told_by = event.created, told.progress, event.key
    kept.data = dict(told.data)
    for name in LINKS:
        # What an object once named it belongs to: the newer shapes leave it out.
        setattr(kept, name, getattr(told, name) or getattr(kept, name))
    if _has_all_lines(before) and not _has_all_lines(kept.data):
        kept.data["lines"] = before["lines"]


def _fill(kept: StripeObject, told: Told) -> bool:
    """This function will take what an older snapshot has and the newest lacks: what it belongs to, and its lines."""
    missing = [name for name in LINKS if getattr(told, name) and not getattr(kept, name)]
    for name in missing:
        setattr(kept, name, getattr(told, name))
    if _has_all_lines(told.data) and not _has_all_lines(kept.data):
        kept.data["lines"] = told.data["lines"]
        return True
    return bool(missing)


def _has_all_lines(data: Data) -> bool:
    """Whether these are all lines of an issued invoice: an event carries only the first of very many."""
    lines = data.get("lines")
    is_whole = isinstance(lines, dict) and lines.get("has_more") is not True
    return is_whole and data.get("object") == ObjectKind.INVOICE and data.get("status") != "draft"


def _mark(kept: StripeObject, event: StripeEvent, told: Told) -> bool:
    at, is_new = int(event.created.timestamp()), False
    for name in told.marks:
        if at < kept.marks.get(name, at + 1):
            kept.marks[name] = at
            is_new = True
    return is_new


def _write(objects: Iterable[StripeObject]) -> None:
    names = ["customer", "invoice", "charge", "intent", "as_of", "progress", "told_by", "data", "marks"]
    StripeObject.objects.bulk_create(
        sorted(objects, key=lambda each: each.stripe_id),
        update_conflicts=True,
        unique_fields=["stripe_id"],
        update_fields=names,
    )


def _keep_customers(objects: Iterable[StripeObject]) -> None:
    """This function will keep a row of each customer that objects name, with what its own object says of it."""
    named = {each.customer for each in objects if each.customer}
    said = {each.stripe_id: each for each in objects if each.kind == ObjectKind.CUSTOMER}
    known = StripeCustomer.objects.in_bulk(named, field_name="stripe_id")
    new = [StripeCustomer(stripe_id=key, references=[key.upper()]) for key in sorted(named - known.keys())]
    for row in new:
        _describe(row, said)
    StripeCustomer.objects.bulk_create(new, ignore_conflicts=True)
    changed = [row for key, row in sorted(known.items()) if _describe(row, said)]
    StripeCustomer.objects.bulk_update(changed, ["name", "email", "domain", "references"])


def _describe(row: StripeCustomer, said: dict[str, StripeObject]) -> bool:
    if row.stripe_id not in said:
        return False
    customer = from_customer(said[row.stripe_id].data)
    before = (row.name, row.email, row.domain, row.references)
    row.name, row.email = customer.name[:NAME_LENGTH], customer.email[:EMAIL_LENGTH]
    row.domain, row.references = customer.domain, list(customer.references)
    return before != (row.name, row.email, row.domain, row.references)
