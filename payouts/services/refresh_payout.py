from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from affiliates.models import PayoutMethod
from affiliates.money import ZERO
from commissions.models import LedgerEntry
from payouts.gates import Gate, gates, gates_of
from payouts.models import LineState, PaymentLine, Payout, PayoutState
from payouts.models.payout import BEFORE_APPROVAL
from payouts.services.approve_payout import sign
from payouts.services.move_payout import move_payout

AT_ONCE = 500
CHANGED = "Amount, payee, bank details or period changed"
NOT_COVERED = "The partner’s balance is less by now than what was approved"


def refresh_payout(*, payout_id: int, at: datetime) -> Payout:
    """This function will make a payout ready once all its gates are open, and waiting again where one closed.

    An approved one goes back to waiting where a gate closed or what was approved has changed: it is void.
    One that is in a payment file stays as it is until the bank answers.
    """
    with transaction.atomic():
        payout = Payout.objects.select_for_update().get(pk=payout_id)
        is_with_bank = Payout.objects.with_the_bank().filter(pk=payout_id).exists()
        if payout.state == PayoutState.APPROVED and not is_with_bank:
            method = PayoutMethod.objects.current().filter(partner=payout.partner_id).first()
            if void := void_because(payout, gates(payout, at=at), method, not_covered([payout])):
                reason = f"The approval is void. {'; '.join(void)}"
                move_payout(payout=payout, to=PayoutState.WAITING, by=None, at=at, reason=reason)
        if payout.state in BEFORE_APPROVAL:
            closed = _closed(gates(payout, at=at))
            fitting = PayoutState.WAITING if closed else PayoutState.READY
            if payout.state != fitting:
                reason = "; ".join(closed) or "Everything that it waited for is there"
                move_payout(payout=payout, to=fitting, by=None, at=at, reason=reason)
    return payout


def refresh_payouts(*, at: datetime) -> int:
    """This function will refresh those unpaid payouts whose gates no longer fit their state, and say how many.

    It looks at all of them a slice at a time, in a constant number of queries for each, and locks none; the
    few that would change are looked at again, one by one, under their lock.
    """
    found = list(_outdated(at))
    for payout_id in found:
        refresh_payout(payout_id=payout_id, at=at)
    return len(found)


def _outdated(at: datetime) -> Iterator[int]:
    """The keys of the payouts that a refresh would move."""
    last = 0
    unpaid = Payout.objects.before_payment().select_related("partner").order_by("pk")
    while payouts := list(unpaid.filter(pk__gt=last)[:AT_ONCE]):
        last = payouts[-1].pk
        listed = gates_of(payouts, at=at)
        partners = {payout.partner_id for payout in payouts if payout.state == PayoutState.APPROVED}
        methods = {each.partner_id: each for each in PayoutMethod.objects.current().filter(partner__in=partners)}
        beyond = not_covered(payouts)
        for payout in payouts:
            if payout.state == PayoutState.APPROVED:
                is_outdated = bool(void_because(payout, listed[payout.pk], methods.get(payout.partner_id), beyond))
            else:
                is_outdated = bool(_closed(listed[payout.pk])) != (payout.state == PayoutState.WAITING)
            if is_outdated:
                yield payout.pk


def _closed(listed: tuple[Gate, ...]) -> list[str]:
    return [gate.state for gate in listed if not gate.is_open]


def void_because(
    payout: Payout, listed: tuple[Gate, ...], method: PayoutMethod | None, beyond: Collection[int]
) -> list[str]:
    """Why an approval no longer stands; nothing where it does. `beyond` is what `not_covered` found."""
    reasons = _closed(listed)
    if payout.payable is not None and sign(payout, payable=payout.payable, method=method) != payout.signature:
        reasons.append(CHANGED)
    if payout.pk in beyond:
        reasons.append(NOT_COVERED)
    return reasons


def not_covered(payouts: Iterable[Payout]) -> set[int]:
    """The keys of the approved payouts of these partners that their balances no longer cover.

    What is with the bank takes its amount first, then the earlier payout: an adjustment or a month that took
    money back since the approval would else be paid out.
    """
    partners = {payout.partner_id for payout in payouts if payout.state == PayoutState.APPROVED}
    if not partners:
        return set()
    entries = LedgerEntry.objects.filter(partner__in=partners).order_by().values_list("partner_id")
    left = dict(entries.annotate(Sum("amount")))
    sent = PaymentLine.objects.filter(payout=OuterRef("pk"), state=LineState.SENT)
    approved = Payout.objects.filter(partner__in=partners, state=PayoutState.APPROVED)
    beyond = set()
    for payout in approved.alias(is_sent=Exists(sent)).order_by("-is_sent", "pk"):
        payable = payout.payable or ZERO
        left[payout.partner_id] = left.get(payout.partner_id, ZERO) - payable
        if left[payout.partner_id] < 0:
            beyond.add(payout.pk)
    return beyond
