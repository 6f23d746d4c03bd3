from datetime import datetime

from django.conf import settings

from affiliates.doors import Standing
from integrations.introductions.models import Mailbox, Message, Reading
from integrations.introductions.services.poll_mailbox import mailbox_of_settings
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
    mailbox = mailbox_of_settings()
    trouble = _trouble(mailbox, at) if mailbox else ""
    is_on = bool(ways) and bool(settings.INTRODUCTIONS_ADDRESS)
    return Standing(is_on, trouble or _says(ways, at), waiting, is_in_trouble=bool(trouble))


def _trouble(mailbox: Mailbox, at: datetime) -> str:
    """Why nothing comes from the mailbox; empty where it was reached when it was last looked into."""
    if not mailbox.error or mailbox.failed_since is None:
        return ""
    return f"The mailbox has not been reached for {how_long(mailbox.failed_since, at)}: {mailbox.error}"


def _says(ways: list[str], at: datetime) -> str:
    if ways and not settings.INTRODUCTIONS_ADDRESS:
        return "Messages can come in, but the settings name no address that partners could write to."
    newest = Message.objects.order_by("-pk").first()
    came = f"The last message came {ago(newest.received_at, at)}" if newest else "No message has come yet"
    if ways and not settings.INTRODUCTIONS_TRUSTED_AUTHSERV:
        return f"{came}, from {' and '.join(ways)}. No mail host is trusted yet, so most senders cannot be proven."
    return f"{came}{', from ' + ' and '.join(ways) if ways else '; no way in is connected'}."
