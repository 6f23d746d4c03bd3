"""Reading values out of JSON that may be anything."""

import re
from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]
LONGEST = 255
MOST_UNITS = 10**15
LAST_MOMENT = 32_503_680_000  # The year 3000, in seconds since 1970.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Odd(ValueError):
    """An object is not of the shape that Stripe publishes; the message says where."""


def storable(value: Any) -> Any:
    """A JSON value as PostgreSQL takes it: without NUL and without halves of characters."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list) else value


def text(data: Data, name: str) -> str:
    """A text, or nothing where there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Odd(f"“{name}” is no text")
    return value


def id_of(data: Data, name: str) -> str:
    """The id of another object, which Stripe gives as it is or with the whole object; nothing where there is none."""
    value = data.get(name)
    if isinstance(value, dict):
        value = value.get("id")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Odd(f"“{name}” is no id")
    return value


def whole(data: Data, name: str) -> int | None:
    """A whole number, or None."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MOST_UNITS:
        raise Odd(f"“{name}” is no whole number within reason")
    return value


def units(data: Data, name: str) -> int:
    """An amount in the currency's smallest unit, 0 where there is none."""
    return whole(data, name) or 0


def moment(data: Data, name: str) -> int:
    """A moment in seconds since 1970, 0 where there is none."""
    value = whole(data, name) or 0
    if not 0 <= value < LAST_MOMENT:
        raise Odd(f"“{name}” is no moment")
    return value


def part(data: Data, name: str) -> dict[str, Any]:
    """An object inside, empty where there is none."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Odd(f"“{name}” is no object")
    return value


def parts(data: Data, name: str) -> list[dict[str, Any]]:
    """The objects of a list, which Stripe gives bare or as an object with `data`; none where there is none."""
    value = data.get(name)
    if isinstance(value, dict):
        value = value.get("data")
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Odd(f"“{name}” is no list of objects")
    return value


def needed(value: str, name: str) -> str:
    if not value:
        raise Odd(f"“{name}” is missing")
    return value


def currency(data: Data) -> str:
    return needed(text(data, "currency"), "currency").upper()[:20]


def category(data: Data) -> str:
    """The category that an object's metadata gives."""
    return text(part(data, "metadata"), "category").strip()
