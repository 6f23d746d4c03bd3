"""What PostgreSQL needs for the same result without a product around it: one hand-written statement.

It reads plain tables (no foreign keys, checks, triggers or other indexes than the result's own natural key),
knows only the standard plan, posts everything at once, and keeps no record of what it saw. `Commission` rows
and the partners' sums must come out the same as the engine's, which `differences` proves row by row.
"""

from datetime import date

from psycopg2.extensions import connection as Connection  # noqa: N812

from affiliates.months import last_day

COLUMNS = (
    "period_id, partner_id, client_id, service_month, state, mrr, rate, base, target, posted_before, amount,"
    " waiting_until"
)
TABLES = f"""
    CREATE SCHEMA floor;
    CREATE TABLE floor.partner AS SELECT id, terminated_on FROM affiliates_partner;
    CREATE TABLE floor.client AS SELECT id, partner_id, closed_on, canceled_on FROM clients_client ORDER BY id;
    CREATE TABLE floor.invoice AS SELECT id, client_id, issued_on, total FROM clients_invoice ORDER BY id;
    CREATE TABLE floor.line AS
        SELECT id, invoice_id, category, amount, service_from, service_months FROM clients_invoiceline ORDER BY id;
    CREATE TABLE floor.payment AS SELECT id, invoice_id, amount, received_on FROM clients_payment ORDER BY id;
    CREATE TABLE floor.reversal AS SELECT payment_id, kind, amount, occurred_on FROM clients_reversal;
    CREATE TABLE floor.commission AS SELECT {COLUMNS} FROM commissions_commission WHERE false;
    ALTER TABLE floor.commission ADD PRIMARY KEY (partner_id, service_month, client_id, state);
    CREATE TABLE floor.ledger AS SELECT partner_id, amount FROM commissions_ledgerentry WHERE false;
"""
SETTINGS = "SET work_mem = '1GB'; SET jit = off; SET max_parallel_workers_per_gather = 0"
POST = f"""
    INSERT INTO floor.commission ({COLUMNS})
    WITH collected AS (
        SELECT invoice.id, client_id, total, collected_on
        FROM floor.invoice AS invoice
        JOIN (SELECT invoice_id, sum(amount) AS paid, max(received_on) AS collected_on
              FROM floor.payment WHERE received_on <= %(as_of)s GROUP BY invoice_id) AS payment
          ON payment.invoice_id = invoice.id AND payment.paid = invoice.total
        WHERE issued_on <= %(as_of)s
    ), reversed AS (
        SELECT invoice_id, array_agg(occurred_on) AS days,
               array_agg(CASE kind WHEN 'chargeback_won' THEN -reversal.amount ELSE reversal.amount END) AS amounts
        FROM floor.reversal AS reversal JOIN floor.payment AS payment ON payment.id = reversal.payment_id
        WHERE occurred_on <= %(as_of)s
        GROUP BY invoice_id
    ), slice AS (
        SELECT client_id, collected_on, total, days, amounts, month::date AS service_month,
               CASE WHEN service_months = 1 THEN amount
                    ELSE round(amount * (place + 1) / service_months, 2) - round(amount * place / service_months, 2)
               END AS amount
        FROM floor.line AS line
        JOIN collected ON collected.id = line.invoice_id
        LEFT JOIN reversed USING (invoice_id)
        CROSS JOIN LATERAL (
            SELECT 0 AS place, date_trunc('month', service_from::timestamp) AS month WHERE service_months = 1
            UNION ALL
            SELECT place, date_trunc('month', service_from::timestamp) + make_interval(months => place)
            FROM generate_series(0, service_months - 1) AS place WHERE service_months > 1
        ) AS months
        WHERE category = 'subscription'
    ), net AS (
        SELECT partner_id, client.id AS client_id, closed_on, service_month,
               sum(CASE WHEN days IS NULL THEN slice.amount ELSE slice.amount - round(slice.amount * least(greatest(
                   (SELECT sum(amount) FROM unnest(amounts) AS amount), 0), total) / total, 2) END) AS base,
               sum(CASE WHEN days IS NULL THEN slice.amount ELSE slice.amount - round(slice.amount * least(greatest(
                   (SELECT coalesce(sum(amount), 0) FROM unnest(days, amounts) AS change(day, amount)
                    WHERE day < service_month + interval '1 month'), 0), total) / total, 2) END) AS mrr
        FROM slice
        JOIN floor.client AS client ON client.id = slice.client_id
        JOIN floor.partner AS partner ON partner.id = client.partner_id
        WHERE closed_on <= %(as_of)s AND service_month <= %(month)s
          AND (canceled_on IS NULL OR canceled_on > %(as_of)s
               OR service_month <= date_trunc('month', canceled_on::timestamp))
          AND (terminated_on IS NULL OR terminated_on > %(as_of)s
               OR (collected_on <= terminated_on
                   AND service_month <= date_trunc('month', terminated_on::timestamp)))
        GROUP BY partner_id, client.id, closed_on, service_month
    ), rated AS (
        SELECT partner_id, service_month, client_id, base, (closed_on + interval '1 month')::date AS matured_on,
               sum(mrr) OVER (PARTITION BY partner_id, service_month) AS mrr
        FROM net
    ), due AS (
        SELECT *, CASE WHEN mrr >= 5000 THEN 0.30 ELSE 0.20 END AS rate,
               round(CASE WHEN mrr >= 5000 THEN 0.30 ELSE 0.20 END * base, 2) AS target
        FROM rated
    )
    SELECT %(month)s, partner_id, client_id, service_month,
           CASE WHEN matured_on > %(as_of)s THEN 'waiting' ELSE 'posted' END, mrr, rate, base, target, 0, target,
           CASE WHEN matured_on > %(as_of)s THEN matured_on END
    FROM due WHERE target <> 0
    ORDER BY partner_id, service_month, client_id
"""
LEDGER = """
    INSERT INTO floor.ledger
    SELECT partner_id, sum(amount) FROM floor.commission WHERE state = 'posted'
    GROUP BY partner_id HAVING sum(amount) <> 0
"""
DIFFERENCES = """
    SELECT count(*) FROM (
        ({ours} EXCEPT ALL {floors}) UNION ALL ({floors} EXCEPT ALL {ours})
    ) AS difference
"""
COMMISSIONS = DIFFERENCES.format(
    ours=f"SELECT {COLUMNS} FROM commissions_commission WHERE period_id = %(month)s",
    floors=f"SELECT {COLUMNS} FROM floor.commission",
)
LEDGER_ENTRIES = DIFFERENCES.format(
    ours="SELECT partner_id, amount FROM commissions_ledgerentry WHERE period_id = %(month)s",
    floors="SELECT partner_id, amount FROM floor.ledger",
)


def lay_tables(owner: Connection) -> None:
    """This function will copy what the floor reads into plain tables of their own."""
    with owner.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute("VACUUM ANALYZE")


def compute(owner: Connection, month: date) -> int:
    """This function will compute a month with everything before it and say how many rows it wrote."""
    with owner.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute("BEGIN")
        cursor.execute(POST, {"month": month, "as_of": last_day(month)})
        rows = cursor.rowcount
        cursor.execute(LEDGER)
        cursor.execute("COMMIT")
    return int(rows)


def empty(owner: Connection) -> None:
    """This function will take the floor's result away, to compute it again."""
    with owner.cursor() as cursor:
        cursor.execute("TRUNCATE floor.commission, floor.ledger")


def differences(owner: Connection, month: date) -> int:
    """How many rows only one of the two has."""
    with owner.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(f"SELECT ({COMMISSIONS}) + ({LEDGER_ENTRIES})", {"month": month})
        (count,) = cursor.fetchone() or (0,)
        return int(count)
