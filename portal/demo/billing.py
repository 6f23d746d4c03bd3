"""What billing would export for the demo's clients: invoices, payments, refunds and chargebacks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from affiliates.money import round_money
from affiliates.months import add_months, month_of
from clients.models import ReversalKind
from clients.models.category import Category
from portal.demo.days import Days, day_of
from portal.demo.draft import CHARGED_BACK, LARGEST, WON_BACK, ClientDraft, Draft
from portal.demo.names import dice

# Words of billing that the program does not know. Finance decides on the first two in time.
PLATFORM_FEE, DESK_PHONES, AI_RECEPTIONIST = "platform_fee", "desk_phones", "ai_receptionist"
TAX = Decimal("0.0725")
HALF_PAID_IN_THE_END = 0.7  # Of the invoices that are paid by halves, so many are paid in full later.
PILOT = 0.012  # The share of clients whose first month is free: an invoice of zero.


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a file; `known_on` is the day from which billing exports it."""

    kind: str
    key: str
    known_on: date
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment, as the reversals need to know it."""

    client: ClientDraft
    service_month: date
    key: str
    amount: Decimal
    on: date


def billed(draft: Draft) -> list[Fact]:
    """All facts up to today, in the order in which they became known."""
    facts: list[Fact] = []
    paid: list[Paid] = []
    for client in draft.clients:
        for fact, payment in _bill(client, draft.days):
            facts.append(fact)
            if payment:
                paid.append(payment)
    facts += [*_refunds(paid, draft.days), *_chargebacks(paid, draft.days)]
    return sorted((fact for fact in facts if fact.known_on <= draft.days.today), key=lambda fact: fact.known_on)


def _bill(client: ClientDraft, days: Days) -> Iterator[tuple[Fact, Paid | None]]:
    drawn = dice("billing", client.name)
    pays = drawn.choices(("card", "transfer", "slow"), (80, 17, 3))[0]
    grows_in = add_months(month_of(client.closed_on), drawn.randrange(4, 14))
    month = month_of(client.closed_on)
    discount = Decimal("0.15") if not client.is_plain and drawn.random() < 0.1 else Decimal(0)
    while month <= days.current and not (client.canceled_on and month > client.canceled_on):
        if month >= days.first:
            is_first = month == month_of(client.closed_on)
            issued_on = client.closed_on if is_first else month
            fee = client.fee
            if month >= grows_in and not client.is_plain:
                fee = round_money(fee * Decimal("1.2"))
            key = f"{client.key}-{month:%Y%m}"
            lines = list(_lines(client, month, fee * client.cycle, is_first, discount, days, drawn))
            yield from ((fact, None) for fact in _invoice(key, client, issued_on, lines))
            total = sum((amount for _, amount in lines), Decimal(0))
            if total and issued_on <= days.today:
                yield from _payments(key, client, month, issued_on, total, pays, days, drawn)
        if add_months(month, client.cycle) > add_months(month_of(client.closed_on), 3):
            discount = Decimal(0)
        month = add_months(month, client.cycle)


def _lines(
    client: ClientDraft, month: date, fee: Decimal, is_first: bool, discount: Decimal, days: Days, drawn: Random
) -> Iterator[tuple[str, Decimal]]:
    """Category and amount of each line; the subscription and its discount come first."""
    yield Category.SUBSCRIPTION, fee
    if client.is_plain:
        return
    is_pilot = is_first and drawn.random() < PILOT
    if is_pilot or discount:
        yield Category.SUBSCRIPTION, -fee if is_pilot else -round_money(fee * discount)
    if is_pilot:
        return
    usage: list[tuple[str, Decimal]] = [(Category.PHONE_NUMBERS, Decimal(2) * drawn.randrange(3, 40))]
    for category, likely, most in (
        (Category.TOLL_FREE, 0.3, 4000),
        (Category.LOCAL_PRESENCE, 0.2, 6000),
        (Category.COMPLIANCE, 0.4, 900),
        (Category.AUTOMATED_SMS, 0.25, 5000),
        (Category.OTHER_USAGE, 0.15, 3000),
    ):
        if drawn.random() < likely:
            usage.append((category, Decimal(drawn.randrange(150, most)).scaleb(-2)))
    if is_first and drawn.random() < 0.4:
        usage.append((Category.ONE_TIME, Decimal(drawn.choice((99, 199, 349)))))
    likes_words = dice("words", client.name).random()
    if likes_words < 0.03 and days.back(10) <= month <= days.back(5):
        usage.append((PLATFORM_FEE, Decimal(25)))
    if is_first and likes_words > 0.95:
        usage.append((DESK_PHONES, Decimal(89) * drawn.randrange(2, 9)))
    if 0.06 < likes_words < 0.11 and month >= days.back(2):
        usage.append((AI_RECEPTIONIST, Decimal(49)))
    yield from usage
    if drawn.random() < 0.7:
        yield Category.TAX, round_money(TAX * sum((amount for _, amount in usage), Decimal(0)))


def _invoice(key: str, client: ClientDraft, issued_on: date, lines: Iterable[tuple[str, Decimal]]) -> Iterator[Fact]:
    for number, (category, amount) in enumerate(lines, 1):
        is_subscription = category == Category.SUBSCRIPTION
        values = {
            "invoice": key,
            "client": client.key,
            "issued_on": str(issued_on),
            "line": str(number),
            "category": str(category),
            "amount": f"{amount:.2f}",
            "service_from": str(issued_on) if is_subscription else "",
            "service_months": str(client.cycle) if is_subscription else "",
        }
        yield Fact("invoices", f"{key}/{number}", issued_on, values)


def _payments(
    key: str, client: ClientDraft, month: date, issued_on: date, total: Decimal, pays: str, days: Days, drawn: Random
) -> Iterator[tuple[Fact, Paid | None]]:
    after = {"card": drawn.randrange(3), "transfer": drawn.randrange(8, 25), "slow": drawn.randrange(32, 75)}[pays]
    received_on = issued_on + timedelta(days=0 if client.is_plain else after)
    if client.pays_late == month:
        received_on = day_of(add_months(month, 2), 16)
    luck = 1.0 if client.is_plain else drawn.random()
    if luck < 0.004 or (client.canceled_on and month_of(client.canceled_on) == month and luck < 0.15):
        return  # Never paid.
    parts = [(total, received_on)]
    if luck > 0.993 and not client.is_plain:
        half = round_money(total / 2)
        parts = [(half, received_on)]
        if drawn.random() < HALF_PAID_IN_THE_END:
            parts.append((total - half, received_on + timedelta(days=35)))
    for number, (amount, on) in enumerate(parts, 1):
        if on > days.today:
            continue
        payment = f"pay-{key}-{number}"
        values = {"payment": payment, "invoice": key, "amount": f"{amount:.2f}", "received_on": str(on)}
        # Now and then the bookkeepers find a transfer weeks after it came: its month is closed by then.
        is_found_late = pays == "transfer" and on.day >= 20 and drawn.random() < 0.06
        known_on = day_of(add_months(month_of(on), 1), 14) if is_found_late else on
        yield Fact("payments", payment, known_on, values), Paid(client, month, payment, amount, known_on)


def _refunds(paid: list[Paid], days: Days) -> Iterator[Fact]:
    for payment in paid:
        drawn = dice("refund", payment.client.name, payment.service_month)
        if payment.client.is_plain or drawn.random() > 0.012 or not payment.key.endswith("-1"):
            continue
        share = Decimal(drawn.choice(("0.10", "0.25", "0.50", "1")))
        occurred_on = payment.on + timedelta(days=drawn.randrange(4, 40))
        yield _reversal(payment, ReversalKind.REFUND, max(round_money(payment.amount * share), Decimal(1)), occurred_on)


def _chargebacks(paid: list[Paid], days: Days) -> Iterator[Fact]:
    """Three of one partner, one that is won back, and two of the largest: one comes after its month was closed."""
    wanted = [
        (CHARGED_BACK, 0, days.back(5), days.back(5), 20),
        (CHARGED_BACK, 1, days.back(3), days.back(3), 24),
        (CHARGED_BACK, 2, days.back(1), days.last, 8),
        (WON_BACK, 0, days.back(4), days.back(4), 19),
        (LARGEST, 5, days.back(1), days.last, 5),
        (LARGEST, 9, days.last, days.current, 4),
    ]
    for partner, place, service_month, month, day in wanted:
        of = [
            payment
            for payment in paid
            if payment.client.partner == partner
            and payment.service_month == service_month
            and payment.client.cycle == 1
            and payment.client.is_plain == (partner != LARGEST)
            and payment.on < day_of(month, day)
        ]
        if place < len(of):
            yield _reversal(of[place], ReversalKind.CHARGEBACK, of[place].amount, day_of(month, day))
            if partner == WON_BACK:
                won_on = day_of(days.back(2), 21)
                yield _reversal(of[place], ReversalKind.CHARGEBACK_WON, of[place].amount, won_on)


def _reversal(payment: Paid, kind: ReversalKind, amount: Decimal, occurred_on: date) -> Fact:
    key = f"{kind.value.replace('_', '-')}-{payment.key.removeprefix('pay-')}"
    values = {
        "reversal": key,
        "payment": payment.key,
        "kind": kind.value,
        "amount": f"{amount:.2f}",
        "occurred_on": str(occurred_on),
    }
    return Fact("reversals", key, occurred_on, values)
