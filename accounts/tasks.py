from celery import shared_task
from django.utils import timezone

from accounts.services.forget_answers import forget_answers
from accounts.services.seal_audit import seal_audit


@shared_task
def sweep_audit() -> None:
    """Chains what was added to the audit trail since the last minute."""
    while seal_audit(at=timezone.now()):
        pass


@shared_task
def forget() -> None:
    """Deletes what the API answered more than a day ago."""
    forget_answers(at=timezone.now())
