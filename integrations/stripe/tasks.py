from celery import shared_task
from django.utils import timezone

from integrations.stripe.services.sweep import sweep
from integrations.stripe.services.work_events import work_events


@shared_task
def work() -> None:
    """Works the events that are due; nothing where another worker is at it, which takes them along."""
    work_events(clock=timezone.now)


@shared_task
def sweep_stripe() -> None:
    """Works what a lost message left, and links customers whose client came after them."""
    sweep(clock=timezone.now)
