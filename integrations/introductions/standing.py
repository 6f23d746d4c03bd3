from datetime import datetime

from django.conf import settings

from affiliates.doors import Standing
from integrations.introductions.models import Mailbox, Message, Reading
from parts.formats import ago, how_long


def standing(*, at: datetime) -> Standing:
    """How introductions by e-mail come in: whether there is a way, when the last message came, what waits."""
    waiting = Reading.objects.waiting().count()
    ways = [
        name
        for name, is_on in (
            ("a mail provider", bool(settings.ANYMAIL.get("WEBHOOK_SECRET"))),
            ("a mailbox", bool(settings.INTRODUCTIONS_IMAP_URL)),
        )
        if is_on
    ]
    return Standing(is_on=bool(ways) and bool(settings.INTRODUCTIONS_ADDRESS), says=_says(ways, at), waiting=waiting)


def _says(ways: list[str], at: datetime) -> str:
    broken = Mailbox.objects.exclude(error="").first() if settings.INTRODUCTIONS_IMAP_URL else None
    if broken is not None and broken.failed_since is not None:
        return f"The mailbox has not been reached for {how_long(broken.failed_since, at)}: {broken.error}"
    if ways and not settings.INTRODUCTIONS_ADDRESS:
        return "Messages can come in, but the settings name no address that partners could write to."
    newest = Message.objects.order_by("-pk").first()
    came = f"The last message came {ago(newest.received_at, at)}" if newest else "No message has come yet"
    if ways and not settings.INTRODUCTIONS_TRUSTED_AUTHSERV:
        return f"{came}, from {' and '.join(ways)}. No mail host is trusted yet, so most senders cannot be proven."
    return f"{came}{', from ' + ' and '.join(ways) if ways else '; no way in is connected'}."
