import hashlib
import json
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from accounts.models import Role, User
from affiliates.models import Partner, PayoutMethod, Program
from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from commissions.models import Adjustment, LedgerEntry
from commissions.services.pending_clawbacks import pending_clawbacks
from payouts.gates import gates
from payouts.models import Payout, PayoutState, PayoutStep
from payouts.services.move_payout import move_payout


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
        _check_person(payout, by)
        for gate in gates(payout, at=at):
            if not gate.is_open:
                raise ApprovalRefused(f"{gate.name}: {gate.state}. {gate.opened_by}.")
        withheld = pending_clawbacks(partner=partner, on=Program.current().day(at))
        free = _balance(partner) - withheld
        payable = min(payout.amount, max(ZERO, free))
        if payable == 0:
            raise ApprovalRefused(
                f"Nothing is payable: {show_money(withheld)} of the balance is about to be taken back for chargebacks, "
                "refunds or corrections; the next run settles it"
            )
        payout.approved_by, payout.approved_at = by, at
        payout.payable, payout.withheld = payable, payout.amount - payable
        method = PayoutMethod.objects.current().filter(partner=partner).first()
        payout.signature = sign(payout, payable=payable, method=method)
        move_payout(payout=payout, to=PayoutState.APPROVED, by=by, at=at)
    return payout


def _balance(partner: Partner) -> Decimal:
    """The balance less what other approved payouts are about to take from it."""
    spoken_for = Payout.objects.filter(partner=partner, state=PayoutState.APPROVED).aggregate(sum=Sum("payable"))["sum"]
    return LedgerEntry.objects.filter(partner=partner).balance() - (spoken_for or ZERO)


def _check_person(payout: Payout, by: User) -> None:
    if not (by.is_superuser or by.has_role(Role.FINANCE_APPROVER)):
        raise ApprovalRefused(f"{by} is not a finance approver")
    if by in (payout.computed_by, payout.closed_by, payout.period.run.computed_by):
        raise ApprovalRefused(f"{by} computed or closed {payout.period}; somebody else has to approve its payouts")
    if payout.partner.memberships.filter(user=by).exists():
        raise ApprovalRefused(f"{by} is a member of {payout.partner}; somebody else has to approve its payouts")
    if PayoutMethod.objects.current().filter(partner=payout.partner_id, entered_by=by).exists():
        raise ApprovalRefused(f"{by} entered where the money goes; somebody else has to approve the payout")
    carried = _carried(payout)
    if carried.filter(Q(computed_by=by) | Q(closed_by=by)).exists():
        raise ApprovalRefused(f"{by} computed or closed a month whose money is in this payout; somebody else approves")
    moved = PayoutStep.objects.filter(payout__in=carried, by=by)
    if moved.exclude(state__in=(PayoutState.APPROVED, PayoutState.PAID)).exists():
        raise ApprovalRefused(f"{by} changed this payout; somebody else has to approve it")
    adjusted = Adjustment.objects.filter(entered_by=by, partner=payout.partner_id, entry__isnull=False)
    if adjusted.filter(entry__dated_on__gt=_settled_until(carried)).exists():
        raise ApprovalRefused(f"{by} entered an adjustment that is in this payout; somebody else has to approve it")


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
