"""Addresses of pages, worked out once: Django's `reverse` does it anew each time, and a page asks for some thirty."""

from functools import cache

from django.urls import reverse


@cache
def page_url(name: str) -> str:
    """The address of a page that has no key, as `reverse` gives it."""
    return reverse(name)


def row_url(name: str, key: int | str) -> str:
    """The address of a page that one number or month names, as `reverse` gives it."""
    before, after = _around_key(name)
    return f"{before}{key}{after}"


@cache
def _around_key(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[0]).rpartition("0")
    return before, after
