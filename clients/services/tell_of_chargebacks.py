from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.urls import reverse

from affiliates.models import FactBatch, Program
from affiliates.money import show_money
from affiliates.services.tell_partner import Message, tell_partners
from notices.models import NoticeKind

# Appendix B: "Aloware will promptly notify Partner of any billing issues, disputes, or chargebacks via email."
CHARGEBACKS = """
    SELECT reversal.reference, client.partner_id, client.id, client.name, reversal.amount, invoice.reference,
           reversal.occurred_on
    FROM clients_reversal AS reversal
    JOIN clients_payment AS payment ON payment.id = reversal.payment_id
    JOIN clients_invoice AS invoice ON invoice.id = payment.invoice_id
    JOIN clients_client AS client ON client.id = invoice.client_id
    WHERE reversal.batch_id = %(batch)s AND reversal.kind = 'chargeback'
    ORDER BY reversal.id
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
    ), of_batch AS (
        SELECT partner_id, min(occurred_on) AS first_on, max(occurred_on) AS last_on
        FROM chargeback WHERE batch_id = %(batch)s GROUP BY partner_id
    ), counted AS (
        SELECT id, partner_id, occurred_on, first_on, last_on,
               count(*) OVER (PARTITION BY partner_id ORDER BY occurred_on
                              RANGE BETWEEN %(window)s * interval '1 day' PRECEDING AND CURRENT ROW) AS chargebacks
        FROM chargeback JOIN of_batch USING (partner_id)
    )
    INSERT INTO clients_chargebackreview (partner_id, raised_by_id, chargebacks, raised_at, decision)
    SELECT DISTINCT ON (partner_id) partner_id, id, chargebacks, %(at)s, ''
    FROM counted
    WHERE chargebacks >= %(threshold)s
      AND occurred_on BETWEEN first_on AND last_on + %(window)s
      AND NOT EXISTS (SELECT FROM clients_chargebackreview AS review
                      WHERE review.partner_id = counted.partner_id AND review.decided_at IS NULL)
      AND NOT EXISTS (SELECT FROM clients_chargebackreview AS review WHERE review.raised_by_id = counted.id)
    ORDER BY partner_id, occurred_on DESC, id DESC
"""


def tell_of_chargebacks(*, batch: FactBatch, at: datetime) -> None:
    """This function will put notices of each chargeback of a batch into the outbox, and raise reviews (B)."""
    program = Program.current()
    with connection.cursor() as cursor:
        cursor.execute(CHARGEBACKS, {"batch": batch.pk})
        messages = [_message(program.currency, *row) for row in cursor.fetchall()]
        tell_partners(kind=NoticeKind.CHARGEBACK, messages=messages, at=at)
        cursor.execute(
            REVIEWS,
            {
                "batch": batch.pk,
                "at": at,
                "window": program.chargeback_window_days - 1,
                "threshold": program.chargeback_threshold,
            },
        )


def _message(
    currency: str,
    reference: str,
    partner_id: int,
    client_id: int,
    name: str,
    amount: Decimal,
    invoice: str,
    occurred_on: date,
) -> Message:
    return Message(
        partner_id=partner_id,
        key=f"chargeback:{reference}",
        subject=f"A chargeback by {name}",
        paragraphs=(
            f"{name} charged back {currency} {show_money(amount)} of invoice {invoice} on {occurred_on}.",
            (
                "As the Agreement says in appendix B, commission on this money is withheld from future payouts and "
                "taken back in the next month’s run. If the chargeback is won, it comes back in the same way."
            ),
        ),
        path=reverse("client", args=[client_id]),
    )
