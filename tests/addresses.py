"""The portal's address table, for tests that walk it: a page that is new is tested because it exists."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

DOORS = "integrations/"  # What other systems call.
# Django's own admin, the pages of the company's people (those with a right) and what takes a key are walked elsewhere.
ELSEWHERE = ("admin/", "accounts/", "api/", DOORS)


@dataclass(frozen=True, slots=True)
class Address:
    """A named address and the kinds of its parts: `{"pk": "int"}`."""

    name: str
    parts: tuple[tuple[str, str], ...]

    def filled(self, values: dict[str, list[object]]) -> Iterator[str]:
        """Yield the address with each value of the kind that its parts are of."""
        if not self.parts:
            yield reverse(self.name)
            return
        kinds = {kind for _, kind in self.parts}
        tried = max(len(values[kind]) for kind in kinds)
        for number in range(tried):
            chosen = {name: values[kind][number % len(values[kind])] for name, kind in self.parts}
            yield reverse(self.name, kwargs=chosen)


def addresses() -> list[Address]:
    """Every address of ours that has a name."""
    return sorted(set(_walk(get_resolver().url_patterns)), key=lambda address: address.name)


def doors() -> list[Address]:
    """Every address that other systems call."""
    outside = [each for each in get_resolver().url_patterns if str(each.pattern).startswith(DOORS)]
    found = [address for each in outside if isinstance(each, URLResolver) for address in _walk(each.url_patterns)]
    return sorted(set(found), key=lambda address: address.name)


def _walk(patterns: list[URLPattern | URLResolver], before: tuple[tuple[str, str], ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        if str(pattern.pattern).startswith(ELSEWHERE):
            continue
        parts = before + tuple(
            (name, type(converter).__name__.removesuffix("Converter").lower())
            for name, converter in pattern.pattern.converters.items()
        )
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, parts)
        elif pattern.name and not hasattr(pattern.callback, "right"):
            yield Address(pattern.name, parts)
