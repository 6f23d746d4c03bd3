from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from notices.models import WebhookEndpoint
from notices.services.forget_deliveries import forget_deliveries
from notices.services.send_webhooks import send_webhooks


@shared_task
def sweep_webhooks() -> None:
    """Sends each endpoint that something is due to into the queue: a slow one holds up nobody else."""
    for endpoint_id in WebhookEndpoint.objects.with_due(at=timezone.now()).values_list("pk", flat=True):
        transaction.on_commit(partial(send_to_endpoint.delay, str(endpoint_id)))


@shared_task
def forget() -> None:
    """Deletes the deliveries of events that came to an end long ago."""
    forget_deliveries(at=timezone.now())


@shared_task
def send_to_endpoint(endpoint_id: str) -> None:
    """Sends what is due to one endpoint."""
    send_webhooks(endpoint_id=UUID(endpoint_id), clock=timezone.now)
