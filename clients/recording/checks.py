"""What only the database can tell about staged rows: unknown keys, repeats, sums. One query a rule.

Each query gives rows of (line, key, column, what is wrong, what would be right). A row that refers to
something that was itself refused is not reported a second time.
"""

from django.db import connection
from django.db.backends.utils import CursorWrapper

from clients.recording.problems import SHOWN, Problem, Problems

# The same key twice in one table: fine where the rows say the same, a contradiction otherwise.
REPEATED = """
    SELECT min(at) AS line, '{kind} ' || min({key}) AS key, '{key}' AS name,
           CASE WHEN min({key}) <> max({key}) THEN 'differs only in case from another key in the same table'
                ELSE 'stands here more than once with different values, last in line ' || max(at) END,
           'give each {kind} a key of its own'
    FROM stage_{kind}s
    GROUP BY upper({key})
    HAVING count(*) > 1 AND count(DISTINCT ({values})) > 1
"""
CASE_DIFFERS = """
    SELECT staged.at, '{kind} ' || staged.{key}, '{key}',
           'differs only in case from the known “' || known.reference || '”',
           'write the known key as it is, or choose another one'
    FROM stage_{kind}s AS staged JOIN {table} AS known ON upper(known.reference) = upper(staged.{key})
    WHERE known.reference <> staged.{key}
"""
UNKNOWN = """
    SELECT staged.at, '{kind} ' || staged.{own}, '{other}', 'there is no {other} “' || staged.{other} || '”',
           'name a known {other}, or record it too'
    FROM {staged} AS staged
    WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE upper(known.reference) = upper(staged.{other})
                      AND known.reference = staged.{other})
      AND NOT EXISTS (SELECT FROM {staged_other} AS known WHERE known.{other_key} = staged.{other})
      AND NOT EXISTS (SELECT FROM stage_refused
                      WHERE kind = '{other}s' AND (key = staged.{other} OR key IS NULL))
"""
OTHER_VALUES = """
    SELECT staged.at, '{kind} ' || staged.{kind}, '{kind}', 'is recorded already with other values ({known})',
           'what was recorded stays; correct it by a further {further}'
    FROM stage_{kind}s AS staged
    JOIN {table} AS own ON upper(own.reference) = upper(staged.{kind}) AND own.reference = staged.{kind}
    JOIN {parent_table} AS parent ON parent.id = own.{parent}_id
    WHERE ({staged}) IS DISTINCT FROM ({own})
"""

# For each kind what makes a row the same row, and what it says: the lines of an invoice are numbered.
REPEAT_KEYS = {
    "partners": "upper(partner)",
    "clients": "upper(client)",
    "invoices": "upper(invoice), line",
    "payments": "upper(payment)",
    "reversals": "upper(reversal)",
}

REPEATS = {
    "partners": REPEATED.format(
        kind="partner",
        key="partner",
        values="partner, name, kind, email, joined_on, terminated_on, terminated_by",
    ),
    "clients": REPEATED.format(
        kind="client", key="client", values="client, partner, name, domain, closed_on, canceled_on"
    ),
    "invoices": """
    SELECT min(at), 'invoice ' || min(invoice), 'line', 'line ' || line || ' stands here more than once',
           'number the lines of an invoice differently'
    FROM stage_invoices GROUP BY upper(invoice), line
    HAVING count(*) > 1
       AND count(DISTINCT (invoice, client, issued_on, category, amount, service_from, service_months)) > 1
    """,
    "payments": REPEATED.format(kind="payment", key="payment", values="payment, invoice, amount, received_on"),
    "reversals": REPEATED.format(
        kind="reversal", key="reversal", values="reversal, payment, kind, amount, occurred_on"
    ),
}
PARTNER_CHECKS = (
    CASE_DIFFERS.format(kind="partner", key="partner", table="affiliates_partner"),
    """
    SELECT at, 'partner ' || partner, 'terminated_on', 'lies before joined_on',
           'a partner ends on the day it joined or later'
    FROM stage_partners WHERE terminated_on < joined_on
    """,
)
CLIENT_CHECKS = (
    CASE_DIFFERS.format(kind="client", key="client", table="clients_client"),
    UNKNOWN.format(
        kind="client",
        own="client",
        other="partner",
        table="affiliates_partner",
        staged="stage_clients",
        staged_other="stage_partners",
        other_key="partner",
    ),
    """
    SELECT at, 'client ' || client, 'canceled_on', 'lies before closed_on',
           'a client cancels on the day it closed or later'
    FROM stage_clients WHERE canceled_on < closed_on
    """,
)
INVOICE_CHECKS = (
    """
    SELECT at, 'invoice ' || reference, problem.name, problem.wrong, problem.right_way
    FROM stage_invoice_heads AS head, LATERAL (
        SELECT 'invoice', 'differs only in case from another key in the same table',
               'give each invoice a key of its own'
        WHERE reference <> other_reference
        UNION ALL
        SELECT 'client', 'has lines for different clients', 'an invoice is for one client' WHERE client <> other_client
        UNION ALL
        SELECT 'issued_on', 'has lines with different days', 'an invoice is issued on one day'
        WHERE issued_on <> other_issued_on
        UNION ALL
        SELECT 'amount', 'its lines add up to ' || total || ', less than 0',
               'money that goes back is a reversal of a payment'
        WHERE total < 0
        UNION ALL
        SELECT 'amount', 'its lines add up to more than 9999999999.99', 'split the invoice' WHERE total > 9999999999.99
    ) AS problem(name, wrong, right_way)
    WHERE NOT EXISTS (SELECT FROM stage_refused WHERE kind = 'invoices' AND (key = reference OR key IS NULL))
    """,
    """
    SELECT head.at, 'invoice ' || head.reference, 'invoice',
           'differs only in case from the known “' || known.reference || '”',
           'write the known key as it is, or choose another one'
    FROM stage_invoice_heads AS head JOIN clients_invoice AS known ON upper(known.reference) = upper(head.reference)
    WHERE known.reference <> head.reference
    """,
    UNKNOWN.format(
        kind="invoice",
        own="reference",
        other="client",
        table="clients_client",
        staged="stage_invoice_heads",
        staged_other="stage_clients",
        other_key="client",
    ),
    """
    SELECT staged.at, 'invoice ' || staged.invoice, 'line ' || staged.line,
           CASE WHEN line.id IS NULL THEN 'the invoice is recorded already, without this line'
                ELSE 'is recorded already with other values (' || client.reference || ', ' || known.issued_on || ', '
                     || line.category || ', ' || line.amount
                     || coalesce(', ' || line.service_from || ', ' || line.service_months, '') || ')' END,
           'what was recorded stays; correct it by another invoice or a reversal'
    FROM stage_invoices AS staged
    JOIN clients_invoice AS known
      ON upper(known.reference) = upper(staged.invoice) AND known.reference = staged.invoice
    JOIN clients_client AS client ON client.id = known.client_id
    LEFT JOIN clients_invoiceline AS line ON line.invoice_id = known.id AND line.number = staged.line
    WHERE (staged.client, staged.issued_on, staged.category, staged.amount, staged.service_from, staged.service_months)
          IS DISTINCT FROM
          (client.reference, known.issued_on, line.category, line.amount, line.service_from, line.service_months)
    """,
)
PAYMENT_CHECKS = (
    CASE_DIFFERS.format(kind="payment", key="payment", table="clients_payment"),
    UNKNOWN.format(
        kind="payment",
        own="payment",
        other="invoice",
        table="clients_invoice",
        staged="stage_payments",
        staged_other="stage_invoice_heads",
        other_key="reference",
    ),
    OTHER_VALUES.format(
        kind="payment",
        table="clients_payment",
        parent="invoice",
        parent_table="clients_invoice",
        known="' || parent.reference || ', ' || own.amount || ', ' || own.received_on || '",
        staged="staged.invoice, staged.amount, staged.received_on",
        own="parent.reference, own.amount, own.received_on",
        further="payment or reversal",
    ),
    """
    WITH added AS (
        SELECT staged.invoice, sum(staged.amount) AS amount, max(staged.at) AS at
        FROM stage_payments AS staged
        WHERE NOT EXISTS (SELECT FROM clients_payment AS known WHERE upper(known.reference) = upper(staged.payment))
        GROUP BY staged.invoice
    ), owed AS (
        SELECT known.reference, known.total,
               coalesce((SELECT sum(amount) FROM clients_payment WHERE invoice_id = known.id), 0) AS paid
        FROM clients_invoice AS known
        WHERE known.id IN (SELECT i.id FROM clients_invoice AS i
                           JOIN added ON upper(i.reference) = upper(added.invoice))
        UNION ALL
        SELECT head.reference, head.total, 0 FROM stage_invoice_heads AS head
        WHERE NOT EXISTS (SELECT FROM clients_invoice AS known WHERE upper(known.reference) = upper(head.reference))
          AND NOT EXISTS (SELECT FROM stage_refused
                          WHERE kind = 'invoices' AND (key = head.reference OR key IS NULL))
    )
    SELECT added.at, 'invoice ' || added.invoice, 'amount',
           'payments would add up to ' || (owed.paid + added.amount) || ', more than its total of ' || owed.total,
           'record at most ' || (owed.total - owed.paid) || ' more'
    FROM added JOIN owed ON owed.reference = added.invoice
    WHERE owed.paid + added.amount > owed.total
    """,
)
REVERSAL_CHECKS = (
    CASE_DIFFERS.format(kind="reversal", key="reversal", table="clients_reversal"),
    UNKNOWN.format(
        kind="reversal",
        own="reversal",
        other="payment",
        table="clients_payment",
        staged="stage_reversals",
        staged_other="stage_payments",
        other_key="payment",
    ),
    OTHER_VALUES.format(
        kind="reversal",
        table="clients_reversal",
        parent="payment",
        parent_table="clients_payment",
        known="' || parent.reference || ', ' || own.kind || ', ' || own.amount || ', ' || own.occurred_on || '",
        staged="staged.payment, staged.kind, staged.amount, staged.occurred_on",
        own="parent.reference, own.kind, own.amount, own.occurred_on",
        further="reversal",
    ),
    """
    WITH added AS (
        SELECT payment, kind, amount, at
        FROM stage_reversals AS staged
        WHERE NOT EXISTS (SELECT FROM clients_reversal AS known WHERE upper(known.reference) = upper(staged.reversal))
    ), paid AS (
        SELECT reference AS payment, amount FROM clients_payment
        WHERE upper(reference) IN (SELECT upper(payment) FROM added)
        UNION ALL
        SELECT payment, amount FROM stage_payments AS staged
        WHERE NOT EXISTS (SELECT FROM clients_payment AS known WHERE upper(known.reference) = upper(staged.payment))
    ), reversed AS (
        SELECT payment, kind, amount, at FROM added
        UNION ALL
        SELECT own.reference, known.kind, known.amount, 0
        FROM clients_reversal AS known JOIN clients_payment AS own ON own.id = known.payment_id
        WHERE upper(own.reference) IN (SELECT upper(payment) FROM added)
    ), sums AS (
        SELECT reversed.payment, max(at) AS at, max(paid.amount) AS paid,
               coalesce(sum(reversed.amount) FILTER (WHERE kind = 'refund'), 0) AS refunds,
               coalesce(sum(reversed.amount) FILTER (WHERE kind = 'chargeback'), 0) AS chargebacks,
               coalesce(sum(reversed.amount) FILTER (WHERE kind = 'chargeback_won'), 0) AS won
        FROM reversed JOIN paid ON paid.payment = reversed.payment
        GROUP BY reversed.payment
    )
    SELECT at, 'payment ' || payment, 'kind',
           CASE WHEN chargebacks = 0 THEN 'a chargeback is won that was never recorded'
                ELSE 'chargebacks won would add up to ' || won || ', more than the ' || chargebacks
                     || ' charged back' END,
           'record the chargeback first, and win back at most its amount'
    FROM sums WHERE won > chargebacks
    UNION ALL
    SELECT at, 'payment ' || payment, 'amount',
           'reversals would add up to ' || (refunds + chargebacks - won) || ', more than its amount of ' || paid,
           'reverse at most what was paid'
    FROM sums WHERE won <= chargebacks AND refunds + chargebacks - won > paid
    """,
)
CHECKS = {
    "partners": PARTNER_CHECKS,
    "clients": CLIENT_CHECKS,
    "invoices": INVOICE_CHECKS,
    "payments": PAYMENT_CHECKS,
    "reversals": REVERSAL_CHECKS,
}


def check(kind: str, name: str, problems: Problems) -> None:
    """This function will add what is wrong with the staged rows of a kind; `name` is what problems call it."""
    with connection.cursor() as cursor:
        for query in CHECKS[kind]:
            _report(cursor, query, name, problems)


def settle_repeats(kind: str, name: str, problems: Problems) -> None:
    """This function will keep one row of those that say the same, and add those that contradict each other."""
    same = REPEAT_KEYS[kind]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM stage_{kind} GROUP BY {same} HAVING count(*) > 1)")
        if not cursor.fetchone()[0]:
            return
        _report(cursor, REPEATS[kind], name, problems)
        cursor.execute(
            f"""DELETE FROM stage_{kind} WHERE ctid IN (
                SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY {same} ORDER BY at) AS place
                                  FROM stage_{kind}) AS numbered WHERE place > 1)"""
        )


def _report(cursor: CursorWrapper, query: str, name: str, problems: Problems) -> None:
    cursor.execute(f"SELECT *, count(*) OVER () FROM ({query}) AS wrong ORDER BY 1, 2 LIMIT {SHOWN}")
    rows = cursor.fetchall()
    for line, key, column, wrong, right, _ in rows:
        problems.add(Problem(name, line, key, column, wrong, right))
    if rows:
        problems.count += rows[0][5] - len(rows)
