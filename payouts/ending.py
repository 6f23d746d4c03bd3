"""What it would mean in numbers if a partnership ended on a day: as RULES 5, 7 and 8 reckon, from what is known now.

Only money that has come in is counted. What is still to come in by that day would be earned on top, and a
chargeback would take its own part away, as always.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from affiliates.models import Partner
from affiliates.money import ZERO, round_money
from affiliates.months import add_months, last_day, month_of
from clients.models import Client, Invoice, Reversal, ReversalKind, Slice
from commissions.models import Commission, LedgerEntry, Plan, PlanAssignment, Tier
from referrals.models import Lead


@dataclass(frozen=True, slots=True)
class Ending:
    """The consequences of an end. Money is `Decimal`, `mrr_month` the service month that `mrr` was received for.

    `mrr`, `rate` and `commission` are what stops, a month; `prepaid` is subscription money that has come in
    for months after the end and will earn nothing. What is still paid: `balance` stands in the ledger,
    `to_post` is what the next closes add to it (less than 0 where they take back), `waiting` follows when the
    clients mature, the last of them on `waiting_until`.
    """

    effective_on: date
    open_leads: int
    clients: int
    unpaid_invoices: int
    mrr_month: date
    mrr: Decimal
    rate: Decimal
    commission: Decimal
    prepaid: Decimal
    prepaid_clients: int
    balance: Decimal
    to_post: Decimal
    waiting: Decimal
    waiting_clients: int
    waiting_until: date | None

    @property
    def still_paid(self) -> Decimal:
        return self.balance + self.to_post + self.waiting


@dataclass(frozen=True, slots=True)
class _Part:
    """A client's received subscription money of a service month: as of today, and as of the month's end."""

    client: Client
    month: date
    net: Decimal
    net_then: Decimal


@dataclass(frozen=True, slots=True)
class _Earned:
    """A part with its month's rate and its commission."""

    part: _Part
    rate: Decimal
    commission: Decimal

    @property
    def matures_on(self) -> date:
        return add_months(self.part.client.closed_on, 1)


def end_of(partner: Partner, *, effective_on: date, today: date) -> Ending:
    """This function will reckon what an end on a day would mean for a partner, as the facts stand today."""
    clients = {client.pk: client for client in Client.objects.filter(partner=partner, closed_on__lte=today)}
    staying = {pk for pk, client in clients.items() if client.canceled_on is None or client.canceled_on > today}
    parts = _parts(clients, today)
    last_month = month_of(effective_on)
    earned = list(_earned(partner, [part for part in parts if part.month <= last_month]))
    present = _present_month(parts, today)
    now = [row for row in earned if row.part.month == present and row.part.client.pk in staying]
    waiting = [row for row in earned if row.matures_on > today]
    matured = sum((row.commission for row in earned if row.matures_on <= today), ZERO)
    ahead = [part for part in parts if part.month > last_month and part.client.pk in staying]
    unpaid = Invoice.objects.filter(client__in=staying).unpaid()
    return Ending(
        effective_on=effective_on,
        open_leads=Lead.objects.filter(partner=partner).open().count(),
        clients=len(staying),
        unpaid_invoices=unpaid.count(),
        mrr_month=present,
        mrr=sum((row.part.net for row in now), ZERO),
        rate=now[0].rate if now else ZERO,
        commission=sum((row.commission for row in now), ZERO),
        prepaid=sum((part.net for part in ahead), ZERO),
        prepaid_clients=len({part.client.pk for part in ahead}),
        balance=LedgerEntry.objects.filter(partner=partner).balance(),
        to_post=matured - _posted(partner),
        waiting=sum((row.commission for row in waiting), ZERO),
        waiting_clients=len({row.part.client.pk for row in waiting}),
        waiting_until=max((row.matures_on for row in waiting), default=None),
    )


def _posted(partner: Partner) -> Decimal:
    """What closed months have posted so far (RULES 9)."""
    posted = Commission.objects.posted().filter(partner=partner, period__closed_at__isnull=False)
    return posted.aggregate(sum=Sum("amount"))["sum"] or ZERO


def _parts(clients: dict[int, Client], today: date) -> list[_Part]:
    """The counting slices by client and service month (RULES 4, 5), all that has come in by today."""
    rows = Slice.objects.filter(client__in=clients, known_from__lte=today)
    reversals = _reversals(clients, today)
    sums: dict[tuple[int, date], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    fields = ("client", "service_month", "amount", "invoice", "invoice__total")
    for pk, month, amount, invoice, total in rows.values_list(*fields):
        canceled_on = clients[pk].canceled_on
        if canceled_on and canceled_on <= today and month > month_of(canceled_on):
            continue
        for place, on in enumerate((today, min(today, last_day(month)))):
            back = sum((back for day, back in reversals.get(invoice, ()) if day <= on), ZERO)
            sums[pk, month][place] += amount - _share(amount, min(max(back, ZERO), total), total)
    return [_Part(clients[pk], month, net, net_then) for (pk, month), (net, net_then) in sums.items()]


def _share(amount: Decimal, back: Decimal, total: Decimal) -> Decimal:
    return round_money(Fraction(amount) * Fraction(back) / Fraction(total)) if back else ZERO


def _reversals(clients: dict[int, Client], today: date) -> dict[int, list[tuple[date, Decimal]]]:
    """What went back of each invoice, by day; what was won back counts the other way."""
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = Reversal.objects.filter(payment__invoice__client__in=clients, occurred_on__lte=today)
    for invoice, kind, amount, on in rows.values_list("payment__invoice", "kind", "amount", "occurred_on"):
        found[invoice].append((on, -amount if kind == ReversalKind.CHARGEBACK_WON else amount))
    return found


def _earned(partner: Partner, parts: list[_Part]) -> Iterator[_Earned]:
    """Yield each part with the rate that its month's MRR reaches, on all of it (RULES 6, 8)."""
    mrr: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for part in parts:
        mrr[part.month] += part.net_then
    rate_of = _rates(partner)
    for part in parts:
        rate = rate_of(part.month, mrr[part.month])
        yield _Earned(part, rate, round_money(Fraction(rate) * Fraction(part.net)))


def _rates(partner: Partner) -> Callable[[date, Decimal], Decimal]:
    """What rate a month's MRR reaches in the plan that the partner has in that month."""
    assigned = list(PlanAssignment.objects.filter(partner=partner).order_by("first_month", "id"))
    standard = Plan.objects.get(is_standard=True).pk
    tiers: dict[int, list[Tier]] = defaultdict(list)
    for tier in Tier.objects.filter(plan__in={standard, *(row.plan_id for row in assigned)}).order_by("threshold"):
        tiers[tier.plan_id].append(tier)

    def rate_of(month: date, mrr: Decimal) -> Decimal:
        plan = next((row.plan_id for row in reversed(assigned) if row.first_month <= month), standard)
        reached = [tier for tier in tiers[plan] if tier.threshold <= mrr] or tiers[plan][:1]
        return reached[-1].rate

    return rate_of


def _present_month(parts: list[_Part], today: date) -> date:
    """The newest complete service month with money; this month's may still be on its way."""
    complete = add_months(month_of(today), -1)
    return complete if any(part.month == complete for part in parts) else month_of(today)
