from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Program
from affiliates.months import add_months, show_month
from affiliates.services.open_batch import wait_for_turn
from commissions.models import Commission, Period, Run, RunState
from commissions.services.start_run import PeriodIsClosed, is_up_to_date
from notices.models import EventKind
from notices.services.write_event import write_event, write_events_of

MOST_MONTHS_AHEAD = 24  # A close cannot be undone, and after it every earlier month is closed as well.
# One entry for each partner: the sum of what the run posted for it.
LEDGER = """
    INSERT INTO commissions_ledgerentry (key, partner_id, period_id, kind, amount, text, dated_on, recorded_at)
    SELECT 'commission:' || to_char(%(month)s, 'YYYY-MM') || ':' || partner_id, partner_id, %(month)s, 'commission',
           sum(amount), 'Commissions of ' || to_char(%(month)s, 'YYYY-MM'), %(as_of)s, %(at)s
    FROM commissions_commission
    WHERE period_id = %(month)s AND state = 'posted'
    GROUP BY partner_id
    HAVING sum(amount) <> 0
    ORDER BY partner_id
"""
POSTED = """
    SELECT 'commission.posted' AS kind, entry.partner_id, 'ledger entry ' || entry.id AS subject,
           jsonb_build_object(
               'entry', entry.id, 'partner', partner.reference, 'period', to_char(entry.period_id, 'YYYY-MM'),
               'amount', entry.amount::text, 'currency', %(currency)s::text) AS data
    FROM commissions_ledgerentry AS entry JOIN affiliates_partner AS partner ON partner.id = entry.partner_id
    WHERE entry.period_id = %(month)s AND entry.kind = 'commission'
    ORDER BY entry.partner_id
"""
# The commissions have no row-by-row foreign keys, so closing proves them as a set.
ORPHANS = """
    SELECT count(*) FROM commissions_commission AS commission
    WHERE period_id = %(month)s
      AND (NOT EXISTS (SELECT FROM affiliates_partner WHERE id = commission.partner_id)
           OR NOT EXISTS (SELECT FROM clients_client WHERE id = commission.client_id))
"""


class PeriodCannotClose(Exception):
    """The month cannot be closed as things stand; the message says what has to be done first."""


@needs(Right.RUN_MONTHS)
def post_period(*, month: date, by: User | None, at: datetime) -> Period:
    """This function will make a period's run final: its amounts stand, and each partner's sum enters the ledger.

    The program's first period is the one that is closed first: it posts whatever was earned up to then.
    From then on months close in order, and only on a run that saw every fact recorded so far that reaches
    into the month.

    :raises PeriodIsClosed: the month, or a later one, is closed
    :raises PeriodCannotClose: there is no finished run, it is older than its facts, or an earlier month is open
    """
    with transaction.atomic():
        wait_for_turn()
        period, _ = Period.objects.get_or_create(month=month)
        period = Period.objects.select_for_update().get(month=month)
        run = Run.objects.select_for_update().filter(period=period).first()
        check_closing(month=month, run=run, on=Program.current().day(at))
        period.closed_at, period.closed_by = at, by
        with connection.cursor() as cursor:
            parameters = {"month": month, "as_of": period.as_of, "at": at}
            cursor.execute(ORPHANS, parameters)
            if cursor.fetchone()[0]:
                raise PeriodCannotClose(f"{show_month(month)} has commissions of unknown partners or clients")
            cursor.execute(LEDGER, parameters)
        period.save()
        # Runs of months before the first one that was closed: they can never be closed themselves.
        passed = Period.objects.filter(month__lt=month, closed_at=None)
        Commission.objects.filter(period__in=passed).delete()
        Run.objects.filter(period__in=passed).delete()
        write_audit(by=by, at=at, action="period closed", subject=f"period {period}", posted=run.posted if run else 0)
        write_events_of(POSTED, at=at, month=month, currency=Program.current().currency)
        write_event(
            kind=EventKind.PERIOD_CLOSED,
            partner_id=None,
            subject=f"period {period}",
            at=at,
            period=show_month(month),
            posted=run.posted if run else None,
            currency=Program.current().currency,
        )
    return period


def check_closing(*, month: date, run: Run | None, on: date) -> None:
    """This function will do nothing where a month's run can be closed on a day, as things stand.

    :raises PeriodIsClosed: the month, or a later one, is closed
    :raises PeriodCannotClose: there is no finished run, it is older than its facts, or an earlier month is open
    """
    _check_order(month, on)
    _check_run(month, run)


def _check_order(month: date, on: date) -> None:
    last_closed = Period.objects.last_closed()
    if last_closed is not None and month <= last_closed.month:
        raise PeriodIsClosed(month, last_closed.month)
    furthest = add_months(on, MOST_MONTHS_AHEAD)
    if month > furthest:
        raise PeriodCannotClose(f"{show_month(month)} lies more than {MOST_MONTHS_AHEAD} months ahead; is it a slip?")
    if last_closed is not None and month != last_closed.next_month:
        due = show_month(last_closed.next_month)
        raise PeriodCannotClose(
            f"Periods close in order: {due} is open and comes before {show_month(month)}; close it first"
        )


def _check_run(month: date, run: Run | None) -> None:
    name = show_month(month)
    way_out = "compute it again, look at it, then close it"
    if run is None:
        raise PeriodCannotClose(f"{name} was not computed yet; compute it first")
    if run.state == RunState.FAILED:
        raise PeriodCannotClose(f"The run of {name} failed ({run.error}); {way_out}")
    if run.state != RunState.DONE:
        raise PeriodCannotClose(f"The run of {name} is not finished; wait for it, or compute it again")
    if not is_up_to_date(run):
        raise PeriodCannotClose(f"The run of {name} is older than its facts; {way_out}")
