from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from affiliates.models import Partner, Program
from affiliates.money import ZERO, show_money
from affiliates.months import add_months
from clients.models.category import Category
from commissions.explanation import tiers_of
from commissions.models import Commission, EntryKind, LedgerEntry
from payouts.documents.statement_data import (
    CommissionLine,
    ExcludedSum,
    Movement,
    Party,
    StatementData,
    TierMonth,
    WaitingLine,
)
from payouts.models import Payout, Statement

HISTORY_MONTHS = 12
# Money that invoices of this month's payments brought and that earns nothing, by reason.
EXCLUDED = """
    WITH partner AS (
        SELECT partner_id, terminated_on FROM affiliates_partnerhistory
        WHERE partner_id = %(partner)s AND batch_id <= %(batch)s ORDER BY batch_id DESC LIMIT 1
    ), client AS (
        SELECT * FROM (
            SELECT DISTINCT ON (client_id) client_id AS id, partner_id, canceled_on FROM clients_clienthistory
            WHERE batch_id <= %(batch)s
              AND client_id IN (SELECT client_id FROM clients_clienthistory WHERE partner_id = %(partner)s)
            ORDER BY client_id, batch_id DESC
        ) AS known WHERE partner_id = %(partner)s
    ), collected AS (
        SELECT invoice.id, invoice.total, greatest(max(payment.received_on), invoice.issued_on) AS known_from,
               sum(payment.amount) AS paid
        FROM clients_invoice AS invoice
        JOIN client ON client.id = invoice.client_id
        JOIN clients_payment AS payment ON payment.invoice_id = invoice.id
        WHERE client.partner_id = %(partner)s AND payment.received_on <= %(as_of)s
          AND payment.batch_id <= %(batch)s AND invoice.issued_on <= %(as_of)s
        GROUP BY invoice.id
    ), line AS (
        SELECT collected.id, line.amount, coalesce(mapping.category, line.category) AS category,
               mapping.category IS NULL AND line.category <> ALL (%(categories)s) AS is_unknown
        FROM collected
        JOIN clients_invoiceline AS line ON line.invoice_id = collected.id
        LEFT JOIN clients_categorymapping AS mapping ON mapping.word = line.category AND mapping.batch_id <= %(batch)s
        WHERE collected.paid = collected.total AND known_from BETWEEN %(month)s AND %(as_of)s
    )
    SELECT 'unmapped', count(DISTINCT id), sum(amount) FROM line WHERE is_unknown HAVING count(*) > 0
    UNION ALL
    SELECT category, count(DISTINCT id), sum(amount) FROM line
    WHERE NOT is_unknown AND category <> 'subscription' GROUP BY category
    UNION ALL
    SELECT 'partly paid', count(*), sum(paid) FROM collected WHERE paid < total HAVING count(*) > 0
    UNION ALL
    SELECT CASE WHEN slice.service_month > date_trunc('month', client.canceled_on::timestamp) THEN 'cancelled'
                ELSE 'terminated' END, count(DISTINCT slice.invoice_id), sum(slice.amount)
    FROM clients_slice AS slice
    JOIN client ON client.id = slice.client_id
    JOIN partner ON partner.partner_id = client.partner_id
    WHERE client.partner_id = %(partner)s AND slice.service_month = %(month)s AND slice.known_from <= %(as_of)s
      AND slice.batch_id <= %(batch)s
      AND ((client.canceled_on <= %(as_of)s
            AND slice.service_month > date_trunc('month', client.canceled_on::timestamp))
           OR (partner.terminated_on <= %(as_of)s
               AND (slice.collected_on > partner.terminated_on
                    OR slice.service_month > date_trunc('month', partner.terminated_on::timestamp))))
    GROUP BY 1
    ORDER BY 1
"""
REASONS = {
    "unmapped": ("Categories that finance has not mapped yet", "Appendix B, subscription only"),
    "partly paid": ("Invoices that are partly paid so far", "Appendix B, all monies received"),
    "cancelled": ("Service after the client's cancellation", "Appendix B, cancellations"),
    "terminated": ("Service or money after the partnership's end", "Clause 10, termination"),
}
SUBSCRIPTION_ONLY = "Appendix B, subscription only"


def gather_statement(statement: Statement) -> StatementData:
    """This function will collect what a partner's statement of a closed period says, as of the period's run.

    Its amounts are as the closing left them, whatever was recorded since; names and addresses are today's.
    """
    partner, period = statement.partner, statement.period
    program = Program.current()
    month, as_of = period.month, period.as_of
    rows = list(
        Commission.objects.filter(period=month, partner=partner)
        .select_related("client")
        .order_by("client__reference", "service_month", "state")
    )
    posted = [row for row in rows if row.state == "posted"]
    entries = list(LedgerEntry.objects.filter(partner=partner, dated_on__gte=month, dated_on__lte=as_of).order_by("id"))
    payout = Payout.objects.filter(partner=partner, period=period).first()
    opening = LedgerEntry.objects.filter(partner=partner, dated_on__lt=month).balance()
    return StatementData(
        number=statement.number,
        program=program.name,
        currency=program.currency,
        language="en",
        period=month,
        as_of=as_of,
        issued_on=statement.dated_on,
        company=_party(program.company_name, program.company_address, program.company_email),
        partner=_party(partner.name, partner.address, partner.email),
        partner_key=partner.reference,
        accent=program.accent_colour,
        opening=opening,
        closing=opening + sum((entry.amount for entry in entries), ZERO),
        payout_opened=payout.amount if payout else ZERO,
        payout_note=_payout_note(payout),
        lines=tuple(_line(row) for row in posted if not _is_correction(row, month)),
        corrections=tuple(_line(row) for row in posted if _is_correction(row, month)),
        waiting=tuple(_waiting(row) for row in rows if row.state == "waiting"),
        excluded=_excluded(statement, as_of),
        adjustments=_movements(entries, EntryKind.ADJUSTMENT),
        payouts=_movements(entries, EntryKind.PAYOUT, EntryKind.PAYOUT_RETURNED),
        tiers=_tiers(statement, rows),
        history=_history(partner, month),
    )


def _is_correction(row: Commission, month: date) -> bool:
    return row.posted_before != 0 or row.service_month < month


def _party(name: str, address: str, email: str) -> Party:
    return Party(name, tuple(line for line in address.splitlines() if line.strip()), email)


def _payout_note(payout: Payout | None) -> str:
    if payout is None:
        return "No payout was opened: the balance is not positive, or earlier payouts speak for all of it."
    return (
        f"A payout of {show_money(payout.amount)} was opened. It waits for your referral report and your invoice "
        "over exactly this amount (appendix B), and is approved by a second person."
    )


def _line(row: Commission) -> CommissionLine:
    return CommissionLine(
        row.client.name,
        row.client.reference,
        row.service_month,
        row.base,
        row.rate,
        row.posted_before,
        row.amount,
    )


def _waiting(row: Commission) -> WaitingLine:
    if row.waiting_until is None:
        raise ValueError(f"{row} waits without a day")
    return WaitingLine(
        row.client.name,
        row.client.reference,
        row.service_month,
        row.base,
        row.rate,
        row.amount,
        row.waiting_until,
    )


def _movements(entries: list[LedgerEntry], *kinds: EntryKind) -> tuple[Movement, ...]:
    return tuple(Movement(entry.dated_on, entry.text, entry.amount) for entry in entries if entry.kind in kinds)


def _excluded(statement: Statement, as_of: date) -> tuple[ExcludedSum, ...]:
    parameters: dict[str, Any] = {
        "partner": statement.partner_id,
        "month": statement.period_id,
        "as_of": as_of,
        "batch": statement.period.run.batch_id or 0,
        "categories": Category.values,
    }
    with connection.cursor() as cursor:
        cursor.execute(EXCLUDED, parameters)
        found = cursor.fetchall()
    return tuple(ExcludedSum(*_reason(reason), invoices, amount) for reason, invoices, amount in found)


def _reason(found: str) -> tuple[str, str]:
    """What a statement calls an exclusion, and its clause."""
    return REASONS.get(found) or (Category(found).label, SUBSCRIPTION_ONLY)


def _tiers(statement: Statement, rows: list[Commission]) -> tuple[TierMonth, ...]:
    months = {row.service_month: row.mrr for row in rows}
    batch = statement.period.run.batch_id or 0
    result = []
    for month, mrr in sorted(months.items(), reverse=True):
        _, tiers = tiers_of(statement.partner_id, month, mrr, batch)
        place = next(place for place, tier in enumerate(tiers) if tier.applies)
        following = tiers[place + 1] if place + 1 < len(tiers) else None
        result.append(
            TierMonth(
                month,
                mrr,
                tiers[place].rate,
                tiers[place].threshold,
                following.rate if following else None,
                following.threshold if following else None,
            )
        )
    return tuple(result)


def _history(partner: Partner, month: date) -> tuple[tuple[date, Decimal], ...]:
    months = [add_months(month, -back) for back in range(HISTORY_MONTHS - 1, -1, -1)]
    sums = dict(
        LedgerEntry.objects.filter(partner=partner, kind=EntryKind.COMMISSION, period__in=months)
        .order_by()
        .values_list("period_id")
        .annotate(Sum("amount"))
    )
    return tuple((past, sums.get(past, ZERO)) for past in months)
