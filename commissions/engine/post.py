"""Targets, and what is missing to them: RULES 4 to 9 in one statement for a part's partners."""

from decimal import Decimal

from django.db import connection

from commissions.engine.inputs import Scope

ALL_SLICES = "clients_slice AS slice JOIN engine_client AS client USING (client_id)"
TOUCHED_SLICES = """engine_pair AS pair JOIN engine_client AS client USING (partner_id)
        JOIN clients_slice AS slice ON slice.client_id = client.client_id AND slice.service_month = pair.service_month"""
ALL_POSTED = "commissions_commission AS commission"
TOUCHED_POSTED = """engine_pair AS pair JOIN commissions_commission AS commission
        ON commission.partner_id = pair.partner_id AND commission.service_month = pair.service_month"""

# What counts (RULES 5), before reversals.
COUNTED = """
    SELECT client.partner_id, client.client_id, slice.service_month, sum(slice.amount) AS amount
    FROM {slices}
    WHERE slice.known_from <= %(as_of)s AND slice.batch_id <= %(batch)s
      AND slice.service_month <= client.last_month AND slice.collected_on <= client.collected_by
    GROUP BY client.partner_id, client.client_id, slice.service_month
"""
# What reversals took from it (RULES 4): `now` at as_of, for the commission itself, and `then` at the end of
# the service month, for the tier (RULES 6). Few invoices have any, so this is apart from the large sum.
LOST = """
    SELECT slice.client_id, slice.service_month,
           sum(round(slice.amount::numeric(40, 20) * least(greatest(reversed.now, 0), reversed.total)
                     / reversed.total, 2)) AS now,
           sum(round(slice.amount::numeric(40, 20) * least(greatest(reversed.then, 0), reversed.total)
                     / reversed.total, 2)) AS then
    FROM (
        SELECT slice.line_id, slice.service_month, invoice.total,
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
        JOIN engine_client AS client USING (client_id)
        {touched}
        JOIN clients_slice AS slice ON slice.client_id = client.client_id AND slice.invoice_id = invoice.id {same_month}
        GROUP BY slice.line_id, slice.service_month, invoice.total
    ) AS reversed
    JOIN clients_slice AS slice USING (line_id, service_month)
    JOIN engine_client AS client USING (client_id)
    WHERE slice.known_from <= %(as_of)s AND slice.batch_id <= %(batch)s
      AND slice.service_month <= client.last_month AND slice.collected_on <= client.collected_by
    GROUP BY slice.client_id, slice.service_month
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
DIFFERENCES = """
    WITH counted AS ({counted}), lost AS ({lost}), earned AS (
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


def _differences(scope: Scope) -> str:
    lost = LOST.format(
        touched="" if scope.is_full else "JOIN engine_pair AS pair ON pair.partner_id = client.partner_id",
        same_month="" if scope.is_full else "AND slice.service_month = pair.service_month",
    )
    return DIFFERENCES.format(
        counted=COUNTED.format(slices=ALL_SLICES if scope.is_full else TOUCHED_SLICES),
        lost=lost,
        posted=ALL_POSTED if scope.is_full else TOUCHED_POSTED,
        rated=RATED,
    )
