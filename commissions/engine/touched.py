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
    FROM engine_client AS client
    JOIN clients_slice AS slice ON slice.client_id = client.client_id
     AND slice.service_month > %(since_month)s AND slice.service_month <= %(month)s
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
# Clients that matured, closed, cancelled or were changed since, or that are still waiting; and all clients
# of partners that joined, ended, were changed or were given another plan since.
CHANGED_CLIENTS = """
    CREATE TEMP TABLE engine_changed ON COMMIT DROP AS
    SELECT client_id FROM engine_client
    WHERE matured_on > %(since_as_of)s OR canceled_on > %(since_as_of)s
    UNION
    SELECT client_id FROM clients_clienthistory
    WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s
    UNION
    SELECT client_id FROM clients_clienthistory WHERE partner_id IN (
        SELECT partner_id FROM affiliates_partnerhistory
        WHERE batch_id <= %(batch)s
          AND (batch_id > %(since_batch)s
               OR (joined_on > %(since_as_of)s AND joined_on <= %(as_of)s)
               OR (terminated_on > %(since_as_of)s AND terminated_on <= %(as_of)s))
        UNION
        SELECT partner_id FROM commissions_planassignment
        WHERE batch_id > %(since_batch)s AND batch_id <= %(batch)s
    )
"""
MONTHS_OF_CHANGED = """
    SELECT slice.client_id, slice.service_month
    FROM engine_changed JOIN clients_slice AS slice USING (client_id)
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
