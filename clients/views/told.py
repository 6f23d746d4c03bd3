"""When a partner was told of something, as the pages of the company's people show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from affiliates.staff_page import moment
from notices.models import Notice
from parts.shapes import Badge, Tone


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: to whom, when it was written and when it was sent."""

    recipient: str
    written: str
    sent: str
    badge: Badge


def told_of(notices: Sequence[Notice]) -> list[Told]:
    """Each notice with how far it came."""
    return [Told(row.recipient, moment(row.created_at), moment(row.sent_at), _badge(row)) for row in notices]


def in_short(notices: Sequence[Notice]) -> tuple[str, str]:
    """When a partner was told, for a cell: written, and sent."""
    if not notices:
        return "Not told", ""
    first = notices[0]
    sent = [notice.sent_at for notice in notices if notice.sent_at]
    return moment(first.created_at), f"sent {moment(min(sent))}" if sent else "not sent yet"


def _badge(row: Notice) -> Badge:
    if row.sent_at:
        return Badge("Sent", Tone.GOOD)
    return Badge("Failed", Tone.BAD) if row.error else Badge("On its way", Tone.WAITING)
