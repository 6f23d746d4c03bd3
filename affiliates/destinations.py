"""Where a link may lead: an address is read as strictly as the strictest browser would, and refused where in doubt."""

import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit, urlunsplit

CARRIED = "via"  # The parameter that carries a click to the company's site.
# No blanks, no control characters, no backslash (browsers take it for a slash), nothing beyond ASCII.
PLAIN = re.compile(r"https://[!#-\[\]^_a-z{|}~A-Z]+")


def host_of(address: str) -> str | None:
    """The host of an address that is plain in every way; None for any other, also one with a user or a port."""
    if not PLAIN.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.netloc.lower() == parts.hostname else None


def is_allowed(address: str, hosts: Collection[str]) -> bool:
    """Whether a link may lead there."""
    return host_of(address) in hosts


def link_hosts(allowed: Sequence[str], site: str) -> Sequence[str]:
    """The hosts that links may lead to: those that the program names, else that of the company's site."""
    host = host_of(site)
    return allowed or ([host] if host else [])


def with_token(address: str, token: str) -> str:
    """An address with a click's token in its query; the rest stays as it is."""
    parts = urlsplit(address)
    query = f"{parts.query}&{CARRIED}={token}" if parts.query else f"{CARRIED}={token}"
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))
