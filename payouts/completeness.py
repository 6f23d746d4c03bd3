"""The proof of a period: every cent received is accounted for, and lines, ledger, payout and statement agree.

It starts from invoices, payments and reversals and shares nothing with the engine: neither its slices nor
its statements. What it finds is compared with what was posted.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from affiliates.money import ZERO, show_money
from affiliates.months import show_month
from clients.models.category import Category
from commissions.models import Period
from payouts.models import Statement, StatementState

MOST_FAILURES = 100

# The facts that the period's run saw, down to each slice of each line, with what became of it.
FACTS = """
    WITH partner AS (
        SELECT DISTINCT ON (partner_id) partner_id, joined_on, terminated_on FROM affiliates_partnerhistory
        WHERE batch_id <= %(batch)s ORDER BY partner_id, batch_id DESC
    ), client AS (
        SELECT DISTINCT ON (client_id) client_id, partner_id, closed_on, canceled_on FROM clients_clienthistory
        WHERE batch_id <= %(batch)s ORDER BY client_id, batch_id DESC
    ), invoice AS (
        SELECT invoice.id, invoice.client_id, invoice.issued_on, invoice.total, sum(payment.amount) AS paid,
               max(payment.received_on) AS collected_on
        FROM clients_invoice AS invoice JOIN clients_payment AS payment ON payment.invoice_id = invoice.id
        WHERE payment.received_on <= %(as_of)s AND payment.batch_id <= %(batch)s
        GROUP BY invoice.id
    ), reversal AS (
        SELECT payment.invoice_id, reversal.occurred_on,
               CASE WHEN kind = 'chargeback_won' THEN -reversal.amount ELSE reversal.amount END AS amount
        FROM clients_reversal AS reversal JOIN clients_payment AS payment ON payment.id = reversal.payment_id
        WHERE reversal.occurred_on <= %(as_of)s AND reversal.batch_id <= %(batch)s
    ), line AS (
        SELECT line.id, invoice.id AS invoice_id, invoice.client_id, invoice.total, invoice.collected_on, line.amount,
               coalesce(mapping.category, line.category) AS category,
               coalesce(line.service_months, 1) AS months,
               date_trunc('month', coalesce(line.service_from, invoice.issued_on)::timestamp) AS first_month
        FROM invoice JOIN clients_invoiceline AS line ON line.invoice_id = invoice.id
        LEFT JOIN clients_categorymapping AS mapping ON mapping.word = line.category AND mapping.batch_id <= %(batch)s
        WHERE invoice.paid = invoice.total AND invoice.issued_on <= %(as_of)s
    ), cut AS (
        SELECT line.*, (first_month + place * interval '1 month')::date AS service_month,
               round(amount * (place + 1) / months, 2) - round(amount * place / months, 2) AS share
        FROM line, generate_series(0, months - 1) AS place
        WHERE category = 'subscription'
    ), reversed AS (
        SELECT month.invoice_id, month.service_month, sum(reversal.amount) AS now,
               coalesce(sum(reversal.amount) FILTER (
                   WHERE reversal.occurred_on < month.service_month + interval '1 month'), 0) AS then
        FROM (SELECT DISTINCT cut.invoice_id, cut.service_month FROM cut) AS month JOIN reversal USING (invoice_id)
        GROUP BY month.invoice_id, month.service_month
    ), slice AS (
        SELECT cut.id AS line_id, cut.client_id, cut.service_month, cut.share, client.partner_id,
               CASE WHEN reversed.now IS NULL THEN cut.share ELSE cut.share - round(cut.share::numeric(40, 20)
                    * least(greatest(reversed.now, 0), cut.total) / cut.total, 2) END AS net,
               CASE WHEN reversed.now IS NULL THEN cut.share ELSE cut.share - round(cut.share::numeric(40, 20)
                    * least(greatest(reversed.then, 0), cut.total) / cut.total, 2) END AS tier_net,
               client.closed_on + interval '1 month' > %(as_of)s AS is_waiting,
               CASE
                   WHEN cut.service_month > %(month)s THEN 'later service months'
                   WHEN client.closed_on > %(as_of)s OR partner.joined_on > %(as_of)s
                   THEN 'client or partner not there yet'
                   WHEN client.canceled_on <= %(as_of)s
                        AND cut.service_month > date_trunc('month', client.canceled_on::timestamp)
                   THEN 'after cancellation'
                   WHEN partner.terminated_on <= %(as_of)s
                        AND (cut.collected_on > partner.terminated_on
                             OR cut.service_month > date_trunc('month', partner.terminated_on::timestamp))
                   THEN 'after termination'
               END AS excluded
        FROM cut JOIN client USING (client_id) JOIN partner USING (partner_id)
        LEFT JOIN reversed USING (invoice_id, service_month)
    )
"""
RECEIVED = """
    SELECT coalesce(sum(amount), 0) FROM clients_payment WHERE received_on <= %(as_of)s AND batch_id <= %(batch)s
"""
# Where each received cent went: (heading, reason, rows, amount). The amounts add up to what was received.
WHEREABOUTS = f"""{FACTS}
    SELECT 'commissioned', '', count(*), coalesce(sum(net), 0) FROM slice WHERE excluded IS NULL AND NOT is_waiting
    UNION ALL
    SELECT 'waiting', '', count(*), coalesce(sum(net), 0) FROM slice WHERE excluded IS NULL AND is_waiting
    UNION ALL
    SELECT 'excluded', 'given back by refunds and chargebacks', count(*), sum(share - net)
    FROM slice WHERE excluded IS NULL AND share <> net HAVING count(*) > 0
    UNION ALL
    SELECT 'excluded', excluded, count(*), sum(share) FROM slice WHERE excluded IS NOT NULL GROUP BY excluded
    UNION ALL
    SELECT 'excluded', 'not subscription: ' || category, count(*), sum(amount) FROM line
    WHERE category <> 'subscription' AND category = ANY (%(categories)s) GROUP BY category
    UNION ALL
    SELECT 'listed for finance', 'category not mapped: ' || category, count(*), sum(amount) FROM line
    WHERE NOT category = ANY (%(categories)s) GROUP BY category
    UNION ALL
    SELECT 'listed for finance', 'invoice partly paid', count(*), sum(paid) FROM invoice
    WHERE paid < total HAVING count(*) > 0
    UNION ALL
    SELECT 'listed for finance', 'paid before the invoice''s day', count(*), sum(paid) FROM invoice
    WHERE paid = total AND issued_on > %(as_of)s HAVING count(*) > 0
    ORDER BY 1, 2
"""
# Posted so far, and waiting, against the rules (6 to 9), for every partner, client and service month.
COMMISSIONS = f"""{FACTS}, month AS (
        SELECT partner_id, service_month, sum(tier_net) AS mrr FROM slice WHERE excluded IS NULL GROUP BY 1, 2
    ), rated AS (
        SELECT month.*, (
            SELECT rate FROM commissions_tier AS tier
            WHERE tier.plan_id = coalesce((
                SELECT plan_id FROM commissions_planassignment AS given
                WHERE given.partner_id = month.partner_id AND given.first_month <= month.service_month
                  AND given.batch_id <= %(batch)s ORDER BY first_month DESC, id DESC LIMIT 1),
                (SELECT id FROM commissions_plan WHERE is_standard))
            ORDER BY tier.threshold <= month.mrr DESC, abs(tier.threshold - month.mrr) LIMIT 1) AS rate
        FROM month
    ), due AS (
        SELECT partner_id, client_id, service_month,
               CASE WHEN bool_or(is_waiting) THEN 'waiting' ELSE 'posted' END AS state,
               round(rate * sum(net), 2) AS amount
        FROM slice JOIN rated USING (partner_id, service_month)
        WHERE excluded IS NULL GROUP BY partner_id, client_id, service_month, rate
    ), found AS (
        SELECT commission.partner_id, commission.client_id, commission.service_month, commission.state,
               sum(commission.amount) AS amount
        FROM commissions_commission AS commission JOIN commissions_period AS period ON period.month = period_id
        WHERE (period_id = %(month)s OR (state = 'posted' AND period_id < %(month)s AND period.closed_at IS NOT NULL))
        GROUP BY 1, 2, 3, 4
    )
    SELECT partner.reference, client.reference, to_char(service_month, 'YYYY-MM'), state,
           coalesce(due.amount, 0), coalesce(found.amount, 0)
    FROM due FULL JOIN found USING (partner_id, client_id, service_month, state)
    LEFT JOIN affiliates_partner AS partner ON partner.id = partner_id
    LEFT JOIN clients_client AS client ON client.id = client_id
    WHERE coalesce(due.amount, 0) <> coalesce(found.amount, 0)
    ORDER BY 1, 2, 3, 4
"""
LEDGER = """
    SELECT partner.reference, coalesce(lines.amount, 0), coalesce(entry.amount, 0)
    FROM (SELECT partner_id, sum(amount) AS amount FROM commissions_commission
          WHERE period_id = %(month)s AND state = 'posted' GROUP BY partner_id) AS lines
    FULL JOIN (SELECT partner_id, sum(amount) AS amount FROM commissions_ledgerentry
               WHERE period_id = %(month)s AND kind = 'commission' GROUP BY partner_id) AS entry USING (partner_id)
    LEFT JOIN affiliates_partner AS partner ON partner.id = partner_id
    WHERE coalesce(lines.amount, 0) <> coalesce(entry.amount, 0)
    ORDER BY 1
"""
PAYOUTS = """
    SELECT partner.reference, payout.payable, -coalesce(entry.amount, 0)
    FROM payouts_payout AS payout JOIN affiliates_partner AS partner ON partner.id = payout.partner_id
    LEFT JOIN commissions_ledgerentry AS entry ON entry.id = payout.entry_id
    WHERE payout.period_id = %(month)s
      AND ((payout.state = 'paid' AND payout.payable IS DISTINCT FROM -entry.amount)
           OR (payout.payable IS NOT NULL AND payout.payable + payout.withheld <> payout.amount))
    ORDER BY 1
"""
STATEMENTS = """
    SELECT partner.reference, statement.closing, coalesce(ledger.closing, 0)
    FROM payouts_statement AS statement JOIN affiliates_partner AS partner ON partner.id = statement.partner_id
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE dated_on < %(month)s), 0) AS opening,
               coalesce(sum(amount) FILTER (WHERE dated_on >= %(month)s AND kind = 'commission'), 0) AS commissions,
               sum(amount) AS closing
        FROM commissions_ledgerentry WHERE partner_id = partner.id AND dated_on <= %(as_of)s
    ) AS ledger ON true
    WHERE statement.period_id = %(month)s AND statement.state = 'issued'
      AND (statement.opening, statement.commissions, statement.closing)
          IS DISTINCT FROM (coalesce(ledger.opening, 0), coalesce(ledger.commissions, 0), coalesce(ledger.closing, 0))
    ORDER BY 1
"""


class PeriodWasNotRun(Exception):
    """There is nothing to prove about a month that was not computed."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a share of the received money went."""

    heading: str
    reason: str
    rows: int
    amount: Decimal


@dataclass(slots=True)
class Proof:
    """What was counted for a period, and each thing that does not agree, in words."""

    month: date
    is_closed: bool
    received: Decimal = ZERO
    whereabouts: list[Whereabouts] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def prove_period(month: date) -> Proof:
    """This function will prove a period that was computed, on the facts that its run saw.

    :raises PeriodWasNotRun: there is no finished run
    """
    period = Period.objects.filter(month=month, run__state="done").select_related("run").first()
    if period is None:
        name = show_month(month)
        raise PeriodWasNotRun(f"{name} was not computed; run it with run_commissions {name}")
    parameters = {
        "month": month,
        "as_of": period.as_of,
        "batch": period.run.batch_id or 0,
        "categories": Category.values,
    }
    proof = Proof(month, period.is_closed)
    _prove_money(proof, parameters)
    _compare(proof, "commissions of partner, client and month", COMMISSIONS, parameters)
    if period.is_closed:
        _compare(proof, "lines against the ledger, by partner", LEDGER, parameters)
        _compare(proof, "payouts against the ledger", PAYOUTS, parameters)
        _compare(proof, "statements against the ledger", STATEMENTS, parameters)
        _check_files(proof)
    return proof


def _rows(query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _prove_money(proof: Proof, parameters: dict[str, Any]) -> None:
    ((proof.received,),) = _rows(RECEIVED, parameters)
    proof.whereabouts = [Whereabouts(*row) for row in _rows(WHEREABOUTS, parameters)]
    found = sum((place.amount for place in proof.whereabouts), ZERO)
    if found != proof.received:
        proof.failures.append(
            f"Received {show_money(proof.received)}, accounted for {show_money(found)}: "
            f"{show_money(proof.received - found)} is missing"
        )


def _compare(proof: Proof, name: str, query: str, parameters: dict[str, Any]) -> None:
    rows = _rows(query, parameters)
    proof.checked.append(f"{name}: {'agree' if not rows else f'{len(rows):,} differ'}")
    for *keys, expected, found in rows[:MOST_FAILURES]:
        who = ", ".join(map(str, keys))
        proof.failures.append(f"{name}: {who}: should be {expected}, is {found}")
    if len(rows) > MOST_FAILURES:
        proof.failures.append(f"{name}: … and {len(rows) - MOST_FAILURES:,} more")


def _check_files(proof: Proof) -> None:
    issued = Statement.objects.filter(period=proof.month, state=StatementState.ISSUED).select_related("partner")
    differing = 0
    for statement in issued.iterator():
        with statement.file.open("rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != statement.sha256:
                differing += 1
                proof.failures.append(f"statement {statement.number}: its file is not the one that was issued")
    proof.checked.append(f"statement files against their SHA-256: {f'{differing:,} differ' if differing else 'agree'}")
