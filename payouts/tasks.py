from datetime import date
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from payouts.models import Statement, StatementState
from payouts.services.issue_statement import issue_statement
from payouts.services.refresh_payout import refresh_payouts


@shared_task
def write_statement(statement_id: int) -> None:
    """Writes one partner's PDF; what fails stays due and is sent again by the sweep."""
    issue_statement(statement_id=statement_id, at=timezone.now())


def send_statements(month: date | None = None) -> int:
    """This function will send statements that are due to the workers, once the transaction is committed."""
    now = timezone.now()
    due = Statement.objects.due(at=now)
    ids = list((due.filter(period=month) if month else due).values_list("pk", flat=True))
    Statement.objects.filter(pk__in=ids, state=StatementState.DUE).update(sent_at=now)
    for statement_id in ids:
        transaction.on_commit(partial(write_statement.delay, statement_id))
    return len(ids)


@shared_task
def sweep_statements() -> None:
    """Sends again what is due."""
    send_statements()


@shared_task
def sweep_payouts() -> None:
    """Looks at the gates of every payout that is not paid yet: what opens and closes them happens elsewhere."""
    refresh_payouts(at=timezone.now())
