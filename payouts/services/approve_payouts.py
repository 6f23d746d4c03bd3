"""Approving what was looked at: one payout or many, and none where anything changed since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Partner, PayoutMethod, Program
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from commissions.services.pending_clawbacks import pending_clawbacks
from parts.formats import day
from payouts.gates import gates_of
from payouts.models import PartnerInvoice, Payout, PayoutState
from payouts.services.approve_payout import (
    NOTHING_PAYABLE,
    ApprovalRefused,
    approve_payout,
    payable_of,
    reasons_against,
    sign,
)

MOST_AT_ONCE = 100
SIGNED = "Details"  # What is signed and not shown: the account itself, behind its last four characters.
Content = dict[str, str]


class ApprovalStopped(Exception):
    """Nothing was approved; `problems` says for each payout that stood in the way what does."""

    def __init__(self, problems: Mapping[int, Sequence[str]]) -> None:
        self.problems = problems
        super().__init__("Nothing was approved: something changed since you looked, or stands against it")


@dataclass(frozen=True, slots=True)
class Look:
    """A payout as an approval of this moment would sign it, and what stands against that."""

    payout: Payout
    payable: Decimal
    withheld: Decimal
    content: Content
    against: tuple[str, ...]


def look_at(payouts: Iterable[Payout], *, by: User, at: datetime) -> list[Look]:
    """This function will tell what an approval of these payouts by a person would sign now, and what is against it."""
    payouts = sorted(payouts, key=in_turn)
    partners = {payout.partner_id for payout in payouts}
    methods = {each.partner_id: each for each in PayoutMethod.objects.current().filter(partner__in=partners)}
    listed, invoices = gates_of(payouts, at=at), _newest_invoices(payouts)
    on = Program.current().day(at)
    looks: list[Look] = []
    for payout in payouts:
        taken_back = pending_clawbacks(partner=payout.partner, on=on)
        before = sum((each.payable for each in looks if each.payout.partner_id == payout.partner_id), ZERO)
        payable = payable_of(payout, withheld=taken_back + before)
        closed = [f"{gate.name}: {gate.state}" for gate in listed[payout.pk] if not gate.is_open]
        against = [*_not_ready(payout), *list(reasons_against(payout, by))[:1], *closed]
        if payable == 0:
            against.append(NOTHING_PAYABLE.format(show_money(taken_back)))
        content = _content(payout, payable, methods.get(payout.partner_id), invoices.get(payout.pk))
        looks.append(Look(payout, payable, payout.amount - payable, content, tuple(against)))
    return looks


@needs(Right.APPROVE_PAYOUTS)
def approve_payouts(*, seen: Mapping[int, Content], by: User, at: datetime) -> list[Payout]:
    """This function will approve payouts as somebody saw them: all, or none where one is not what was seen.

    `seen` holds the contents that `look_at` gave, by the payouts' keys.

    :raises ApprovalStopped: a payout changed since, or cannot be approved, or not by this person
    """
    problems: dict[int, list[str]] = {}
    with transaction.atomic():
        payouts = sorted(Payout.objects.filter(pk__in=seen).select_related("partner"), key=in_turn)
        partners = sorted({payout.partner_id for payout in payouts})
        list(Partner.objects.select_for_update(no_key=True).filter(pk__in=partners).order_by("pk"))
        approved = []
        for payout in payouts:
            try:
                with transaction.atomic():
                    done = approve_payout(payout=payout, by=by, at=at)
                approved.append(done)
            except ApprovalRefused as refusal:
                problems[payout.pk] = [str(refusal)]
        for payout in approved:
            if changes := _changes(seen[payout.pk], _as_approved(payout)):
                problems[payout.pk] = changes
        if problems:
            raise ApprovalStopped(problems)
    return approved


def in_turn(payout: Payout) -> tuple[int, int]:
    """The order in which payouts are approved: of a partner with several, the earlier takes its amount first."""
    return payout.partner_id, payout.pk


def _not_ready(payout: Payout) -> list[str]:
    if payout.state == PayoutState.READY:
        return []
    return [f"It is {payout.get_state_display().lower()}; only a ready one can be approved"]


def _as_approved(payout: Payout) -> Content:
    method = PayoutMethod.objects.current().filter(partner=payout.partner_id).first()
    return _content(payout, payout.payable or ZERO, method, _newest_invoices([payout]).get(payout.pk))


def _newest_invoices(payouts: Iterable[Payout]) -> dict[int, PartnerInvoice]:
    invoices = PartnerInvoice.objects.filter(payout__in=list(payouts)).order_by("payout_id", "-id")
    return {each.payout_id: each for each in invoices.distinct("payout_id")}


def _content(payout: Payout, payable: Decimal, method: PayoutMethod | None, invoice: PartnerInvoice | None) -> Content:
    """What is signed, in words; where only `SIGNED` differs, the account behind the same mask is another."""
    return {
        "Payee": payout.partner.name,
        "Period": show_month(payout.period_id),
        "Amount": show_money(payout.amount),
        "Withheld": show_money(payout.amount - payable),
        "Payable": show_money(payable),
        "Goes to": f"{method}, {method.holder}" if method else "",
        "Invoice": f"{invoice.number} of {day(invoice.dated_on)}, {show_money(invoice.amount)}" if invoice else "",
        SIGNED: sign(payout, payable=payable, method=method) + (invoice.sha256 if invoice else ""),
    }


def _changes(seen: Content, now: Content) -> list[str]:
    words = [
        f"{label} was {seen.get(label) or 'nothing'}, is now {said or 'nothing'}"
        for label, said in now.items()
        if label != SIGNED and seen.get(label) != said
    ]
    if not words and seen.get(SIGNED) != now[SIGNED]:
        words.append("The account that the money goes to, or the invoice’s document, is another one now")
    return words
