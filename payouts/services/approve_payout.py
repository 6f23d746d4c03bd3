import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Partner, PayoutMethod, Program
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from commissions.models import Adjustment, LedgerEntry
from commissions.services.pending_clawbacks import pending_clawbacks
from payouts.gates import gates
from payouts.models import Payout, PayoutState, PayoutStep
from payouts.services.move_payout import move_payout

NOTHING_PAYABLE = (
    "Nothing is payable: {} of the balance is about to be taken back for chargebacks, refunds or corrections; the next "
    "run settles it"
)


class ApprovalRefused(Exception):
    """The payout cannot be approved, or not by this person; the message says why and what would help."""


def sign(payout: Payout, *, payable: Decimal, method: PayoutMethod | None) -> str:
    """The signature of what is approved: amount, payee, bank details and period. Any change makes another one."""
    content = {
        "payout": payout.pk,
        "payee": payout.partner_id,
        "name": payout.partner.name,
        "period": show_month(payout.period_id),
        "amount": str(payout.amount),
        "payable": str(payable),
        "method": str(method.pk) if method else "",
        "details": method.sealed_details if method else "",
        "holder": method.holder if method else "",
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@needs(Right.APPROVE_PAYOUTS)
def approve_payout(*, payout: Payout, by: User, at: datetime) -> Payout:
    """This function will approve a payout whose gates are all open, by somebody who did not make it.

    What the next run would take back from the partner, as the facts stand, is withheld; it stays in the
    balance and the next run settles it (B). The approval signs the exact content, see `sign`.

    :raises ApprovalRefused: a gate is closed, nothing is payable, or four eyes are not given
    """
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).get(pk=payout.partner_id)
        payout = Payout.objects.select_for_update(of=("self",)).select_related("period__run").get(pk=payout.pk)
        if payout.state != PayoutState.READY:
            state = payout.get_state_display().lower()
            raise ApprovalRefused(f"The payout of {payout} is {state}; only a ready one can be approved")
        if reason := next(reasons_against(payout, by), ""):
            raise ApprovalRefused(reason)
        for gate in gates(payout, at=at):
            if not gate.is_open:
                raise ApprovalRefused(f"{gate.name}: {gate.state}. {gate.opened_by}.")
        withheld = pending_clawbacks(partner=partner, on=Program.current().day(at))
        payable = payable_of(payout, withheld=withheld)
        if payable == 0:
            raise ApprovalRefused(NOTHING_PAYABLE.format(show_money(withheld)))
        payout.approved_by, payout.approved_at = by, at
        payout.payable, payout.withheld = payable, payout.amount - payable
        method = PayoutMethod.objects.current().filter(partner=partner).first()
        payout.signature = sign(payout, payable=payable, method=method)
        move_payout(payout=payout, to=PayoutState.APPROVED, by=by, at=at)
    return payout


def payable_of(payout: Payout, *, withheld: Decimal) -> Decimal:
    """What an approval would pay now: no more than the balance has after what is withheld.

    The balance is less what other approved payouts are about to take from it.
    """
    approved = Payout.objects.filter(partner=payout.partner_id, state=PayoutState.APPROVED).exclude(pk=payout.pk)
    spoken_for = approved.aggregate(sum=Sum("payable"))["sum"] or ZERO
    free = LedgerEntry.objects.filter(partner=payout.partner_id).balance() - spoken_for - withheld
    return min(payout.amount, max(ZERO, free))


def reasons_against(payout: Payout, by: User) -> Iterator[str]:
    """Yield why a person may not approve a payout: whoever had a hand in it leaves it to somebody else."""
    who = by.get_full_name()
    if by in (payout.computed_by, payout.closed_by, payout.period.run.computed_by):
        yield f"{who} computed or closed {payout.period}; somebody else has to approve its payouts"
    if payout.partner.memberships.filter(user=by).exists():
        yield f"{who} is a member of {payout.partner}; somebody else has to approve its payouts"
    if PayoutMethod.objects.current().filter(partner=payout.partner_id, entered_by=by).exists():
        yield f"{who} entered where the money goes; somebody else has to approve the payout"
    carried = _carried(payout)
    if carried.filter(Q(computed_by=by) | Q(closed_by=by)).exists():
        yield f"{who} computed or closed a month whose money is in this payout; somebody else approves"
    moved = PayoutStep.objects.filter(payout__in=carried, by=by)
    if moved.exclude(state__in=(PayoutState.APPROVED, PayoutState.PAID)).exists():
        yield f"{who} changed this payout; somebody else has to approve it"
    adjusted = Adjustment.objects.filter(entered_by=by, partner=payout.partner_id, entry__isnull=False)
    if adjusted.filter(entry__dated_on__gt=_settled_until(carried)).exists():
        yield f"{who} entered an adjustment that is in this payout; somebody else has to approve it"


def _carried(payout: Payout) -> QuerySet[Payout]:
    """The payouts whose money can be in this one: from the first on that was not paid out in full."""
    until_now = Payout.objects.filter(partner=payout.partner_id, period__lte=payout.period_id)
    first = until_now.exclude(state=PayoutState.PAID, withheld=0).order_by("period_id").first() or payout
    return until_now.filter(period__gte=first.period_id)


def _settled_until(carried: QuerySet[Payout]) -> date:
    """The last day of the payout before the carried ones: what entered the ledger later is in them."""
    first = carried.order_by("period_id")[0]
    before = Payout.objects.filter(partner=first.partner_id, period__lt=first.period_id)
    newest = before.select_related("period").order_by("-period_id").first()
    return newest.period.as_of if newest else date.min
