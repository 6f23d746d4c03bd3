"""Targets, and what is missing to them: RULES 4 to 9 in one statement for a part's partners."""

from datetime import date
from decimal import Decimal

from django.db import connection

from commissions.engine.inputs import Scope

# The slices that count (RULES 5), before reversals: all of them in one pass, or those of touched pairs by index.
# `OFFSET 0` keeps a walk through the whole history away, however the planner judges it.
ALL_SLICES = """NOT MATERIALIZED (
    SELECT client.partner_id, client_id, slice.service_month, slice.line_id, slice.invoice_id, slice.amount
    FROM clients_slice AS slice JOIN engine_client AS client USING (client_id)
    WHERE {counts}
)"""
TOUCHED_SLICES = """MATERIALIZED (
    SELECT client.partner_id, client.client_id, slice.service_month, slice.line_id, slice.invoice_id, slice.amount
    FROM engine_pair AS pair
    JOIN engine_client AS client ON client.partner_id = pair.partner_id AND client.last_month >= pair.service_month
    CROSS JOIN LATERAL (
        SELECT * FROM clients_slice
        WHERE client_id = client.client_id AND service_month = pair.service_month OFFSET 0
    ) AS slice
    WHERE {counts}
)"""
COUNTS = """slice.known_from <= %(as_of)s AND slice.batch_id <= %(batch)s
      AND slice.service_month <= client.last_month AND slice.collected_on <= client.collected_by"""
ALL_POSTED = "commissions_commission AS commission"
TOUCHED_POSTED = """engine_pair AS pair CROSS JOIN LATERAL (
            SELECT * FROM commissions_commission
            WHERE partner_id = pair.partner_id AND service_month = pair.service_month OFFSET 0
        ) AS commission"""

COUNTED = """
    SELECT partner_id, client_id, service_month, sum(amount) AS amount
    FROM slice
    GROUP BY partner_id, client_id, service_month
"""
# What reversals took from it (RULES 4): `now` at as_of, for the commission itself, and `then` at the end of
# the service month, for the tier (RULES 6). Few invoices have any, so this is apart from the large sum.
LOST = """
    SELECT client_id, service_month,
           sum(round(amount::numeric(40, 20) * least(greatest(now, 0), total) / total, 2)) AS now,
           sum(round(amount::numeric(40, 20) * least(greatest("then", 0), total) / total, 2)) AS then
    FROM (
        SELECT slice.client_id, slice.service_month, slice.line_id, slice.amount, invoice.total,
               sum(change.amount) AS now,
               coalesce(sum(change.amount) FILTER (
                   WHERE change.occurred_on < slice.service_month + interval '1 month'), 0) AS then
        FROM (
            SELECT payment.invoice_id, reversal.occurred_on,
                   CASE reversal.kind WHEN 'chargeback_won' THEN -reversal.amount ELSE reversal.amount END AS amount
            FROM clients_reversal AS reversal JOIN clients_payment AS payment ON payment.id = reversal.payment_id
            WHERE reversal.occurred_on <= %(as_of)s AND reversal.batch_id <= %(batch)s
        ) AS change
        JOIN clients_invoice AS invoice ON invoice.id = change.invoice_id
        JOIN slice ON slice.client_id = invoice.client_id AND slice.invoice_id = invoice.id
        GROUP BY slice.client_id, slice.service_month, slice.line_id, slice.amount, invoice.total
    ) AS reversed
    GROUP BY client_id, service_month
"""
# The rate of a partner's month (RULES 6): of the plan given for the latest month up to it, the highest tier
# that the MRR reaches, and the lowest one below all of them.
RATED = """
    SELECT month.partner_id, month.service_month, month.mrr, tier.rate
    FROM month
    CROSS JOIN LATERAL (
        SELECT coalesce(
            (SELECT plan_id FROM commissions_planassignment
             WHERE partner_id = month.partner_id AND first_month <= month.service_month AND batch_id <= %(batch)s
             ORDER BY first_month DESC, id DESC LIMIT 1),
            (SELECT id FROM commissions_plan WHERE is_standard)) AS id
    ) AS plan
    CROSS JOIN LATERAL (
        SELECT rate FROM commissions_tier WHERE plan_id = plan.id
        ORDER BY threshold <= month.mrr DESC, CASE WHEN threshold <= month.mrr THEN -threshold ELSE threshold END
        LIMIT 1
    ) AS tier
"""
# What each client's service month comes to: its month's MRR and rate, its own part, its target and what was posted.
DUE = """
    WITH slice AS {slices}, counted AS ({counted}), lost AS ({lost}), earned AS (
        SELECT partner_id, client_id, service_month,
               amount - coalesce(lost.now, 0) AS base, amount - coalesce(lost.then, 0) AS mrr
        FROM counted LEFT JOIN lost USING (client_id, service_month)
    ), posted AS (
        SELECT commission.partner_id, commission.client_id, commission.service_month, sum(commission.amount) AS amount
        FROM {posted} JOIN commissions_period AS period ON period.month = commission.period_id
        WHERE commission.state = 'posted' AND period.closed_at IS NOT NULL AND period.month < %(month)s
          AND commission.partner_id BETWEEN %(first)s AND %(last)s
        GROUP BY commission.partner_id, commission.client_id, commission.service_month
    ), month AS (
        SELECT partner_id, service_month, sum(mrr) AS mrr
        FROM (SELECT partner_id, service_month, mrr FROM earned
              UNION ALL SELECT DISTINCT partner_id, service_month, 0 FROM posted) AS part
        GROUP BY partner_id, service_month
    ), rated AS MATERIALIZED ({rated}), due AS MATERIALIZED (
        SELECT partner_id, client_id, service_month, rated.mrr, rated.rate, coalesce(earned.base, 0) AS base,
               round(rated.rate * coalesce(earned.base, 0), 2) AS full_target, client.matured_on,
               coalesce(posted.amount, 0) AS posted_before
        FROM earned FULL JOIN posted USING (partner_id, client_id, service_month)
        JOIN rated USING (partner_id, service_month)
        LEFT JOIN (SELECT client_id, matured_on FROM engine_client) AS client USING (client_id)
    )
"""
DIFFERENCES = f"""
    {DUE}
    SELECT %(month)s, partner_id, client_id, service_month, 'posted', mrr, rate, base, target, posted_before,
           target - posted_before, NULL
    FROM (SELECT *, CASE WHEN matured_on > %(as_of)s THEN 0 ELSE full_target END AS target FROM due) AS settled
    WHERE target <> posted_before
    UNION ALL
    SELECT %(month)s, partner_id, client_id, service_month, 'waiting', mrr, rate, base, full_target, 0,
           full_target, matured_on
    FROM due WHERE matured_on > %(as_of)s AND full_target <> 0
    ORDER BY 2, 4, 3
"""


INSERT = """
    INSERT INTO commissions_commission (period_id, partner_id, client_id, service_month, state, mrr, rate, base,
                                        target, posted_before, amount, waiting_until)
"""
TAKEN_BACK = """
    SELECT coalesce(-sum(amount), 0)
    FROM ({differences}) AS due (period, partner, client, service_month, state, mrr, rate, base, target, posted_before,
                                 amount, waiting_until)
    WHERE state = 'posted' AND amount < 0
"""

BY_MONTH = """
    SELECT service_month, sum(amount) FILTER (WHERE state = 'posted'), sum(amount) FILTER (WHERE state = 'waiting')
    FROM ({differences}) AS due (period, partner, client, service_month, state, mrr, rate, base, target, posted_before,
                                 amount, waiting_until)
    GROUP BY service_month
"""


LOSSES = """
    SELECT client, service_month, posted_before, target, -amount
    FROM ({differences}) AS due (period, partner, client, service_month, state, mrr, rate, base, target, posted_before,
                                 amount, waiting_until)
    WHERE state = 'posted' AND amount < 0
    ORDER BY amount, service_month, client
"""


def post(scope: Scope) -> None:
    """This function will add the part's posted and waiting amounts to the period."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT + _differences(scope), scope.parameters())


def would_take_back(scope: Scope) -> Decimal:
    """What a run of this scope would take back: the sum of its negative amounts, as a positive one."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_BACK.format(differences=_differences(scope)), scope.parameters())
        (amount,) = cursor.fetchone()
        return Decimal(amount)


def would_post(scope: Scope) -> dict[date, tuple[Decimal, Decimal]]:
    """What a run of this scope would post, and what it would hold back, by service month."""
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH.format(differences=_differences(scope)), scope.parameters())
        return {month: (posted or Decimal(0), waiting or Decimal(0)) for month, posted, waiting in cursor.fetchall()}


def losses(scope: Scope) -> list[tuple[int, date, Decimal, Decimal, Decimal]]:
    """What `would_take_back` is the sum of, largest first.

    For each client's key and service month: what was posted before, the target, and what is taken back.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOSSES.format(differences=_differences(scope)), scope.parameters())
        return list(cursor.fetchall())


def _differences(scope: Scope) -> str:
    return complete(DIFFERENCES, scope)


def complete(statement: str, scope: Scope) -> str:
    """A statement that begins with `DUE`, with what it reads in a scope."""
    slices = ALL_SLICES if scope.is_full else TOUCHED_SLICES
    return statement.format(
        slices=slices.format(counts=COUNTS),
        counted=COUNTED,
        lost=LOST,
        posted=ALL_POSTED if scope.is_full else TOUCHED_POSTED,
        rated=RATED,
    )
