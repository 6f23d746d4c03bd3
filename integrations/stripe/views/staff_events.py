"""What Stripe told, word for word, and how each stands."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, moment, staff_page
from integrations.stripe.filters import EventsFilter
from integrations.stripe.models import EventToWork, StripeEvent
from integrations.stripe.services.try_again import IsWorked, try_again
from integrations.stripe.tasks import work
from parts.addresses import row_url
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

SHOWN = 200_000  # Letters of a body; the rest is in the admin.


def state_of(event: StripeEvent, row: EventToWork | None) -> Badge:
    """How an event stands; `row` is its work that is left."""
    if row is None:
        return Badge("Worked", Tone.GOOD) if event.is_ours else Badge("Set aside", Tone.NEUTRAL)
    return Badge("Parked", Tone.BAD) if row.is_parked else Badge("Waiting", Tone.WAITING)


def _apart(event: StripeEvent) -> str:
    """What sets an event apart from those of the account's own money."""
    return ", ".join(word for word in ("" if event.is_live else "test mode", event.account) if word)


@staff_page(Right.SEE_MONEY)
@require_safe
def events(request: StaffRequest) -> HttpResponseBase:
    """All events, the newest first."""
    waiting: dict[int, EventToWork] = {}

    def prepare(rows: Sequence[StripeEvent]) -> None:
        waiting.update(EventToWork.objects.in_bulk([row.pk for row in rows]))

    def line(row: StripeEvent) -> list[Cell]:
        left = waiting.get(row.pk)
        return [
            Cell(row.type, below=row.key, url=row_url("staff_stripe_event", row.pk)),
            Cell(row.object_id, below=_apart(row)),
            Cell(moment(row.created)),
            Cell(moment(row.received_at), below=row.get_source_display()),
            Cell(left.error[:200] if left else "", badge=state_of(row, left)),
        ]

    listing = Listing(
        request=request,
        rows=StripeEvent.objects.defer("body"),
        columns={
            "type": Column("Event"),
            "object": Column("About"),
            "created": Column("Happened", sort=("created",)),
            "received": Column("Came", sort=("id",)),
            "state": Column("State"),
        },
        line=line,
        default="-received",
        empty=Empty("No events", "They come once Stripe knows the address of this portal."),
        filters=EventsFilter,
        prepare=prepare,
        label="Events",
    )
    context = {
        "title": "Events of Stripe",
        "lead": "What Stripe told, word for word; kept for good, and worked within moments.",
        "back": (reverse("staff_stripe"), "Stripe"),
        "at": "events",
        "listing": listing,
    }
    return render(request, "stripe/list.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def event(request: StaffRequest, pk: int) -> HttpResponse:
    """One event, word for word."""
    found = get_object_or_404(StripeEvent, pk=pk)
    left = EventToWork.objects.filter(pk=pk).first()
    context = {
        "title": found.type,
        "lead": f"{found.key}, happened {moment(found.created)}, came {moment(found.received_at)}",
        "back": (reverse("staff_stripe_events"), "Events of Stripe"),
        "event": found,
        "left": left,
        "badge": state_of(found, left),
        "body": _shown(found.body),
        "may_try": left is not None and left.is_parked and may(request.user, Right.MAP_CATEGORIES),
    }
    return render(request, "stripe/event.html", context)


def _shown(body: str) -> str:
    try:
        text = json.dumps(json.loads(body), indent=2) if len(body) <= SHOWN else body
    except (ValueError, RecursionError):
        text = body
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def event_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Have a parked event tried once more."""
    get_object_or_404(StripeEvent, pk=pk)
    try:
        try_again(event=pk, by=request.user, at=timezone.now())
    except IsWorked as refused:
        messages.info(request, f"{refused}.")
    else:
        work.delay()
        messages.success(request, "It is tried again within a minute.")
    return redirect("staff_stripe_event", pk)
