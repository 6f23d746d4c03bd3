from datetime import datetime

from django.db import connection

from affiliates.models import FactBatch, Program

# Appendix B: "Aloware will promptly notify Partner of any billing issues, disputes, or chargebacks via email."
NOTICES = """
    INSERT INTO notices_notice (key, recipient, subject, body, created_at, tries, error)
    SELECT 'chargeback:' || reversal.reference, partner.email,
           left('A chargeback by ' || client.name, 200),
           'Hello ' || partner.name || E',\n\n' || client.name || ' charged back ' || %(currency)s || ' '
               || to_char(reversal.amount, 'FM9,999,999,990.00') || ' of invoice ' || invoice.reference || ' on '
               || reversal.occurred_on || E'.\n\nAs the Agreement says in appendix B, commission on this money is '
               || 'withheld from future payouts and taken back in the next month''s run. If the chargeback is won, '
               || E'it comes back in the same way.\n\n' || %(company)s || E'\n',
           %(at)s, 0, ''
    FROM clients_reversal AS reversal
    JOIN clients_payment AS payment ON payment.id = reversal.payment_id
    JOIN clients_invoice AS invoice ON invoice.id = payment.invoice_id
    JOIN clients_client AS client ON client.id = invoice.client_id
    JOIN affiliates_partner AS partner ON partner.id = client.partner_id
    WHERE reversal.batch_id = %(batch)s AND reversal.kind = 'chargeback'
    ORDER BY reversal.id
    ON CONFLICT (key) DO NOTHING
"""
# B: "repeated Chargebacks … may cause cancellation": the chargeback that reaches the threshold within the
# window raises a review, unless one of the same window is still undecided.
REVIEWS = """
    WITH chargeback AS (
        SELECT reversal.id, reversal.batch_id, reversal.occurred_on, client.partner_id
        FROM clients_reversal AS reversal
        JOIN clients_payment AS payment ON payment.id = reversal.payment_id
        JOIN clients_invoice AS invoice ON invoice.id = payment.invoice_id
        JOIN clients_client AS client ON client.id = invoice.client_id
        WHERE reversal.kind = 'chargeback'
    ), counted AS (
        SELECT id, batch_id, partner_id, occurred_on,
               count(*) OVER (PARTITION BY partner_id ORDER BY occurred_on
                              RANGE BETWEEN %(window)s * interval '1 day' PRECEDING AND CURRENT ROW) AS chargebacks
        FROM chargeback
        WHERE partner_id IN (SELECT partner_id FROM chargeback WHERE batch_id = %(batch)s)
    )
    INSERT INTO clients_chargebackreview (partner_id, raised_by_id, chargebacks, raised_at, decision)
    SELECT DISTINCT ON (partner_id) partner_id, id, chargebacks, %(at)s, ''
    FROM counted
    WHERE chargebacks >= %(threshold)s
      AND occurred_on BETWEEN (SELECT min(occurred_on) FROM chargeback
                               WHERE batch_id = %(batch)s AND partner_id = counted.partner_id)
                          AND (SELECT max(occurred_on) + %(window)s FROM chargeback
                               WHERE batch_id = %(batch)s AND partner_id = counted.partner_id)
      AND NOT EXISTS (SELECT FROM clients_chargebackreview AS review
                      WHERE review.partner_id = counted.partner_id AND review.decided_at IS NULL)
      AND NOT EXISTS (SELECT FROM clients_chargebackreview AS review WHERE review.raised_by_id = counted.id)
    ORDER BY partner_id, occurred_on DESC, id DESC
"""


def tell_of_chargebacks(*, batch: FactBatch, at: datetime) -> None:
    """This function will put a notice in the outbox for each chargeback of a batch, and raise reviews (B)."""
    program = Program.current()
    with connection.cursor() as cursor:
        cursor.execute(
            NOTICES,
            {"batch": batch.pk, "at": at, "currency": program.currency, "company": program.company_name},
        )
        cursor.execute(
            REVIEWS,
            {
                "batch": batch.pk,
                "at": at,
                "window": program.chargeback_window_days - 1,
                "threshold": program.chargeback_threshold,
            },
        )
