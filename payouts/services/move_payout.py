from datetime import datetime

from accounts.models import User
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from affiliates.months import show_month
from notices.models import EventKind
from notices.services.write_event import write_event
from payouts.models import LineState, PaymentLine, Payout, PayoutState, PayoutStep
from payouts.services.tell_of_payout import tell_of_move

S = PayoutState
MOVES = {
    S.WAITING: {S.READY, S.HELD, S.CANCELLED},
    S.READY: {S.WAITING, S.APPROVED, S.HELD, S.CANCELLED},
    S.HELD: {S.WAITING, S.CANCELLED},
    S.APPROVED: {S.PAID, S.FAILED, S.WAITING, S.HELD, S.CANCELLED},
    S.PAID: {S.FAILED},
    S.FAILED: {S.WAITING, S.CANCELLED},
    S.CANCELLED: set(),
}
# What programs are told of.
EVENTS = {
    S.READY: EventKind.PAYOUT_READY,
    S.APPROVED: EventKind.PAYOUT_APPROVED,
    S.PAID: EventKind.PAYOUT_PAID,
    S.FAILED: EventKind.PAYOUT_FAILED,
}
TAKES_BACK = (S.WAITING, S.HELD, S.CANCELLED)  # From an approved one.


class PayoutCannotMove(Exception):
    """The payout is not in a state from which it can go there."""

    def __init__(self, payout: Payout, to: PayoutState) -> None:
        here = PayoutState(payout.state).label.lower()
        super().__init__(f"The payout of {payout} is {here}; from there it cannot become {to.label.lower()}")


class PayoutIsInFile(PayoutCannotMove):
    """The payout is in a payment file; what the bank says of it comes first."""

    def __init__(self, line: PaymentLine) -> None:
        Exception.__init__(
            self,
            f"The payout of {line.payout} is in payment file {line.file_id}; if the bank did not pay it, enter there "
            "that it was returned",
        )


def move_payout(*, payout: Payout, to: PayoutState, by: User | None, at: datetime, reason: str = "") -> None:
    """This function will move a payout that the caller has locked, write down the step and tell the partner.

    Leaving the approved state forwards takes nothing away; going back to waiting voids the approval.

    :raises PayoutCannotMove: the move is not in the table
    :raises PayoutIsInFile: it would take back what is with the bank
    """
    came_from = PayoutState(payout.state)
    if to not in MOVES[came_from]:
        raise PayoutCannotMove(payout, to)
    if came_from == S.APPROVED and to in TAKES_BACK:
        line = PaymentLine.objects.filter(payout=payout, state=LineState.SENT).select_related("payout").first()
        if line is not None:
            raise PayoutIsInFile(line)
    if to in (S.WAITING, S.HELD, S.CANCELLED, S.FAILED):
        payout.approved_by = payout.approved_at = payout.payable = None
        payout.signature, payout.withheld = "", payout.withheld.__class__(0)
    payout.state = to
    payout.save()
    step = PayoutStep.objects.create(payout=payout, state=to, at=at, by=by, reason=reason)
    tell_of_move(step, came_from=came_from)
    write_audit(by=by, at=at, action=f"payout {to.value}", subject=f"payout {payout.pk}", reason=reason)
    if to in EVENTS:
        write_event(
            kind=EVENTS[to],
            partner_id=payout.partner_id,
            subject=f"payout {payout.pk}",
            at=at,
            payout=payout.pk,
            partner=payout.partner.reference,
            period=show_month(payout.period_id),
            amount=payout.amount,
            payable=payout.payable,
            withheld=payout.withheld,
            currency=Program.current().currency,
            paid_on=payout.paid_on,
            reason=reason,
        )
