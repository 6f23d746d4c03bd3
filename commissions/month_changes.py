"""What each partner's commission of a month is against the month before, and why: reasons that add up to the change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Abs

from affiliates.models import Partner, Program
from affiliates.money import ZERO, show_money
from affiliates.months import add_months, last_day
from parts.formats import counted, percent

# Each client's own month now and then (`own`), what settled earlier months now, and what did so the month before.
# A rate's part of a change is the difference of the rates on the money that was there before; the rest is money.
REASONS = """
    WITH line AS (
        SELECT partner_id, client_id, service_month, period_id, state, rate, base, amount
        FROM commissions_commission
        WHERE period_id IN (%(month)s, %(before)s) AND partner_id = ANY (%(partners)s)
    ), own AS (
        SELECT partner_id, client_id, now.state AS state, was.state AS was,
               coalesce(now.amount, 0) AS amount, coalesce(was.amount, 0) AS amount_was,
               CASE WHEN now.state = 'posted' AND was.state = 'posted'
                    THEN round((now.rate - was.rate) * was.base, 2) ELSE 0 END AS by_rate
        FROM (SELECT * FROM line WHERE period_id = %(month)s AND service_month = %(month)s) AS now
        FULL JOIN (SELECT * FROM line WHERE period_id = %(before)s AND service_month = %(before)s) AS was
            USING (partner_id, client_id)
    ), settled AS (
        SELECT now.partner_id, now.client_id, now.amount, waited.client_id IS NOT NULL AS has_matured,
               client.partner_id <> now.partner_id OR (prior.rate IS NULL AND EXISTS (
                   SELECT FROM clients_clienthistory AS history
                   WHERE history.client_id = now.client_id AND history.partner_id <> now.partner_id)) AS has_moved,
               CASE WHEN waited.client_id IS NULL AND prior.rate IS NOT NULL
                    THEN round((now.rate - prior.rate) * now.base, 2) ELSE 0 END AS by_rate
        FROM line AS now
        JOIN clients_client AS client ON client.id = now.client_id
        LEFT JOIN line AS waited
          ON waited.period_id = %(before)s AND waited.state = 'waiting' AND waited.partner_id = now.partner_id
             AND waited.client_id = now.client_id AND waited.service_month = now.service_month
        LEFT JOIN LATERAL (
            SELECT earlier.rate FROM commissions_commission AS earlier
            WHERE earlier.partner_id = now.partner_id AND earlier.service_month = now.service_month
              AND earlier.client_id = now.client_id AND earlier.period_id < %(month)s AND earlier.state = 'posted'
            ORDER BY earlier.period_id DESC LIMIT 1
        ) AS prior ON true
        WHERE now.period_id = %(month)s AND now.service_month < %(month)s AND now.state = 'posted'
    ), reason AS (
        SELECT own.partner_id, client_id, CASE
                   WHEN was = 'waiting' THEN 'matured'
                   WHEN was = 'posted' THEN 'money'
                   WHEN client.closed_on >= %(before)s THEN 'new'
                   ELSE 'again' END AS reason,
               amount - CASE WHEN was = 'posted' THEN amount_was ELSE 0 END - by_rate AS amount
        FROM own JOIN clients_client AS client ON client.id = client_id WHERE state = 'posted'
        UNION ALL
        SELECT partner_id, client_id, 'rate', by_rate FROM own
        UNION ALL
        SELECT own.partner_id, client_id, CASE
                   WHEN own.state = 'waiting' THEN 'waits'
                   WHEN client.canceled_on <= %(as_of)s THEN 'cancelled'
                   WHEN client.partner_id <> own.partner_id THEN 'moved'
                   ELSE 'unpaid' END, -amount_was
        FROM own JOIN clients_client AS client ON client.id = client_id
        WHERE was = 'posted' AND own.state IS DISTINCT FROM 'posted'
        UNION ALL
        SELECT partner_id, client_id, CASE
                   WHEN has_matured THEN 'matured'
                   WHEN has_moved THEN 'moved'
                   WHEN amount > by_rate THEN 'late'
                   ELSE 'clawback' END, amount - by_rate
        FROM settled
        UNION ALL
        SELECT partner_id, client_id, 'earlier_rate', by_rate FROM settled
        UNION ALL
        SELECT partner_id, client_id, 'once', -amount FROM line
        WHERE period_id = %(before)s AND service_month < %(before)s AND state = 'posted'
    )
    SELECT partner_id, reason, sum(amount), count(DISTINCT client_id)
    FROM reason WHERE amount <> 0
    GROUP BY partner_id, reason
    HAVING sum(amount) <> 0
    ORDER BY partner_id, abs(sum(amount)) DESC, reason
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a partner's commission is another than the month before: what it is, how much, of how many clients."""

    kind: str
    amount: Decimal
    clients: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a month and the one before it posted, and how many partners had something to look at."""

    now: Decimal
    before: Decimal
    waiting: Decimal
    partners: int
    moved: int
    rates: int


NOTHING = Totals(ZERO, ZERO, ZERO, 0, 0, 0)


def partners_of(month: date) -> "QuerySet[Partner]":
    """Partners with amounts in a month or the one before, each with what it comes to.

    Adds `now`, `before`, `change`, `waiting`, `rate_now` and `rate_before` (None where a month brought nothing),
    `is_moved` (by more than the program's share of the month before) and `is_rated` (its rate changed).
    """
    before = add_months(month, -1)
    is_now, is_before = Q(commissions__period=month), Q(commissions__period=before)
    posted, own = Q(commissions__state="posted"), Q(commissions__service_month=F("commissions__period_id"))
    share = Program.current().unusual_change_percent
    rows = Partner.objects.filter(commissions__period__in=(before, month)).annotate(
        now=Sum("commissions__amount", filter=is_now & posted, default=ZERO),
        before=Sum("commissions__amount", filter=is_before & posted, default=ZERO),
        waiting=Sum("commissions__amount", filter=is_now & ~posted, default=ZERO),
        rate_now=Max("commissions__rate", filter=is_now & own),
        rate_before=Max("commissions__rate", filter=is_before & own),
    )
    rows = rows.annotate(change=F("now") - F("before"))
    is_moved = ~Q(before=ZERO) & Q(moved_by__gt=share * Abs(F("before")))
    is_rated = Q(rate_now__isnull=False, rate_before__isnull=False) & ~Q(rate_now=F("rate_before"))
    return rows.annotate(moved_by=100 * Abs(F("change"))).annotate(is_moved=_holds(is_moved), is_rated=_holds(is_rated))


def totals_of(month: date) -> Totals:
    """What `partners_of` adds up to."""
    found = partners_of(month).aggregate(
        sum_now=Sum("now", default=ZERO),
        sum_before=Sum("before", default=ZERO),
        sum_waiting=Sum("waiting", default=ZERO),
        partners=Count("pk"),
        moved=Count("pk", filter=Q(is_moved=True)),
        rates=Count("pk", filter=Q(is_rated=True)),
    )
    return Totals(*found.values())


def reasons_of(month: date, partners: Sequence[Partner]) -> dict[int, list[Reason]]:
    """Why each of these partners has another commission than the month before, the largest reason first.

    The amounts of a partner's reasons add up to its change.
    """
    before = add_months(month, -1)
    ids = [partner.pk for partner in partners]
    parameters: dict[str, Any] = {"month": month, "before": before, "as_of": last_day(month), "partners": ids}
    found: dict[int, list[Reason]] = {}
    with connection.cursor() as cursor:
        cursor.execute(REASONS, parameters)
        for partner_id, kind, amount, clients in cursor.fetchall():
            found.setdefault(partner_id, []).append(Reason(kind, amount, clients))
    return found


def in_words(row: Any, reasons: Sequence[Reason]) -> Iterator[str]:
    """Yield each reason of a row of `partners_of` as a phrase with its amount: `2 new clients +400.00`."""
    for reason in reasons:
        yield f"{_said(row, reason)} {signed(reason.amount)}"


def signed(amount: Decimal) -> str:
    """An amount that always shows its sign."""
    return f"+{show_money(amount)}" if amount > 0 else show_money(amount)


def _said(row: Any, reason: Reason) -> str:
    clients, rose = counted(reason.clients, "client", "clients"), reason.amount > 0
    if reason.kind == "rate" and row.rate_now is not None and row.rate_before is not None:
        verb = "lifted" if row.rate_now > row.rate_before else "lowered"
        return f"Rate {verb} from {percent(row.rate_before)} to {percent(row.rate_now)}"
    words = {
        "new": counted(reason.clients, "new client", "new clients"),
        "matured": f"Waiting over for {clients}",
        "money": f"{clients} {'paid more' if rose else 'paid less'}",
        "again": f"{clients} paid that had not the month before",
        "cancelled": f"{clients} cancelled",
        "moved": f"{clients} {'came from' if rose else 'went to'} another partner",
        "waits": f"{clients} waiting",
        "unpaid": f"{clients} not paid for this month so far",
        "late": f"Late money of {clients} for earlier months",
        "clawback": f"Taken back from {clients} for earlier months",
        "earlier_rate": f"Rate of earlier months {'lifted' if rose else 'lowered'}",
        "once": f"Earlier months of {clients}, settled the month before",
    }
    return words.get(reason.kind, "Rate")


def _holds(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
