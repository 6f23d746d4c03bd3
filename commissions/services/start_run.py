from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import FactBatch
from affiliates.months import show_month
from commissions.models import Commission, Period, Run, RunPart, RunState

# A part's memory and time are bounded by so many clients; one partner's clients stay together.
CLIENTS_A_PART = 20_000
PARTS = """
    SELECT min(partner_id), max(partner_id) FROM (
        SELECT partner_id, (sum(clients) OVER (ORDER BY partner_id) - clients) / %s AS part
        FROM (SELECT partner.id AS partner_id, count(client.id) AS clients
              FROM affiliates_partner AS partner LEFT JOIN clients_client AS client ON client.partner_id = partner.id
              GROUP BY partner.id) AS partner
    ) AS numbered GROUP BY trunc(part) ORDER BY 1
"""


class PeriodIsClosed(Exception):
    """The month is closed, or lies before one that is: what was posted then stays."""

    def __init__(self, month: date, last_closed: date) -> None:
        super().__init__(
            f"{show_month(month)} is closed"
            if month == last_closed
            else f"{show_month(month)} lies before {show_month(last_closed)}, which is closed"
        )


@needs(Right.RUN_MONTHS)
def start_run(
    *, month: date, by: User | None, at: datetime, full: bool = False, clients_a_part: int = CLIENTS_A_PART
) -> Run:
    """This function will begin the run of a period, or go on with the one that was begun.

    The run sees the facts recorded so far. Where it was computed already and nothing that it saw has
    changed since, it stands as it is, unless `full` asks for everything anew. The parts that are left to
    compute are `run.parts.filter(done_at=None)`.

    :raises PeriodIsClosed: the month, or a later one, is closed
    """
    with transaction.atomic():
        Period.objects.get_or_create(month=month)
        period = Period.objects.select_for_update().get(month=month)
        last_closed = Period.objects.last_closed()
        if last_closed is not None and month <= last_closed.month:
            raise PeriodIsClosed(month, last_closed.month)
        run = Run.objects.select_for_update().filter(period=period).first()
        if run is not None and not full and run.state != RunState.FAILED and is_up_to_date(run):
            return run
        if run is not None and full and run.is_full and run.state == RunState.RUNNING and is_up_to_date(run):
            return run
        run = run or Run(period=period)
        run.state, run.error, run.finished_at = RunState.RUNNING, "", None
        run.is_full, run.computed_by, run.started_at = full, by, at
        run.batch, run.after = FactBatch.objects.order_by("-id").first(), last_closed
        run.save()
        run.parts.all().delete()
        Commission.objects.filter(period=period).delete()
        _divide(run, clients_a_part)
        write_audit(by=by, at=at, action="run started", subject=f"period {period}", full=int(full))
    return run


def is_up_to_date(run: Run) -> bool:
    """Whether nothing that the run depends on was recorded since it began, and no month was closed."""
    if run.after != Period.objects.last_closed():
        return False
    seen = run.batch_id or 0
    return not FactBatch.objects.filter(id__gt=seen, earliest__lte=run.period.as_of).exists()


def _divide(run: Run, clients_a_part: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [clients_a_part])
        parts = [RunPart(run=run, first_partner=first, last_partner=last) for first, last in cursor.fetchall()]
    RunPart.objects.bulk_create(parts)
