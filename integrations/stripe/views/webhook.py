"""The address that Stripe sends its events to: keep, answer, and let the workers do the rest."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.stripe.services.receive_event import EventRefused, receive_event
from integrations.stripe.tasks import work

MOST_BYTES = 1 << 19
PLAIN = "text/plain; charset=utf-8"


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """An event of Stripe: kept, once, and answered at once."""
    if not settings.STRIPE_WEBHOOK_SECRETS:
        return _said("Stripe is not connected here: STRIPE_WEBHOOK_SECRETS is not set", 503)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return _said(f"The body is larger than {MOST_BYTES:,} bytes", 400)
    signature = request.headers.get("Stripe-Signature", "")
    try:
        is_new = receive_event(
            body=body, signature=signature, secrets=settings.STRIPE_WEBHOOK_SECRETS, at=timezone.now()
        )
    except EventRefused as refused:
        return _said(str(refused), 400)
    if is_new:
        transaction.on_commit(partial(work.delay))
    return _said("Kept" if is_new else "Known already", 200)


def _said(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, content_type=PLAIN, status=status)
