"""What is kept of a visitor: enough to tell a repeat and to spot a flood, too little to know anybody."""

from datetime import UTC, datetime
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest

MARK_BYTES = 8


def address_of(request: HttpRequest) -> str:
    """Where a request came from: behind a proxy, as the last trusted one saw it."""
    proxies: int = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0)
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    return (seen[-proxies] if 0 < proxies <= len(seen) else str(request.META.get("REMOTE_ADDR", ""))).strip()


def mark(request: HttpRequest, *, at: datetime) -> str:
    """Return 16 hexadecimal digits that are the same for one address and browser during one day (UTC).

    The hash is keyed, so that nobody who reads the table finds the addresses by trying all of them.
    """
    said = f"{at.astimezone(UTC):%Y-%m-%d}\n{address_of(request)}\n{request.META.get('HTTP_USER_AGENT', '')}"
    key = settings.SECRET_KEY.encode()[:64]
    return blake2b(said.encode(errors="replace"), digest_size=MARK_BYTES, key=key, person=b"visitor").hexdigest()
