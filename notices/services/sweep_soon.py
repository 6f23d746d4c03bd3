from celery import current_app
from django.db import transaction

SWEEP = "notices.tasks.sweep_webhooks"


def sweep_soon() -> None:
    """This function will have due deliveries sent once the transaction is committed, not only at the next minute.

    A message that its broker loses, or does not take, costs a minute and nothing else: the schedule finds what is due.
    """
    transaction.on_commit(_sweep, robust=True)


def _sweep() -> None:
    current_app.signature(SWEEP).delay()
