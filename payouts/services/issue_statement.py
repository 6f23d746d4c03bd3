import hashlib
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from accounts.services.write_audit import write_audit
from affiliates.models import Program
from affiliates.months import last_day, show_month
from commissions.models import Period
from notices.models import EventKind
from notices.services.write_event import write_event
from payouts.documents.render_statement import render_statement
from payouts.models import Statement, StatementState
from payouts.models.statement import TRIES
from payouts.services.gather_statement import gather_statement

# Whoever has something to state: amounts of the period, a balance, or a movement since the period before.
WHO = """
    FROM affiliates_partner AS partner
    WHERE EXISTS (SELECT FROM commissions_commission WHERE partner_id = partner.id AND period_id = %(month)s)
       OR EXISTS (SELECT FROM commissions_ledgerentry
                  WHERE partner_id = partner.id AND dated_on BETWEEN %(month)s AND %(as_of)s)
       OR (SELECT sum(amount) FROM commissions_ledgerentry
           WHERE partner_id = partner.id AND dated_on <= %(as_of)s) <> 0
"""
DUE = f"""
    INSERT INTO payouts_statement (partner_id, period_id, state, dated_on, file, sha256, tries, error)
    SELECT id, %(month)s, 'due', %(on)s, '', '', 0, ''
    {WHO}
    ORDER BY id
    ON CONFLICT (partner_id, period_id) DO NOTHING
"""


class PeriodIsOpen(Exception):
    """A statement says what a closed month came to; this one is not closed yet."""


def count_statements(*, month: date) -> int:
    """This function will tell for how many partners a month has something to state, once it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {WHO}", {"month": month, "as_of": last_day(month)})
        return int(cursor.fetchone()[0])


def plan_statements(*, month: date, at: datetime) -> int:
    """This function will note for which partners a statement of a closed period is due, and say how many are new.

    Those that were parked are due again.

    :raises PeriodIsOpen: the period is not closed
    """
    period = Period.objects.closed().filter(month=month).first()
    if period is None:
        name = show_month(month)
        raise PeriodIsOpen(
            f"{name} is not closed; a statement is final, so close the month first (close_period {name})"
        )
    Statement.objects.filter(period=period, state=StatementState.PARKED).update(
        state=StatementState.DUE, tries=0, sent_at=None
    )
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"month": month, "as_of": period.as_of, "on": Program.current().day(at)})
        return int(cursor.rowcount)


def issue_statement(*, statement_id: int, at: datetime) -> bool:
    """This function will write one statement's PDF, store it with its SHA-256, and say whether it did so now.

    What is issued is never made anew. A failure is kept on the row, which is parked after five tries; a
    file carries its hash in its name, so no try can write over another's.
    """
    try:
        with transaction.atomic():
            due = Statement.objects.select_for_update(skip_locked=True, of=("self",)).select_related("partner")
            statement = due.filter(pk=statement_id, state=StatementState.DUE).first()
            if statement is None:
                return False
            _issue(statement, at)
    except Exception as error:  # Whatever a document can fail of is kept on its row and shown; the others go on.
        _note_failure(statement_id, error)
        raise
    return True


def _issue(statement: Statement, at: datetime) -> None:
    data = gather_statement(statement)
    pdf = render_statement(data)
    statement.opening, statement.closing = data.opening, data.closing
    statement.commissions = sum((line.amount for line in (*data.lines, *data.corrections)), data.opening * 0)
    statement.adjustments = sum((movement.amount for movement in data.adjustments), data.opening * 0)
    statement.payouts = sum((movement.amount for movement in data.payouts), data.opening * 0)
    key = statement.partner.reference.replace(":", "-")
    statement.sha256 = hashlib.sha256(pdf).hexdigest()
    name = f"statements/{show_month(statement.period_id)}/{key}-{statement.sha256[:16]}.pdf"
    # Left by a try that was killed before its commit: the same bytes have the same name.
    statement.file.name = name if default_storage.exists(name) else default_storage.save(name, ContentFile(pdf))
    statement.state, statement.issued_at, statement.error = StatementState.ISSUED, at, ""
    statement.save()
    write_audit(
        by=None,
        at=at,
        action="statement issued",
        subject=f"statement {statement.number}",
        sha256=statement.sha256,
    )
    write_event(
        kind=EventKind.STATEMENT_ISSUED,
        partner_id=statement.partner_id,
        subject=f"statement {statement.pk}",
        at=at,
        statement=statement.pk,
        partner=statement.partner.reference,
        number=statement.number,
        period=show_month(statement.period_id),
        opening=statement.opening,
        closing=statement.closing,
        currency=Program.current().currency,
        sha256=statement.sha256,
    )


def _note_failure(statement_id: int, error: Exception) -> None:
    with transaction.atomic():
        statement = Statement.objects.select_for_update().get(pk=statement_id)
        if statement.state != StatementState.DUE:
            return
        statement.tries += 1
        statement.error = f"{type(error).__name__}: {error}"
        if statement.tries >= TRIES:
            statement.state = StatementState.PARKED
        statement.save()
