"""Writes staged rows that passed every check: master data is updated, facts are added, slices are cut.

Rows whose key is known already are left alone (facts), so recording the same again changes nothing.
"""

from datetime import date

from django.db import connection

from clients.recording.stage import analyze, empty_stage

# The first day from which anything that is new here can matter, to tell later whether a run is older.
EARLIEST = """
    SELECT min(day) FROM (
        SELECT least(staged.joined_on, staged.terminated_on, known.joined_on, known.terminated_on)
        FROM stage_partners AS staged
        LEFT JOIN affiliates_partner AS known ON upper(known.reference) = upper(staged.partner)
        WHERE (staged.joined_on, staged.terminated_on) IS DISTINCT FROM (known.joined_on, known.terminated_on)
        UNION ALL
        SELECT CASE WHEN (staged.partner, staged.closed_on) IS DISTINCT FROM (owner.reference, known.closed_on)
                    THEN least(staged.closed_on, known.closed_on)
                    ELSE least(staged.canceled_on, known.canceled_on) END
        FROM stage_clients AS staged
        LEFT JOIN clients_client AS known ON upper(known.reference) = upper(staged.client)
        LEFT JOIN affiliates_partner AS owner ON owner.id = known.partner_id
        WHERE (staged.partner, staged.closed_on, staged.canceled_on)
              IS DISTINCT FROM (owner.reference, known.closed_on, known.canceled_on)
        UNION ALL
        SELECT issued_on FROM stage_invoice_heads AS staged
        WHERE NOT EXISTS (SELECT FROM clients_invoice AS known WHERE upper(known.reference) = upper(staged.reference))
        UNION ALL
        SELECT received_on FROM stage_payments AS staged
        WHERE NOT EXISTS (SELECT FROM clients_payment AS known WHERE upper(known.reference) = upper(staged.payment))
        UNION ALL
        SELECT occurred_on FROM stage_reversals AS staged
        WHERE NOT EXISTS (SELECT FROM clients_reversal AS known WHERE upper(known.reference) = upper(staged.reversal))
    ) AS newest(day)
"""
PARTNERS = """
    INSERT INTO affiliates_partner AS known
        (reference, name, kind, email, address, joined_on, terminated_on, terminated_by, batch_id)
    SELECT partner, name, kind, email, '', joined_on, terminated_on, coalesce(terminated_by, ''), %(batch)s
    FROM stage_partners ORDER BY partner
    ON CONFLICT (upper(reference)) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, email = excluded.email, joined_on = excluded.joined_on,
        terminated_on = excluded.terminated_on, terminated_by = excluded.terminated_by,
        changed_in_id = excluded.batch_id,
        batch_id = CASE WHEN (known.joined_on, known.terminated_on)
                             IS DISTINCT FROM (excluded.joined_on, excluded.terminated_on)
                        THEN excluded.batch_id ELSE known.batch_id END
    WHERE (known.name, known.kind, known.email, known.joined_on, known.terminated_on, known.terminated_by)
          IS DISTINCT FROM
          (excluded.name, excluded.kind, excluded.email, excluded.joined_on, excluded.terminated_on,
           excluded.terminated_by)
"""
CLIENTS = """
    INSERT INTO clients_client AS known (reference, partner_id, name, domain, closed_on, canceled_on, batch_id)
    SELECT staged.client, partner.id, staged.name, coalesce(staged.domain, ''), staged.closed_on, staged.canceled_on,
           %(batch)s
    FROM stage_clients AS staged
    JOIN affiliates_partner AS partner ON upper(partner.reference) = upper(staged.partner)
    ORDER BY staged.client
    ON CONFLICT (upper(reference)) DO UPDATE
    SET partner_id = excluded.partner_id, name = excluded.name, domain = excluded.domain,
        closed_on = excluded.closed_on, canceled_on = excluded.canceled_on, changed_in_id = excluded.batch_id,
        batch_id = CASE WHEN (known.partner_id, known.closed_on, known.canceled_on)
                             IS DISTINCT FROM (excluded.partner_id, excluded.closed_on, excluded.canceled_on)
                        THEN excluded.batch_id ELSE known.batch_id END
    WHERE (known.partner_id, known.name, known.domain, known.closed_on, known.canceled_on)
          IS DISTINCT FROM
          (excluded.partner_id, excluded.name, excluded.domain, excluded.closed_on, excluded.canceled_on)
"""
# The new invoices, and those known ones that new payments are for, each with its number, so that what
# follows joins small tables whose statistics the planner has.
INVOICES = """
    WITH added AS (
        INSERT INTO clients_invoice (reference, client_id, issued_on, total, batch_id)
        SELECT head.reference, client.id, head.issued_on, head.total, %(batch)s
        FROM stage_invoice_heads AS head JOIN clients_client AS client ON upper(client.reference) = upper(head.client)
        WHERE NOT EXISTS (SELECT FROM clients_invoice AS known WHERE upper(known.reference) = upper(head.reference))
        ORDER BY head.at
        RETURNING id, reference, client_id, issued_on, total
    )
    INSERT INTO stage_invoice_numbers (id, reference, client_id, issued_on, total, is_new)
    SELECT id, reference, client_id, issued_on, total, true FROM added
"""
PAID_INVOICES = """
    INSERT INTO stage_invoice_numbers (id, reference, client_id, issued_on, total, is_new)
    SELECT id, reference, client_id, issued_on, total, false FROM clients_invoice
    WHERE upper(reference) IN (
        SELECT upper(invoice) FROM stage_payments AS staged
        WHERE NOT EXISTS (SELECT FROM stage_invoice_numbers AS numbered WHERE numbered.reference = staged.invoice))
"""
LINES = """
    INSERT INTO clients_invoiceline (invoice_id, number, category, amount, service_from, service_months)
    SELECT invoice.id, staged.line, staged.category, staged.amount, staged.service_from, staged.service_months
    FROM stage_invoices AS staged JOIN stage_invoice_numbers AS invoice ON invoice.reference = staged.invoice
    WHERE invoice.is_new
    ORDER BY invoice.id, staged.line
"""
PAYMENTS = """
    INSERT INTO clients_payment (reference, invoice_id, amount, received_on, batch_id)
    SELECT staged.payment, invoice.id, staged.amount, staged.received_on, %(batch)s
    FROM stage_payments AS staged JOIN stage_invoice_numbers AS invoice ON invoice.reference = staged.invoice
    WHERE NOT EXISTS (SELECT FROM clients_payment AS known WHERE upper(known.reference) = upper(staged.payment))
    ORDER BY staged.at
"""
# RULES 2: the invoices that this batch's payments completed.
COLLECTED = """
    INSERT INTO stage_collected (invoice_id, client_id, issued_on, collected_on)
    SELECT invoice.id, invoice.client_id, invoice.issued_on, max(payment.received_on)
    FROM {invoices} AS invoice JOIN clients_payment AS payment ON payment.invoice_id = invoice.id
    GROUP BY invoice.id, invoice.client_id, invoice.issued_on, invoice.total
    HAVING sum(payment.amount) = invoice.total AND {when}
"""
# RULES 3; a line without its months, mapped to subscription later, counts for the month of its invoice.
SLICES = """
    INSERT INTO clients_slice
        (line_id, service_month, client_id, invoice_id, amount, collected_on, known_from, batch_id)
    WITH line AS (
        SELECT line.id, client_id, invoice_id, amount, collected_on, greatest(collected_on, issued_on) AS known_from,
               date_trunc('month', coalesce(service_from, issued_on)::timestamp)::date AS first_month,
               coalesce(service_months, 1) AS months
        FROM stage_collected JOIN clients_invoiceline AS line USING (invoice_id)
        WHERE {lines}
    )
    SELECT id, first_month, client_id, invoice_id, amount, collected_on, known_from, %(batch)s
    FROM line WHERE months = 1
    UNION ALL
    SELECT id, (first_month + make_interval(months => place))::date, client_id, invoice_id,
           round(amount * (place + 1) / months, 2) - round(amount * place / months, 2),
           collected_on, known_from, %(batch)s
    FROM line, generate_series(0, months - 1) AS place WHERE months > 1
"""
COMPLETED_NOW = "max(payment.batch_id) = %(batch)s"
OF_WORD = """(
    SELECT * FROM clients_invoice
    WHERE id IN (SELECT invoice_id FROM clients_invoiceline AS line WHERE line.category = %(word)s))"""
REVERSALS = """
    INSERT INTO clients_reversal (reference, payment_id, kind, amount, occurred_on, batch_id)
    SELECT staged.reversal, payment.id, staged.kind, staged.amount, staged.occurred_on, %(batch)s
    FROM stage_reversals AS staged
    JOIN clients_payment AS payment ON upper(payment.reference) = upper(staged.payment)
    WHERE NOT EXISTS (SELECT FROM clients_reversal AS known WHERE upper(known.reference) = upper(staged.reversal))
    ORDER BY staged.at
"""
EARNS = """(line.category = 'subscription' OR EXISTS (
    SELECT FROM clients_categorymapping AS mapping
    WHERE mapping.word = line.category AND mapping.category = 'subscription'))"""


def earliest() -> date | None:
    """The first day from which the staged news can matter, or None where there is no news for any money."""
    with connection.cursor() as cursor:
        cursor.execute(EARLIEST)
        (day,) = cursor.fetchone()
        return day  # type: ignore[no-any-return]


def merge(batch: int) -> dict[str, int]:
    """This function will write everything that is staged and say how many rows of each kind came or changed."""
    counts = {
        "partners": _write(PARTNERS, batch),
        "clients": _write(CLIENTS, batch),
        "invoices": _write(INVOICES, batch),
    }
    analyze("stage_invoice_numbers", counts["invoices"])
    paid = _write(PAID_INVOICES, batch)
    analyze("stage_invoice_numbers", paid)
    counts["lines"] = _write(LINES, batch)
    counts["payments"] = _write(PAYMENTS, batch)
    if counts["payments"]:
        counts["slices"] = _cut("stage_invoice_numbers", COMPLETED_NOW, EARNS, batch)
    counts["reversals"] = _write(REVERSALS, batch)
    return {kind: count for kind, count in counts.items() if count}


def cut_slices_of(word: str, batch: int) -> int:
    """This function will cut the slices of collected lines whose word was just found to mean subscription."""
    empty_stage()
    return _cut(OF_WORD, "true", "line.category = %(word)s", batch, word=word)


def _cut(invoices: str, when: str, lines: str, batch: int, **parameters: str) -> int:
    collected = _write(COLLECTED.format(invoices=invoices, when=when), batch, **parameters)
    analyze("stage_collected", collected)
    return _write(SLICES.format(lines=lines), batch, **parameters)


def _write(query: str, batch: int, **parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, {"batch": batch, **parameters})
        return int(cursor.rowcount)
