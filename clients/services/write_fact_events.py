from datetime import datetime

from affiliates.models import FactBatch, Program
from notices.services.write_event import write_events_of

CHARGEBACKS = """
    SELECT CASE reversal.kind WHEN 'chargeback' THEN 'chargeback.opened' ELSE 'chargeback.won' END AS kind,
           client.partner_id, 'client ' || client.id AS subject,
           jsonb_build_object(
               'reversal', reversal.reference, 'client', client.reference, 'name', client.name,
               'partner', partner.reference, 'invoice', invoice.reference, 'amount', reversal.amount::text,
               'currency', %(currency)s::text, 'occurred_on', reversal.occurred_on) AS data
    FROM clients_reversal AS reversal
    JOIN clients_payment AS payment ON payment.id = reversal.payment_id
    JOIN clients_invoice AS invoice ON invoice.id = payment.invoice_id
    JOIN clients_client AS client ON client.id = invoice.client_id
    JOIN affiliates_partner AS partner ON partner.id = client.partner_id
    WHERE reversal.batch_id = %(batch)s AND reversal.kind IN ('chargeback', 'chargeback_won')
    ORDER BY reversal.id
"""
# Clients that were there before and had not cancelled; one that comes as a cancelled one is no news.
CANCELLATIONS = """
    SELECT 'client.cancelled' AS kind, client.partner_id, 'client ' || client.id AS subject,
           jsonb_build_object(
               'client', client.reference, 'name', client.name, 'partner', partner.reference,
               'canceled_on', now_is.canceled_on) AS data
    FROM clients_clienthistory AS now_is
    JOIN clients_client AS client ON client.id = now_is.client_id
    JOIN affiliates_partner AS partner ON partner.id = client.partner_id
    CROSS JOIN LATERAL (
        SELECT canceled_on FROM clients_clienthistory AS earlier
        WHERE earlier.client_id = now_is.client_id AND earlier.batch_id < now_is.batch_id
        ORDER BY earlier.batch_id DESC LIMIT 1
    ) AS before
    WHERE now_is.batch_id = %(batch)s AND now_is.canceled_on IS NOT NULL AND before.canceled_on IS NULL
    ORDER BY client.id
"""
# Partners that were there before and went on; one that comes as an ended one is no news.
TERMINATIONS = """
    SELECT 'partner.terminated' AS kind, partner.id AS partner_id, 'partner ' || partner.reference AS subject,
           jsonb_build_object(
               'partner', partner.reference, 'terminated_by', partner.terminated_by,
               'terminated_on', now_is.terminated_on) AS data
    FROM affiliates_partnerhistory AS now_is
    JOIN affiliates_partner AS partner ON partner.id = now_is.partner_id
    CROSS JOIN LATERAL (
        SELECT terminated_on FROM affiliates_partnerhistory AS earlier
        WHERE earlier.partner_id = now_is.partner_id AND earlier.batch_id < now_is.batch_id
        ORDER BY earlier.batch_id DESC LIMIT 1
    ) AS before
    WHERE now_is.batch_id = %(batch)s AND now_is.terminated_on IS NOT NULL AND before.terminated_on IS NULL
    ORDER BY partner.id
"""


def write_chargeback_events(*, batch: FactBatch, at: datetime) -> int:
    """This function will write the events of a batch's chargebacks, opened and won, in one statement."""
    return write_events_of(CHARGEBACKS, at=at, batch=batch.pk, currency=Program.current().currency)


def write_cancellation_events(*, batch: FactBatch, at: datetime) -> int:
    """This function will write the events of the clients that a batch cancelled, in one statement."""
    return write_events_of(CANCELLATIONS, at=at, batch=batch.pk)


def write_termination_events(*, batch: FactBatch, at: datetime) -> int:
    """This function will write the events of the partners that a batch ended, in one statement."""
    return write_events_of(TERMINATIONS, at=at, batch=batch.pk)
