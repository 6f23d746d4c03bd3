from datetime import date, datetime

from accounts.models import User
from accounts.services.write_audit import write_audit
from payouts.models import LineState, PaymentLine

MOVES = {
    LineState.SENT: {LineState.PAID, LineState.RETURNED},
    LineState.PAID: {LineState.RETURNED},
    LineState.RETURNED: set[LineState](),
}


class LineIsAnswered(Exception):
    """The bank said so already, or the opposite."""


def answer_line(
    *, line: PaymentLine, to: LineState, on: date, by: User | None, at: datetime, code: str = "", reason: str = ""
) -> None:
    """This function will write down what the bank said of a line that the caller has locked.

    It is part of paying or failing the line's payout, whose services call it.

    :raises LineIsAnswered: the move is not in the table
    """
    if to not in MOVES[LineState(line.state)]:
        raise LineIsAnswered(f"The payment {line.reference} is {line.get_state_display().lower()} already")
    line.state = to
    line.answered_on, line.answered_at, line.answered_by = on, at, by
    line.code, line.reason = code[:10], reason
    line.save()
    write_audit(
        by=by,
        at=at,
        action=f"payment {to.value}",
        subject=f"payment file {line.file_id}",
        payout=line.payout_id,
        on=on,
        code=code,
        reason=reason,
    )
