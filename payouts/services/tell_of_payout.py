from django.urls import reverse

from affiliates.models import Program
from affiliates.services.tell_partner import Message, tell_partner, tell_partners
from commissions.models import Period
from notices.models import NoticeKind
from parts.formats import day, money, month_name
from payouts.models import Payout, PayoutState, PayoutStep

S = PayoutState


def tell_of_closing(period: Period) -> None:
    """This function will tell each partner with a payout that its month is closed, and what to present (B).

    Call it in the closing's own transaction; it takes one statement to read and one to write, however many.
    """
    currency, month = Program.current().currency, month_name(period.month)
    payouts = reverse("payouts")  # Once, not for each of ten thousand.
    opened = Payout.objects.filter(period=period).order_by("partner_id").values_list("pk", "partner_id", "amount")
    messages = [
        Message(
            partner_id=partner_id,
            key=f"payout:{pk}:opened",
            subject=f"{month} is closed: {money(amount)} {currency} for you",
            paragraphs=(
                f"The commissions of {month} are final, and a payout of {money(amount)} {currency} is open.",
                (
                    f"To be paid, present the referral report and an invoice of {money(amount)} {currency}; the portal "
                    "has drafted both. The payout’s checklist shows whether it waits for anything else."
                ),
            ),
            path=f"{payouts}{pk}/",
        )
        for pk, partner_id, amount in opened
    ]
    if period.closed_at is not None:
        tell_partners(kind=NoticeKind.MONTH_CLOSED, messages=messages, at=period.closed_at)


def tell_of_move(step: PayoutStep, *, came_from: PayoutState) -> None:
    """This function will tell a payout's partner what became of it; call it in the move's own transaction.

    That it is ready, or waits for something that the partner has not presented, its checklist says.
    """
    payout, to = step.payout, PayoutState(step.state)
    words = _words(payout, to, step.reason, came_from)
    if words is None:
        return
    kind, subject, paragraphs = words
    tell_partner(
        partner=payout.partner,
        kind=kind,
        key=f"payout:{payout.pk}:{step.pk}",
        subject=subject,
        paragraphs=paragraphs,
        path=reverse("payout", args=[payout.pk]),
        at=step.at,
    )


def _words(
    payout: Payout, to: PayoutState, reason: str, came_from: PayoutState
) -> tuple[NoticeKind, str, tuple[str, ...]] | None:
    """What is said of a move: its kind, the subject and the paragraphs; None where nothing is."""
    currency, name = Program.current().currency, f"The payout of {month_name(payout.period_id)}"
    amount = f"{money(payout.amount if payout.payable is None else payout.payable)} {currency}"
    why = f"The reason: {reason}" if reason.strip() else ""
    if to == S.APPROVED:
        withheld = (
            f"{money(payout.withheld)} {currency} is withheld for chargebacks, refunds or corrections that the next "
            "month’s run settles. It stays in your balance until then."
            if payout.withheld
            else ""
        )
        return (
            NoticeKind.PAYOUT_APPROVED,
            f"{name} is approved",
            (f"{amount} will be sent to your payout method.", withheld),
        )
    if to == S.PAID:
        on = f" on {day(payout.paid_on)}" if payout.paid_on else ""
        return (NoticeKind.PAYOUT_PAID, f"{name} is paid", (f"{amount} was sent to your payout method{on}.",))
    if to == S.FAILED:
        return (
            NoticeKind.PAYOUT_FAILED,
            f"{name} did not arrive",
            (
                why,
                "The amount is in your balance. Look whether your payout method is right; then it is sent anew.",
            ),
        )
    if to == S.HELD:
        return (NoticeKind.PAYOUT_HELD, f"{name} is held", (why, "It goes on once it is released."))
    if to == S.CANCELLED:
        return (
            NoticeKind.PAYOUT_HELD,
            f"{name} is cancelled",
            (why, "Its amount stays in your balance and is part of your next payout."),
        )
    if to == S.WAITING and came_from == S.APPROVED:
        return (NoticeKind.PAYOUT_HELD, f"{name} waits again", (why, "Its checklist shows what opens it."))
    return None
