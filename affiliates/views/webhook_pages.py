"""What the pages of endpoints show and do, a partner's and the company's alike; the views say whose they are."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from affiliates.forms.webhook import SinceForm, WebhookForm
from affiliates.models import Program
from affiliates.staff_page import moment
from notices.models import DeliveryState, EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WhyOff
from notices.services.keep_endpoint import EndpointRefused, remove_endpoint
from notices.services.redeliver import EndpointIsOff, TooManyTests, redeliver, redeliver_since, send_test
from notices.services.send_webhooks import TAKEN, body_of
from notices.services.switch_endpoint import switch_endpoint
from parts.formats import counted
from parts.listing import Column, Listing, PlainFilters
from parts.shapes import Badge, Cell, Empty, Event, Tone

TONES = {
    DeliveryState.DUE: Tone.WAITING,
    DeliveryState.DELIVERED: Tone.GOOD,
    DeliveryState.FAILED: Tone.BAD,
    DeliveryState.PARKED: Tone.NEUTRAL,
}
SENT_THEN = "What waits, and what was given up, is sent then; what happens meanwhile can be sent from a day on."
ONCE_ON = {
    WhyOff.BY_HAND: f"Nothing is sent until it is switched on. {SENT_THEN}",
    WhyOff.NO_ANSWER: f"Mend it and switch it on. {SENT_THEN}",
    WhyOff.GONE: f"Change its address, or mend it, and switch it on. {SENT_THEN}",
}
NOTHING_SENT = Empty("Nothing was sent yet", "Send a test event, and look here at what the endpoint answers.")
Made = tuple[WebhookEndpoint, str]


class Make(Protocol):
    def __call__(self, *, url: str, kinds: list[EventKind], by: User, at: datetime) -> Made: ...


class Change(Protocol):
    def __call__(
        self, *, endpoint: WebhookEndpoint, url: str, kinds: list[EventKind], by: User, at: datetime
    ) -> WebhookEndpoint: ...


class Rotate(Protocol):
    def __call__(self, *, endpoint: WebhookEndpoint, by: User, at: datetime) -> Made: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose endpoints a page is about, who is there, and by which services they are made.

    `do` takes a step of the program; `prefix` is what the names of the addresses begin with.
    """

    request: HttpRequest
    user: User
    program: Program
    partner_id: int | None
    prefix: str
    base: str
    lead: str
    back: tuple[str, str] | None
    do: Callable[..., Any]
    make: Make
    change: Change
    rotate: Rotate

    def url(self, name: str, *parts: object) -> str:
        return reverse(f"{self.prefix}{name}", args=parts)

    def endpoint(self, pk: UUID, *deliveries: int) -> WebhookEndpoint:
        """The endpoint, where it is one of these and the deliveries are its own; else 404."""
        endpoint = get_object_or_404(WebhookEndpoint.objects.of(self.partner_id), pk=pk)
        for number in deliveries:
            get_object_or_404(self.deliveries(endpoint), pk=number)
        return endpoint

    def deliveries(self, endpoint: WebhookEndpoint) -> "QuerySet[WebhookDelivery]":
        return WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event")

    def step(self, step: Callable[..., Any], **arguments: Any) -> Any:
        """This function will take a step now, as who is there; what was removed meanwhile is not there."""
        try:
            return self.do(step, by=self.user, at=timezone.now(), **arguments)
        except WebhookEndpoint.DoesNotExist as error:
            raise Http404 from error

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        context = {"base": self.base, **context}
        return render(self.request, f"affiliates/settings/{template}", context, status=status)


class DeliveriesFilter(PlainFilters):
    state = django_filters.ChoiceFilter(label="State", choices=DeliveryState.choices, empty_label="Any state")

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownEndpoint:
    """An endpoint ready to print."""

    address: str
    url: str
    kinds: str
    made: str
    badge: Badge


def list_page(desk: Desk) -> HttpResponse:
    """The endpoints, the newest first."""
    new = desk.url("webhook_new")
    text = "An endpoint is told at once, in signed messages, what happens here."
    return desk.render(
        "webhooks.html",
        title="Webhooks",
        lead=desk.lead,
        back=desk.back,
        endpoints=[_shown(desk, endpoint) for endpoint in WebhookEndpoint.objects.of(desk.partner_id)],
        new_url=new,
        empty=Empty("No endpoints yet", text, new, "New endpoint"),
    )


def new_page(desk: Desk) -> HttpResponse:
    """Somebody makes an endpoint and sees its secret, this once."""
    form = WebhookForm(desk.request.POST or None, is_company=desk.partner_id is None)
    if desk.request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = desk.step(desk.make, **form.chosen())
        except EndpointRefused as refusal:
            form.add_error("url", f"{refusal}.")
        else:
            return _secret_page(desk, endpoint, secret)
    return desk.render(
        "webhook_new.html",
        status=422 if form.errors else 200,
        title="New endpoint",
        lead="What happens is sent there in signed messages. The secret to check them is shown once.",
        back=(desk.url("webhooks"), "Webhooks"),
        form=form,
        action="Make the endpoint",
    )


def endpoint_page(desk: Desk, pk: UUID) -> HttpResponse:
    """One endpoint: how it stands, what was sent to it, and what can be done."""
    return _endpoint_page(desk, desk.endpoint(pk), SinceForm(today=_today(desk)))


def change_page(desk: Desk, pk: UUID) -> HttpResponse:
    """Somebody sends an endpoint's events elsewhere, or chooses others."""
    endpoint = desk.endpoint(pk)
    initial = {"url": endpoint.url, "kinds": endpoint.kinds}
    form = WebhookForm(desk.request.POST or None, is_company=desk.partner_id is None, initial=initial)
    if desk.request.method == "POST" and form.is_valid():
        try:
            desk.step(desk.change, endpoint=endpoint, **form.chosen())
        except EndpointRefused as refusal:
            form.add_error("url", f"{refusal}.")
        else:
            messages.success(desk.request, "Saved. What waits for the endpoint goes to its address of now.")
            return redirect(desk.url("webhook", endpoint.pk))
    return desk.render(
        "webhook_new.html",
        status=422 if form.errors else 200,
        title="Change the endpoint",
        lead="Its secret stays. Rotate it where somebody else could read it at the address before.",
        back=(desk.url("webhook", endpoint.pk), "Endpoint"),
        form=form,
        action="Save",
    )


def rotate_page(desk: Desk, pk: UUID) -> HttpResponse:
    """After a page that asks, the endpoint gets a new secret, which is shown once."""
    endpoint = desk.endpoint(pk)
    if desk.request.method == "POST":
        return _secret_page(desk, *desk.step(desk.rotate, endpoint=endpoint))
    return desk.render(
        "key_ask.html",
        title="Rotate the secret?",
        lead="You get a new secret. For 24 hours messages are signed with both, so that nothing is missed.",
        back=(desk.url("webhook", endpoint.pk), "Endpoint"),
        action="Make a new secret",
    )


def remove_page(desk: Desk, pk: UUID) -> HttpResponse:
    """After a page that asks, the endpoint is gone."""
    endpoint = desk.endpoint(pk)
    if desk.request.method == "POST":
        desk.step(remove_endpoint, endpoint=endpoint)
        messages.success(desk.request, "The endpoint is removed: nothing is sent to it any more.")
        return redirect(desk.url("webhooks"))
    return desk.render(
        "key_ask.html",
        title="Remove the endpoint?",
        lead=f"Nothing is sent to {endpoint.url} any more, and its secret is forgotten.",
        back=(desk.url("webhook", endpoint.pk), "Endpoint"),
        action="Remove it",
    )


def switch(desk: Desk, pk: UUID) -> HttpResponse:
    """The endpoint goes off, or on again."""
    endpoint, on = desk.endpoint(pk), desk.request.POST.get("on") == "1"
    desk.step(switch_endpoint, endpoint=endpoint, on=on)
    said = "The endpoint is on: what waits is sent now." if on else "The endpoint is off: what is under way waits."
    messages.success(desk.request, said)
    return redirect(desk.url("webhook", endpoint.pk))


def test(desk: Desk, pk: UUID) -> HttpResponse:
    """A test event goes to the endpoint; its page shows what comes back."""
    endpoint = desk.endpoint(pk)
    try:
        delivery: WebhookDelivery = desk.step(send_test, endpoint=endpoint)
    except (EndpointIsOff, TooManyTests) as refusal:
        messages.error(desk.request, f"{refusal}.")
        return redirect(desk.url("webhook", endpoint.pk))
    messages.success(desk.request, "The test event is on its way. This page shows what the endpoint answers.")
    return redirect(desk.url("webhook_delivery", endpoint.pk, delivery.pk))


def send_since(desk: Desk, pk: UUID) -> HttpResponse:
    """Everything since a day goes to the endpoint again."""
    endpoint = desk.endpoint(pk)
    form = SinceForm(desk.request.POST, today=_today(desk))
    if form.is_valid():
        since = datetime.combine(form.cleaned_data["since"], time.min, ZoneInfo(desk.program.time_zone))
        try:
            count = desk.step(redeliver_since, endpoint=endpoint, since=since)
        except EndpointIsOff as refusal:
            messages.error(desk.request, f"{refusal}.")
        else:
            messages.success(desk.request, f"{counted(count, 'event is', 'events are')} sent again.")
        return redirect(desk.url("webhook", endpoint.pk))
    return _endpoint_page(desk, endpoint, form)


def delivery_page(desk: Desk, pk: UUID, number: int) -> HttpResponse:
    """One event on its way: what is sent, and what came of each try."""
    endpoint = desk.endpoint(pk)
    delivery = get_object_or_404(desk.deliveries(endpoint), pk=number)
    body = json.dumps(json.loads(body_of(delivery.event)), ensure_ascii=False, indent=2)
    return desk.render(
        "webhook_delivery.html",
        title=delivery.event.get_kind_display(),
        lead=_what_next(delivery, endpoint),
        back=(desk.url("webhook", endpoint.pk), "Endpoint"),
        delivery=delivery,
        badge=_badge(delivery),
        next_try=_next_try(delivery, endpoint),
        happened=moment(delivery.event.at),
        delivered=moment(delivery.delivered_at),
        tries=[_tried(attempt) for attempt in delivery.attempts.all()[:50]],
        body=body,
        again=desk.url("webhook_again", endpoint.pk, delivery.pk) if endpoint.is_on else "",
    )


def send_again(desk: Desk, pk: UUID, number: int) -> HttpResponse:
    """One event goes to the endpoint again."""
    endpoint = desk.endpoint(pk)
    delivery = get_object_or_404(desk.deliveries(endpoint), pk=number)
    try:
        desk.step(redeliver, delivery=delivery)
    except EndpointIsOff as refusal:
        messages.error(desk.request, f"{refusal}.")
    else:
        messages.success(desk.request, "The event is on its way again.")
    return redirect(desk.url("webhook_delivery", endpoint.pk, delivery.pk))


def _endpoint_page(desk: Desk, endpoint: WebhookEndpoint, form: SinceForm) -> HttpResponse:
    listing = Listing(
        request=desk.request,
        rows=desk.deliveries(endpoint),
        columns={
            "event": Column("Event", sort=("event_id",)),
            "subject": Column("About"),
            "when": Column("When"),
            "state": Column("State"),
            "tries": Column("Tries", is_number=True),
        },
        line=lambda delivery: (
            Cell(delivery.event.get_kind_display(), below=delivery.event.kind,
                 url=desk.url("webhook_delivery", endpoint.pk, delivery.pk)),
            Cell(delivery.subject),
            Cell(moment(delivery.event.at)),
            Cell(badge=_badge(delivery)),
            Cell(str(delivery.tries)),
        ),
        default="-event",
        empty=NOTHING_SENT,
        filters=DeliveriesFilter,
        label="What was sent",
    )  # fmt: skip
    urls = {
        name: desk.url(f"webhook_{name}", endpoint.pk)
        for name in ("test", "since", "change", "rotate", "switch", "remove")
    }
    return desk.render(
        "webhook.html",
        status=422 if form.errors else 200,
        title=endpoint.url,
        lead="" if endpoint.is_on else ONCE_ON[WhyOff(endpoint.why_off)],
        back=(desk.url("webhooks"), "Webhooks"),
        endpoint=endpoint,
        shown=_shown(desk, endpoint),
        why_off=_why_off(endpoint),
        until=moment(endpoint.previous_until) if _has_two_secrets(endpoint) else "",
        listing=listing,
        form=form,
        urls=urls,
    )


def _secret_page(desk: Desk, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    """The one page that shows a secret; no browser keeps it."""
    return desk.render(
        "webhook_secret.html",
        title="The endpoint’s secret",
        lead="Copy it now: it is never shown again.",
        back=(desk.url("webhook", endpoint.pk), "Endpoint"),
        secret=secret,
        until=moment(endpoint.previous_until) if _has_two_secrets(endpoint) else "",
    )


def _shown(desk: Desk, endpoint: WebhookEndpoint) -> ShownEndpoint:
    return ShownEndpoint(
        address=endpoint.url,
        url=desk.url("webhook", endpoint.pk),
        kinds=", ".join(endpoint.kinds) or "everything",
        made=moment(endpoint.made_at),
        badge=Badge("On", Tone.GOOD)
        if endpoint.is_on
        else Badge("Off", Tone.NEUTRAL if endpoint.why_off == WhyOff.BY_HAND else Tone.BAD),
    )


def _why_off(endpoint: WebhookEndpoint) -> str:
    if endpoint.is_on:
        return ""
    return f"{endpoint.get_why_off_display()}; off since {moment(endpoint.off_at)}"


def _has_two_secrets(endpoint: WebhookEndpoint) -> bool:
    return endpoint.previous_until is not None and endpoint.previous_until > timezone.now()


def _badge(delivery: WebhookDelivery) -> Badge:
    state = DeliveryState(delivery.state)
    if state == DeliveryState.DUE and delivery.tries:
        return Badge("To be tried again", Tone.WAITING)
    return Badge(state.label, TONES[state])


def _what_next(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> str:
    """What can be done about an event that is not on its way."""
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.PARKED):
        return ""
    if endpoint.is_on:
        return "Mend the endpoint and send the event again."
    if delivery.event.kind == EventKind.TEST:
        return "Tests are not repeated: switch the endpoint on and send another one."
    return "The endpoint is off. Once it is switched on, this event is tried anew."


def _next_try(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> str:
    if delivery.state != DeliveryState.DUE or not endpoint.is_on:
        return ""
    return moment(delivery.next_at) if delivery.next_at > timezone.now() else "at once"


def _tried(attempt: WebhookAttempt) -> Event:
    is_good = attempt.answered in TAKEN
    title = f"Answered with {attempt.answered}" if attempt.answered else "No answer"
    return Event(
        title=f"{title}, {attempt.milliseconds:,} ms",
        at=attempt.at,
        text=attempt.said,
        tone=Tone.GOOD if is_good else Tone.BAD,
    )


def _today(desk: Desk) -> Any:
    return desk.program.day(timezone.now())
