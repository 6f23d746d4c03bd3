"""What was paid there against what this Agreement gives, by partner and month, each difference in named parts.

The parts of a difference add up to it exactly. What the Agreement gives comes from the engine alone; of it and of
the rewards each part is what one reason makes, in the order in which the Agreement reads.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from affiliates.models import Partner, Program
from affiliates.money import ZERO, round_money, show_money
from commissions.engine.reckon import Due
from commissions.services.what_is_due import what_is_due
from integrations.partnerstack.models import Counterpart, Difference
from integrations.partnerstack.services.paid_there import Gathered, Paid, gather
from parts.formats import day as show_day

NOT_DUE = Due(ZERO, ZERO, ZERO, ZERO, ZERO, None)
Key = tuple[int, int, date]  # Partner, client and service month.
Part = dict[str, str]
# The kinds of parts, with what they are called, in the order in which a report lists them.
KINDS = {
    "unknown_partner": "Partner not known here",
    "no_money": "Paid for something other than money received",
    "not_recorded": "Its transaction is not recorded here",
    "other_partner": "The client is another partner’s here",
    "not_subscription": "Not subscription",
    "not_counting": "Does not count under the Agreement",
    "rate": "Another rate",
    "not_paid": "Paid nothing there",
    "other_money": "Money that PartnerStack does not know",
    "reversed": "Refunds and chargebacks",
    "waiting": "Waiting period",
    "rounding": "Rounding",
    "unexplained": "Not explained",
}


@dataclass
class Sum:
    """A partner's month while it is added up."""

    partner: Partner | None
    there: Decimal = ZERO
    scheduled: Decimal = ZERO
    here: Decimal = ZERO
    waiting: Decimal = ZERO
    parts: list[Part] = field(default_factory=list)

    def add(self, kind: str, amount: Decimal, says: str) -> None:
        if amount:
            self.parts.append({"kind": kind, "amount": str(amount), "says": says})


@needs(Right.MANAGE_INTEGRATIONS)
def compare(*, by: User | None, at: datetime) -> int:
    """This function will compare anew, in place of the last comparison, and say how many partner months it has.

    What the Agreement gives is as the next run reckons it, with the facts as they stand.
    """
    program = Program.current()
    with transaction.atomic():
        found = _compare(at, program)
        Difference.objects.all().delete()
        Difference.objects.bulk_create(
            [
                Difference(
                    partner=each.partner,
                    who=who,
                    month=month,
                    there=each.there,
                    scheduled=each.scheduled,
                    here=each.here,
                    waiting=each.waiting,
                    difference=each.there - each.here,
                    parts=sorted(each.parts, key=lambda part: list(KINDS).index(part["kind"])),
                    compared_at=at,
                )
                for (who, month), each in found.items()
            ],
            batch_size=1000,
        )
    return len(found)


def _compare(at: datetime, program: Program) -> dict[tuple[str, date], Sum]:
    gathered = gather(program, at)
    rows = Counterpart.objects.filter(partner__isnull=False).select_related("partner")
    partners = {row.partner.pk: row.partner for row in rows if row.partner}
    sums: dict[tuple[str, date], Sum] = {}
    by_client: dict[Key, list[Paid]] = defaultdict(list)
    for paid in gathered.paid:
        whole = _place(sums, paid.partner, paid.who, paid.month)
        whole.there += paid.amount
        whole.scheduled += paid.scheduled
        if paid.partner is None or paid.client is None:
            whole.add(paid.why_kind, paid.amount, f"{paid.why} {show_money(paid.amount)} was paid there.")
        elif paid.client.partner_id != paid.partner.pk:
            owner = paid.client.partner
            says = f"{paid.client} is a client of {owner} here, so nothing of it is {paid.partner}’s."
            whole.add("other_partner", paid.amount, f"{says} {show_money(paid.amount)} was paid there.")
        else:
            by_client[paid.partner.pk, paid.client.pk, paid.month].append(paid)
    due = _due(gathered, set(partners), program.day(at))
    for key in by_client.keys() | due.keys():
        partner = partners[key[0]]
        whole = _place(sums, partner, partner.reference, key[2])
        _explain(whole, key, due.get(key, NOT_DUE), by_client[key], gathered)
    return {place: each for place, each in sums.items() if each.there or each.here or each.scheduled or each.waiting}


def _place(sums: dict[tuple[str, date], Sum], partner: Partner | None, who: str, month: date) -> Sum:
    return sums.setdefault((partner.reference if partner else who, month), Sum(partner))


def _due(gathered: Gathered, partners: set[int], on: date) -> dict[Key, Due]:
    """What the Agreement gives for the months that PartnerStack knows."""
    months = [paid.month for paid in gathered.paid]
    months += [month for (_, _, month), money in gathered.money.items() if money.received]
    if not months:
        return {}
    return what_is_due(partners=partners, from_month=min(months), to_month=max(months), on=on)


def _explain(whole: Sum, key: Key, due: Due, paid: Iterable[Paid], gathered: Gathered) -> None:
    """Add what one client's month was paid there and comes to here, and each reason for what lies between."""
    whole.here += due.target
    whole.waiting += due.full_target - due.target
    name = gathered.names.get(key[1], "The client")
    money = gathered.money.get(key)
    received = {each.key: each for each in money.received} if money else {}
    paid_for: dict[str, Decimal] = defaultdict(lambda: ZERO)
    taken_back = later = ZERO
    for each in paid:
        if each.amount < 0:
            taken_back += each.amount
        elif each.transaction in received and not received[each.transaction].earns:
            other = received[each.transaction]
            says = f"{show_money(other.amount)} of {name} was for {other.word},"
            says += " which earns nothing (B, subscription only)."
            whole.add("not_subscription", each.amount, f"{says} {show_money(each.amount)} was paid there.")
        else:
            paid_for[each.transaction] += each.amount
        later += each.scheduled
    earning = [each for each in received.values() if each.earns]
    there = sum(paid_for.values(), ZERO)
    if due.base == ZERO and key not in gathered.reversed:
        says = f"{gathered.why_not(key)} {show_money(there + taken_back)} was paid there for {name}."
        whole.add("not_counting", there + taken_back, says)
        return
    rewarded = sum((each.amount for each in earning if paid_for.get(each.key)), ZERO)
    unpaid = sum((each.amount for each in earning if not paid_for.get(each.key)), ZERO)
    gross, after_end = (money.gross, money.late) if money else (ZERO, ZERO)
    other_money = gross - rewarded - unpaid

    def share(amount: Decimal) -> Decimal:
        return round_money(Fraction(due.rate) * Fraction(amount))

    mrr = f"{percent(due.rate)} is the rate of the month’s MRR of {show_money(due.mrr)} (B, commission schedule)"
    whole.add("rate", there - share(rewarded), _rate_says(name, there, rewarded, share(rewarded), due, mrr))
    says = f"{show_money(unpaid)} of {name} was paid nothing there"
    says += f" yet, {show_money(later)} is scheduled." if later else "."
    whole.add("not_paid", -share(unpaid), f"{says} Here it gives {show_money(share(unpaid))}: {mrr}.")
    says = f"{show_money(other_money)} of {name} came by another way than PartnerStack."
    whole.add("other_money", -share(other_money), f"{says} Here it gives {show_money(share(other_money))}: {mrr}.")
    counting = gross - after_end
    says = f"{show_money(after_end)} of {name} was received after the partnership had ended (10, termination)."
    whole.add("not_counting", share(gross) - share(counting), says)
    lost = share(counting) - due.full_target
    kind = "reversed" if taken_back or key in gathered.reversed else "unexplained"
    whole.add(kind, lost + taken_back, _reversed_says(name, counting, due, lost, taken_back))
    if held := due.full_target - due.target:
        until = f" until {show_day(due.matured_on)}" if due.matured_on else ""
        says = f"{name} closed less than a month before, so {show_money(held)} waits here{until} (B, waiting period)."
        whole.add("waiting", held, says)
    rounding = share(rewarded) + share(unpaid) + share(other_money) - share(gross)
    whole.add(
        "rounding", rounding, f"{name}: shares of parts, each rounded to the cent, against the share of the whole."
    )


def _rate_says(name: str, there: Decimal, rewarded: Decimal, here: Decimal, due: Due, mrr: str) -> str:
    rate = f"{percent(there / rewarded)} of {show_money(rewarded)}" if rewarded else "for money that is not there"
    return (
        f"{name}: there {show_money(there)} was paid, {rate}. Here {mrr}, "
        f"and {percent(due.rate)} of {show_money(rewarded)} is {show_money(here)}."
    )


def _reversed_says(name: str, gross: Decimal, due: Due, lost: Decimal, taken_back: Decimal) -> str:
    went = f"Of {show_money(gross)} of {name} {show_money(gross - due.base)} went back"
    here = f"{went}, which takes {show_money(lost)} here"
    there = f"there {show_money(-taken_back)} was taken back" if taken_back else "there nothing was taken back"
    return f"{here} (B, chargebacks); {there}."


def percent(rate: Decimal) -> str:
    """A share as people write it, with at most two places."""
    return f"{round(rate * 100, 2).normalize():f} %"


def part_of(row: Difference, kind: str) -> Decimal:
    """What one kind of reasons makes of a difference."""
    return sum((Decimal(part["amount"]) for part in row.parts if part["kind"] == kind), ZERO)


def words_of(row: Difference) -> list[dict[str, Any]]:
    """The parts of a difference, ready to print."""
    return [
        {"name": KINDS[part["kind"]], "amount": Decimal(part["amount"]), "says": part["says"]} for part in row.parts
    ]
