"""Which (partner, service month) pairs can have changed since the last closed period.

Every other pair was settled when that period closed and would come out the same: its slices, reversals,
dates, partner and plan are what they were. `--full` leaves this out and must agree.
"""

from django.db import connection

from commissions.engine.inputs import Scope

# Slices that came: recorded since, collected since, or paid in advance for a month that has come.
NEW_SLICES = """
    SELECT client_id, service_month FROM clients_slice
    WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s
    UNION
    SELECT client_id, service_month FROM clients_slice
    WHERE known_from > %(since_as_of)s AND known_from <= %(as_of)s AND batch_id <= %(batch)s
    UNION
    SELECT slice.client_id, slice.service_month
    FROM engine_client AS client CROSS JOIN LATERAL (
        SELECT client_id, service_month FROM clients_slice
        WHERE client_id = client.client_id AND service_month > %(since_month)s AND service_month <= %(month)s OFFSET 0
    ) AS slice
    WHERE client.last_month > %(since_month)s
"""
# Slices whose money was reversed, or won back, since.
NEW_REVERSALS = """
    SELECT slice.client_id, slice.service_month
    FROM (
        SELECT payment_id FROM clients_reversal
        WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s AND occurred_on <= %(as_of)s
        UNION
        SELECT payment_id FROM clients_reversal
        WHERE occurred_on > %(since_as_of)s AND occurred_on <= %(as_of)s AND batch_id <= %(batch)s
    ) AS reversal
    JOIN clients_payment AS payment ON payment.id = reversal.payment_id
    JOIN clients_invoice AS invoice ON invoice.id = payment.invoice_id
    JOIN clients_slice AS slice ON slice.client_id = invoice.client_id AND slice.invoice_id = invoice.id
"""
# Clients that matured, closed, cancelled or were changed since, or that are still waiting, and all clients of
# partners that joined, ended, were changed or were given another plan since; with the first service month that
# it can matter to. A cancellation leaves the months up to its own as they were, so that those who cancel do not
# bring back the whole history of their partners.
CHANGED_CLIENTS = """
    CREATE TEMP TABLE engine_changed ON COMMIT DROP AS
    SELECT client_id, min(first_month) AS first_month FROM (
        SELECT client_id, '-infinity'::date AS first_month FROM engine_client WHERE matured_on > %(since_as_of)s
        UNION ALL
        SELECT client_id, date_trunc('month', canceled_on::timestamp)::date FROM engine_client
        WHERE canceled_on > %(since_as_of)s
        UNION ALL
        SELECT client_id,
               CASE WHEN (changed.partner_id, changed.closed_on) IS DISTINCT FROM (before.partner_id, before.closed_on)
                    THEN '-infinity'
                    ELSE date_trunc('month', least(changed.canceled_on, before.canceled_on)::timestamp)::date END
        FROM clients_clienthistory AS changed
        LEFT JOIN LATERAL (
            SELECT partner_id, closed_on, canceled_on FROM clients_clienthistory AS earlier
            WHERE earlier.client_id = changed.client_id AND earlier.batch_id < changed.batch_id
            ORDER BY batch_id DESC LIMIT 1
        ) AS before ON true
        WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s
        UNION ALL
        SELECT client_id, '-infinity' FROM clients_clienthistory WHERE partner_id IN (
            SELECT partner_id FROM affiliates_partnerhistory
            WHERE batch_id <= %(batch)s
              AND (batch_id > %(since_batch)s
                   OR (joined_on > %(since_as_of)s AND joined_on <= %(as_of)s)
                   OR (terminated_on > %(since_as_of)s AND terminated_on <= %(as_of)s))
            UNION
            SELECT partner_id FROM commissions_planassignment
            WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s
        )
    ) AS changed
    GROUP BY client_id
"""
MONTHS_OF_CHANGED = """
    SELECT slice.client_id, slice.service_month
    FROM engine_changed JOIN clients_slice AS slice USING (client_id)
    WHERE slice.service_month >= first_month
"""
# A client that moved touches its old partners' months as well as its new one's.
PAIRS = f"""
    CREATE TEMP TABLE engine_pair ON COMMIT DROP AS
    SELECT DISTINCT history.partner_id, touched.service_month
    FROM ({NEW_SLICES} UNION {NEW_REVERSALS} UNION {MONTHS_OF_CHANGED}) AS touched
    JOIN clients_clienthistory AS history ON history.client_id = touched.client_id AND history.batch_id <= %(batch)s
    WHERE history.partner_id BETWEEN %(first)s AND %(last)s AND touched.service_month <= %(month)s
"""


def find_touched(scope: Scope) -> None:
    """This function will list the touched pairs of the part's partners in `engine_pair`."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED_CLIENTS, scope.parameters())
        cursor.execute("ANALYZE engine_changed")
        cursor.execute(PAIRS, scope.parameters())
        cursor.execute("CREATE UNIQUE INDEX ON engine_pair (partner_id, service_month); ANALYZE engine_pair")
