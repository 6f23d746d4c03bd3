"""What the program owes its partners on any day, by age, and the proof that it is what the ledger says.

A day is seen as the books see it. Earnings are added up from the lines of months that had ended and are closed,
adjustments and payouts from their own rows, and each partner's payments settle its oldest earnings first. The
ledger's balance of the day is a sum over its entries and shares nothing with that. One statement reads both, so that
a month that is closed meanwhile is in both or in neither; what it finds lies in temporary tables, so call it inside
of a transaction.
"""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import DecimalField, QuerySet
from django.db.models.expressions import RawSQL

from affiliates.models import Partner, Program
from affiliates.money import ZERO
from affiliates.months import month_of

BUCKETS = ("Current", "1–30 days", "31–60 days", "61–90 days", "Older")
PARTS = ("waiting", "payable", "approved", "carried", "paid")
AGED = PARTS[:3]
LEDGER = "ledger"
MOST_FINDINGS = 25
MONEY: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=18, decimal_places=2)

# How old a service month is on the day: the days since its end.
BUCKET = """
    CASE WHEN {month} + interval '1 month' > %(on)s THEN 0 WHEN {month} + interval '1 month 30 days' > %(on)s THEN 1
         WHEN {month} + interval '1 month 60 days' > %(on)s THEN 2
         WHEN {month} + interval '1 month 90 days' > %(on)s THEN 3 ELSE 4 END
"""
# Approvals that stood on the day, each with what it paid or would pay. Of one that was taken back without a payment
# the amount is no longer known: it counts with what the payout was opened with, as far as the balance goes.
APPROVALS = """
    SELECT payout.partner_id,
           coalesce(sum(coalesce(-paid.amount, payout.payable)) FILTER (WHERE is_known), 0) AS known,
           coalesce(sum(payout.amount) FILTER (WHERE NOT is_known), 0) AS supposed
    FROM (
        SELECT payout_id, id, at, row_number() OVER (PARTITION BY payout_id ORDER BY id) AS number
        FROM payouts_payoutstep WHERE state = 'approved'
    ) AS step
    JOIN payouts_payout AS payout ON payout.id = step.payout_id
    LEFT JOIN commissions_ledgerentry AS paid ON paid.key = 'payout:' || step.payout_id || ':' || step.number
    LEFT JOIN LATERAL (
        SELECT at FROM payouts_payoutstep
        WHERE payout_id = step.payout_id AND id > step.id AND state <> 'paid' ORDER BY id LIMIT 1
    ) AS gone ON true
    CROSS JOIN LATERAL (SELECT paid.id IS NOT NULL OR gone.at IS NULL AS is_known) AS judged
    WHERE step.at < %(end)s
      AND CASE WHEN paid.id IS NULL THEN gone.at IS NULL OR gone.at >= %(end)s ELSE paid.dated_on > %(on)s END
    GROUP BY payout.partner_id
"""
LIABILITY = f"""
    CREATE TEMP TABLE books_liability ON COMMIT DROP AS
    WITH closed AS (
        SELECT month FROM commissions_period
        WHERE closed_at IS NOT NULL AND month + interval '1 month' <= %(on)s::date + interval '1 day'
    ), item AS (
        SELECT partner_id, month, sum(amount) AS amount
        FROM (
            SELECT partner_id, service_month AS month, amount FROM commissions_commission
            WHERE state = 'posted' AND period_id IN (SELECT month FROM closed)
            UNION ALL
            SELECT adjustment.partner_id, date_trunc('month', entry.dated_on::timestamp)::date, adjustment.amount
            FROM commissions_adjustment AS adjustment
            JOIN commissions_ledgerentry AS entry ON entry.id = adjustment.entry_id
            WHERE entry.dated_on <= %(on)s
        ) AS earned
        GROUP BY partner_id, month
    ), settled AS (
        SELECT partner_id, sum(amount) AS amount
        FROM (
            SELECT payout.partner_id, payout.payable AS amount
            FROM payouts_payout AS payout JOIN commissions_ledgerentry AS entry ON entry.id = payout.entry_id
            WHERE entry.dated_on <= %(on)s
            UNION ALL
            SELECT partner_id, -amount FROM commissions_ledgerentry AS entry
            WHERE kind IN ('payout', 'payout_returned') AND dated_on <= %(on)s
              AND NOT EXISTS (SELECT FROM payouts_payout WHERE entry_id = entry.id)
            UNION ALL
            SELECT partner_id, -amount FROM item WHERE amount < 0
        ) AS taken
        GROUP BY partner_id
    ), balance AS (
        SELECT partner_id, coalesce(earned.amount, 0) - coalesce(settled.amount, 0) AS amount,
               coalesce(settled.amount, 0) AS settled
        FROM (SELECT partner_id, sum(amount) AS amount FROM item WHERE amount > 0 GROUP BY partner_id) AS earned
        FULL JOIN settled USING (partner_id)
    ), approval AS ({APPROVALS}), approved AS (
        SELECT partner_id, known + least(supposed, greatest(coalesce(balance.amount, 0) - known, 0)) AS amount
        FROM approval LEFT JOIN balance USING (partner_id)
    ), open AS (
        SELECT partner_id, month, rest, sum(rest) OVER (PARTITION BY partner_id ORDER BY month) AS sum_of_rests
        FROM (
            SELECT item.partner_id, month, greatest(0, least(item.amount, sum(item.amount) OVER (
                       PARTITION BY item.partner_id ORDER BY month) - balance.settled)) AS rest
            FROM item JOIN balance USING (partner_id) WHERE item.amount > 0
        ) AS aged
        WHERE rest > 0
    ), split AS (
        SELECT partner_id, month, rest, least(sum_of_rests, coalesce(approved.amount, 0))
               - least(sum_of_rests - rest, coalesce(approved.amount, 0)) AS approved
        FROM open LEFT JOIN approved USING (partner_id)
    )
    SELECT partner_id, part, bucket, sum(amount) AS amount
    FROM (
        SELECT partner_id, 'approved' AS part, {BUCKET.format(month="month")} AS bucket, approved AS amount FROM split
        UNION ALL
        SELECT partner_id, 'payable', {BUCKET.format(month="month")}, rest - approved FROM split
        UNION ALL
        SELECT partner_id, 'approved', 0, approved.amount - coalesce(sum(split.approved), 0)
        FROM approved LEFT JOIN split USING (partner_id) GROUP BY partner_id, approved.amount
        UNION ALL
        SELECT partner_id, 'carried', 0, least(coalesce(balance.amount, 0) - coalesce(approved.amount, 0), 0)
        FROM balance FULL JOIN approved USING (partner_id)
        UNION ALL
        SELECT partner_id, 'waiting', {BUCKET.format(month="service_month")}, amount FROM commissions_commission
        WHERE state = 'waiting' AND period_id = (SELECT max(month) FROM closed)
        UNION ALL
        SELECT partner_id, 'paid', 0, -amount FROM commissions_ledgerentry
        WHERE kind IN ('payout', 'payout_returned') AND dated_on BETWEEN %(since)s AND %(on)s
        UNION ALL
        SELECT partner_id, 'ledger', 0, amount FROM commissions_ledgerentry WHERE dated_on <= %(on)s
    ) AS parts
    GROUP BY partner_id, part, bucket
    HAVING sum(amount) <> 0
"""
BY_PARTNER = """
    CREATE TEMP TABLE books_partner ON COMMIT DROP AS
    SELECT partner_id, {sums} FROM books_liability GROUP BY partner_id
""".format(
    sums=", ".join(f"coalesce(sum(amount) FILTER (WHERE part = '{part}'), 0.00) AS {part}" for part in (*PARTS, LEDGER))
)
SUMS = "SELECT part, bucket, sum(amount) FROM books_liability GROUP BY part, bucket"
DIFFERING = """
    SELECT partner.name, books_partner.ledger, payable + approved + carried
    FROM books_partner JOIN affiliates_partner AS partner ON partner.id = partner_id
    WHERE books_partner.ledger <> payable + approved + carried
    ORDER BY abs(books_partner.ledger - payable - approved - carried) DESC, partner.name
    LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Differing:
    """A partner whose documents and ledger do not agree."""

    partner: str
    ledger: Decimal
    found: Decimal


@dataclass(frozen=True, slots=True)
class Liability:
    """What was owed on a day: by part, each in the five buckets of age; `ledger` is the books' own balance."""

    on: date
    since: date
    ages: dict[str, list[Decimal]]
    ledger: Decimal
    differing: list[Differing]

    def total(self, part: str) -> Decimal:
        return sum(self.ages[part], ZERO)

    @property
    def found(self) -> Decimal:
        """What the parts that stand in the ledger add up to."""
        return self.total("payable") + self.total("approved") + self.total("carried")

    @property
    def difference(self) -> Decimal:
        """By how much the ledger has more than its documents."""
        return self.ledger - self.found


def gather_liability(program: Program, *, on: date) -> Liability:
    """This function will lay what was owed on a day into temporary tables, and give its sums.

    `paid` is what went out from the first of the day's month on, less what came back.
    """
    since = month_of(on)
    parameters: dict[str, Any] = {"on": on, "since": since, "end": _end(program, on), "most": MOST_FINDINGS}
    ages = {part: [ZERO] * len(BUCKETS) for part in (*PARTS, LEDGER)}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS books_liability, books_partner")
        cursor.execute(LIABILITY, parameters)
        cursor.execute(BY_PARTNER)
        cursor.execute("CREATE UNIQUE INDEX ON books_partner (partner_id)")
        cursor.execute(SUMS)
        for part, bucket, amount in cursor.fetchall():
            ages[part][bucket] = amount
        cursor.execute(DIFFERING, parameters)
        differing = [Differing(*row) for row in cursor.fetchall()]
    (ledger, *_) = ages.pop(LEDGER)
    return Liability(on, since, ages, ledger, differing)


def partners_owed() -> "QuerySet[Partner]":
    """The partners of what `gather_liability` laid, each with its parts, its `owed` and its `ledger`."""
    named = dict(_parts())
    owed = RawSQL(
        "(SELECT payable + approved + carried FROM books_partner WHERE partner_id = affiliates_partner.id)", ()
    )
    owed.output_field = MONEY
    rows = Partner.objects.filter(pk__in=RawSQL("SELECT partner_id FROM books_partner", ()))
    return rows.annotate(**named, owed=owed)


def _parts() -> Iterator[tuple[str, RawSQL]]:
    for part in (*PARTS, LEDGER):
        words = f"(SELECT {part} FROM books_partner WHERE partner_id = affiliates_partner.id)"
        yield f"part_{part}", RawSQL(words, (), MONEY)  # noqa: S611 (the words are those above)


def _end(program: Program, on: date) -> datetime:
    """The moment at which a day is over for the program."""
    return datetime.combine(on + timedelta(days=1), time(), zoneinfo.ZoneInfo(program.time_zone))
