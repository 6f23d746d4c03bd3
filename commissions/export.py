"""The commissions as rows of text, as INTERFACE.md promises them."""

from collections.abc import Iterator
from datetime import date

from django.db import connection, transaction

COLUMNS = ("period", "partner", "client", "service_month", "mrr", "rate", "amount", "state")
BLOCK = 5000
# Without a period: every closed month, and of the runs that build on the last of them the newest.
ROWS = """
    SELECT to_char(commission.period_id, 'YYYY-MM'), partner.reference, client.reference,
           to_char(commission.service_month, 'YYYY-MM'), commission.mrr::text,
           CASE WHEN rate = round(rate, 2) THEN round(rate, 2) ELSE rate END::text,
           commission.amount::text, commission.state
    FROM commissions_commission AS commission
    JOIN affiliates_partner AS partner ON partner.id = commission.partner_id
    JOIN clients_client AS client ON client.id = commission.client_id
    WHERE commission.period_id IN (
        SELECT month FROM commissions_period WHERE closed_at IS NOT NULL AND %(period)s::date IS NULL
        UNION
        SELECT period_id FROM (
            SELECT period_id FROM commissions_run JOIN commissions_period ON month = period_id
            WHERE closed_at IS NULL AND %(period)s::date IS NULL
              AND commissions_run.after_id IS NOT DISTINCT FROM
                  (SELECT max(month) FROM commissions_period WHERE closed_at IS NOT NULL)
            ORDER BY started_at DESC LIMIT 1
        ) AS newest
        UNION
        SELECT %(period)s::date
    )
    ORDER BY 1, 2, 3, 4, commission.state COLLATE "C"
"""


def export_rows(period: date | None) -> Iterator[tuple[str, ...]]:
    """This function will give the rows of one period, or of all, sorted, in the order of `COLUMNS`."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(ROWS, {"period": period})
        while rows := cursor.fetchmany(BLOCK):
            yield from rows
