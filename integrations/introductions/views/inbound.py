"""Where a mail provider leaves inbound messages: django-anymail's doors, with two things done before them."""

from collections.abc import Callable
from datetime import datetime
from email import policy
from email.errors import MessageError
from typing import Any

from anymail.signals import AnymailInboundEvent, inbound
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations.introductions.models import Source
from integrations.introductions.providers import Parcel, findings_of, parcels_of
from integrations.introductions.services.receive_message import NoMessage, receive_message

View = Callable[..., HttpResponseBase]


def door(kind: type[AnymailCoreWebhookView]) -> View:
    """This function will give a provider's door; without a secret in the settings, and what else the provider needs,
    it does not exist.

    Where the provider sends the message raw, it is stored as it is once the provider is known for who it is, and
    parsed by nobody here. Else anymail puts one together, and its signal brings it.
    """
    through: View = kind.as_view()

    @csrf_exempt
    def inbound_door(request: HttpRequest) -> HttpResponseBase:
        if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
            raise Http404("No mail provider is connected")
        try:
            return _take(kind(), through, request)
        except ImproperlyConfigured as missing:  # It needs a key of its own, or a library.
            raise Http404("This mail provider is not connected") from missing

    return inbound_door


def _take(view: AnymailCoreWebhookView, through: View, request: HttpRequest) -> HttpResponseBase:
    """What a provider sends, once it is known for who it is."""
    if request.method != "POST":
        return through(request)
    view.setup(request)
    view.run_validators(request)
    if parcels := parcels_of(view.esp_name, request):
        for parcel in parcels:
            _receive(parcel, timezone.now())
        return HttpResponse()
    try:
        return through(request)
    except ImproperlyConfigured:
        raise
    except (ValueError, LookupError, TypeError, AttributeError):  # Sent again, it would be of no better shape.
        return HttpResponseBadRequest("This is no inbound message as the provider sends them")


@receiver(inbound)
def take_from_anymail(sender: type, event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """A message that anymail put together of what a provider parsed."""
    message = event.message
    _receive(
        Parcel(
            _composed(message),
            message.envelope_sender,
            message.envelope_recipient or "",
            bool(message.spam_detected),
            findings_of(esp_name, event.esp_event),
        ),
        timezone.now(),
    )


def _composed(message: Any) -> bytes:
    """A message as bytes, by the older rules, which take what the newer ones raise on."""
    try:
        return bytes(message.as_bytes(policy=policy.compat32))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        told = [f"{name}: {value}" for name, value in message.raw_items()]
        return "\n".join(line.replace("\n", " ") for line in told).encode("utf-8", "replace") + b"\n\n"


def _receive(parcel: Parcel, at: datetime) -> None:
    try:
        receive_message(
            raw=parcel.raw,
            source=Source.PROVIDER,
            envelope_sender=parcel.sender,
            envelope_recipient=parcel.recipient,
            is_spam=parcel.is_spam,
            findings=parcel.findings,
            at=at,
        )
    except NoMessage:  # Nothing came, so there is nothing to keep; the provider need not send it again.
        return
