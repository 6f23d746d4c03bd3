"""Lines that the largest partner disputed: one granted, one declined, and one that waits for its answer."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from affiliates.models import Program
from commissions.models import Commission, Dispute
from commissions.services.adjust_balance import approve_adjustment
from commissions.services.answer_dispute import accept_dispute, decline_dispute
from commissions.services.open_dispute import open_dispute
from parts.uploads import Kind, Upload
from portal.demo.days import Days, day_of
from portal.demo.diary import Entry
from portal.demo.draft import LARGEST
from portal.demo.people import APPROVER, FINANCE, owner_of, staff

INVOICE = b"%PDF-1.4\n% The client's invoice.\n%%EOF\n"
GRANTED, DECLINED, OPEN = 0, 1, 2  # Which of a month's lines, the largest first.
GRANT = Decimal("45.00")


def dispute_entries(days: Days) -> Iterator[Entry]:
    """What was disputed of the month before the last complete one, and what came of it, for the diary."""
    month = days.back(1)
    opened = "The client tells us that its plan has grown since. Is the new price in this line?"
    yield Entry(days.at(day_of(days.last, 6), 10), partial(_open, month, GRANTED, opened))
    yield Entry(days.at(day_of(days.last, 6), 11), partial(_open, month, DECLINED, "I expected more than last month."))
    yield Entry(days.at(day_of(days.last, 8), 14), partial(_grant, month))
    yield Entry(days.at(day_of(days.last, 8), 15), partial(_decline, month))
    yield Entry(days.at(day_of(days.last, 24), 9), partial(_open, month, OPEN, "Their invoice, attached, says more."))


def _lines(month: date) -> list[Commission]:
    rows = Commission.objects.posted().filter(period=month, partner__reference=LARGEST, amount__gt=0)
    return list(rows.select_related("partner").order_by("-amount", "pk")[: OPEN + 1])


def _open(month: date, place: int, comment: str, at: datetime) -> None:
    line = _lines(month)[place]
    files = [Upload(INVOICE, Kind.PDF, "client-invoice.pdf")]
    owner = owner_of(LARGEST)
    open_dispute(partner=line.partner, commission_id=line.pk, comment=comment, files=files, by=owner, at=at)


def _grant(month: date, at: datetime) -> None:
    answer = "You are right: a part of the upgrade was billed under another name. We grant the difference."
    dispute = Dispute.objects.open().get(commission=_lines(month)[GRANTED])
    granted = accept_dispute(dispute=dispute, amount=GRANT, answer=answer, by=staff(FINANCE), at=at)
    if granted.adjustment is not None:
        on = Program.current().day(at)
        approve_adjustment(adjustment=granted.adjustment, by=staff(APPROVER), at=at, on=on)


def _decline(month: date, at: datetime) -> None:
    answer = "All that this client paid for the month is in the line; its reason names the invoice."
    dispute = Dispute.objects.open().get(commission=_lines(month)[DECLINED])
    decline_dispute(dispute=dispute, answer=answer, by=staff(FINANCE), at=at)
