"""Transactions and rewards as PartnerStack writes them: payments and what went back, and commissions."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, prefetch_related_objects

from affiliates.months import parse_month, show_month
from clients.models import Client, InvoiceLine, Payment, Reversal, ReversalKind
from commissions.models import Commission, Period
from integrations.partnerstack.formats import Kind, Row, cents_of, milliseconds_of
from integrations.partnerstack.serializers.paging import Asked, UnknownKey, keys_of
from integrations.partnerstack.serializers.people import Found
from integrations.partnerstack.services.book import SOURCE
from payouts.models import Payout, PayoutState

# Payments and what went back in one row, by day; of one day the payments come first.
MONEY = """
    SELECT day, place, id FROM (
        (SELECT received_on AS day, 1 AS place, fact.id FROM clients_payment AS fact
         WHERE received_on BETWEEN %(since)s AND %(day)s AND (received_on, 1, fact.id) < (%(day)s, %(place)s, %(id)s)
           AND {changed}
         ORDER BY received_on DESC, fact.id DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT occurred_on, 0, fact.id FROM clients_reversal AS fact
         WHERE occurred_on BETWEEN %(since)s AND %(day)s AND (occurred_on, 0, fact.id) < (%(day)s, %(place)s, %(id)s)
           AND {changed}
         ORDER BY occurred_on DESC, fact.id DESC LIMIT %(limit)s)
    ) AS money
    ORDER BY day DESC, place DESC, id DESC LIMIT %(limit)s
"""
CHANGED = "fact.batch_id IN (SELECT id FROM affiliates_factbatch WHERE recorded_at >= %(changed)s)"
OWN_MONEY = re.compile(r"tran_(p|r)([0-9]{1,15})")
PAID_IN, GONE_BACK = 1, 0
# Posted of a closed month is approved; what waits, and what an open month would post, is scheduled.
REWARDS = """
    SELECT commission.* FROM commissions_commission AS commission
    WHERE ({which}) AND period_id BETWEEN %(since)s AND %(period)s
      AND (period_id, partner_id, client_id, service_month, state)
          < (%(period)s, %(partner)s, %(client)s, %(month)s, %(state)s)
    ORDER BY period_id DESC, partner_id DESC, client_id DESC, service_month DESC, state DESC
    LIMIT %(limit)s
"""
APPROVED = """
    state = 'posted' AND period_id IN (
        SELECT month FROM commissions_period WHERE closed_at IS NOT NULL
          AND (%(changed)s::timestamptz IS NULL OR closed_at >= %(changed)s))
"""
SCHEDULED = "period_id = %(newest)s AND (state = 'waiting' OR %(is_open)s)"
ONLY = """(period_id, partner_id, client_id, service_month, state)
          = (%(period)s, %(partner)s, %(client)s, %(month)s, %(state)s)"""
REWARD_KEY = re.compile(r"rwrd_(\d{4})(\d{2})_([0-9]{1,15})_([0-9]{1,15})_(\d{4})(\d{2})_(p|w)")
STATES = {"p": "posted", "w": "waiting"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payment or a reversal stands among all money."""

    day: date
    place: int
    number: int


def transactions(asked: Asked) -> Found:
    """Payments, and what went back as amounts below zero."""
    if asked.only:
        return _transactions(asked, [_place_of(asked.only)]), False
    after = _place_of(asked.after) if asked.after else Place(date.max, PAID_IN + 1, 0)
    values = {
        "since": asked.since or date.min,
        "changed": asked.min_updated,
        "day": after.day,
        "place": after.place,
        "id": after.number,
        "limit": asked.limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(MONEY.format(changed=CHANGED if asked.min_updated else "true"), values)
        found = [Place(*row) for row in cursor.fetchall()]
    return _transactions(asked, found[: asked.limit]), len(found) > asked.limit


def _place_of(key: str) -> Place:
    """Where the transaction with a key stands; what came from PartnerStack has its own key there."""
    own = OWN_MONEY.fullmatch(key)
    is_number, number = (own[1], int(own[2])) if own else ("", 0)
    theirs = Q(reference=key, batch__source=SOURCE)
    for letter, rows, day, place in (
        ("p", Payment.objects.all(), "received_on", PAID_IN),
        ("r", Reversal.objects.all(), "occurred_on", GONE_BACK),
    ):
        asked = theirs | Q(pk=number) if is_number == letter else theirs
        if found := rows.filter(asked).order_by("pk").values_list(day, "pk").first():
            return Place(found[0], place, found[1])
    raise UnknownKey


def _transactions(asked: Asked, places: Sequence[Place]) -> list[Row]:
    numbers = defaultdict(list)
    for each in places:
        numbers[each.place].append(each.number)
    payments = Payment.objects.select_related("invoice__client", "batch").in_bulk(numbers[PAID_IN])
    reversals = Reversal.objects.select_related("payment__invoice__client", "batch").in_bulk(numbers[GONE_BACK])
    invoices = {row.invoice_id for row in payments.values()} | {row.payment.invoice_id for row in reversals.values()}
    words = defaultdict(set)
    for invoice, word in InvoiceLine.objects.filter(invoice__in=invoices).values_list("invoice", "category"):
        words[invoice].add(word)
    clients = [row.invoice.client_id for row in payments.values()]
    clients += [row.payment.invoice.client_id for row in reversals.values()]
    customers = keys_of(Kind.CUSTOMERS, clients)
    rows = []
    for each in places:
        fact: Payment | Reversal = (payments if each.place == PAID_IN else reversals)[each.number]
        invoice_of = fact.invoice if isinstance(fact, Payment) else fact.payment.invoice
        product = words[invoice_of.pk]
        word = next(iter(product)) if len(product) == 1 else "mixed"
        rows.append(_transaction(asked, fact, each.day, word, invoice_of.client, customers[invoice_of.client_id]))
    return rows


def _transaction(asked: Asked, fact: Payment | Reversal, day: date, word: str, client: Client, customer: str) -> Row:
    kind = "payment" if isinstance(fact, Payment) else fact.kind
    amount: Decimal = fact.amount if kind in ("payment", ReversalKind.CHARGEBACK_WON) else -fact.amount
    currency = asked.program.currency
    letter = "p" if isinstance(fact, Payment) else "r"
    return {
        "key": fact.reference if fact.batch.source == SOURCE else f"tran_{letter}{fact.pk}",
        "amount": cents_of(amount),
        "amount_usd": cents_of(amount) if currency == "USD" else None,
        "currency": currency,
        "approved": True,
        "category_key": kind,
        "created_at": asked.begins(day),
        "updated_at": milliseconds_of(fact.batch.recorded_at),
        "customer": {"key": customer, "customer_key": client.reference, "name": client.name},
        "customer_key": client.reference,
        "extension": {},
        "metadata": {"reference": fact.reference},
        "product_key": {"name": word},
        "test": False,
    }


def rewards(asked: Asked) -> Found:
    """Commissions: those of closed months, or those that are still to come."""
    newest = Period.objects.newest()
    values: dict[str, Any] = {
        "since": (asked.since or date.min).replace(day=1),
        "changed": asked.min_updated,
        "newest": newest and newest.month,
        "is_open": newest is not None and not newest.is_closed,
        "limit": asked.limit + 1,
    } | _reward_place(asked.only or asked.after)
    which = ONLY if asked.only else SCHEDULED if asked.is_scheduled else APPROVED
    statement = REWARDS.format(which=which)
    if asked.only:
        statement = f"SELECT * FROM commissions_commission WHERE {ONLY}"
    found = list(Commission.objects.raw(statement, values))
    return _rewards(asked, found[: asked.limit]), len(found) > asked.limit


def _reward_place(key: str) -> dict[str, Any]:
    """What a reward's key says of the commission; before the first one everything is later."""
    if not key:
        last = 2**62
        return {"period": date.max, "partner": last, "client": last, "month": date.max, "state": "z"}
    found = REWARD_KEY.fullmatch(key)
    try:
        if found is None:
            raise UnknownKey
        period, month = parse_month(f"{found[1]}-{found[2]}"), parse_month(f"{found[5]}-{found[6]}")
    except ValueError:
        raise UnknownKey from None
    partner, client, state = int(found[3]), int(found[4]), STATES[found[7]]
    return {"period": period, "partner": partner, "client": client, "month": month, "state": state}


def _rewards(asked: Asked, rows: list[Commission]) -> list[Row]:
    prefetch_related_objects(rows, "partner", "client", "period__run")
    partners = keys_of(Kind.PARTNERSHIPS, [row.partner_id for row in rows])
    customers = keys_of(Kind.CUSTOMERS, [row.client_id for row in rows])
    periods, owners = {row.period_id for row in rows}, {row.partner_id for row in rows}
    done = Payout.objects.filter(period__in=periods, partner__in=owners, state=PayoutState.PAID)
    paid = set(done.values_list("period", "partner"))
    return [
        _reward(asked, row, partners[row.partner_id], customers[row.client_id], (row.period_id, row.partner_id) in paid)
        for row in rows
    ]


def _reward(asked: Asked, row: Commission, partner: str, customer: str, is_paid: bool) -> Row:
    letter = "p" if row.state == "posted" else "w"
    is_settled = row.state == "posted" and row.period.is_closed
    changed = row.period.closed_at or row.period.run.finished_at
    months = f"{row.period_id:%Y%m}_{row.partner_id}_{row.client_id}_{row.service_month:%Y%m}"
    what = f"{row.rate:.0%} of {row.base:,.2f} for {show_month(row.service_month)}"
    return {
        "key": f"rwrd_{months}_{letter}",
        "amount": cents_of(row.amount),
        "currency": asked.program.currency,
        "created_at": asked.begins(row.period.as_of),
        "updated_at": milliseconds_of(changed) or asked.begins(row.period.as_of),
        "reward_status": "paid" if is_paid else "approved" if is_settled else "scheduled",
        "description": f"{row.client.name}: {what}",
        "partnership": {"key": partner, "partner_key": row.partner.reference, "email": row.partner.email},
        "customer": {"key": customer, "customer_key": row.client.reference, "name": row.client.name},
        "transaction": None,
        "invoice": None,
        "offer": None,
        "action": None,
        "trigger": None,
        "test": False,
    }
