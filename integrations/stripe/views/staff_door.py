"""How the door to Stripe stands, and what is kept and not recorded."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, moment, staff_page
from integrations.stripe.filters import SUGGESTED, FindingsFilter
from integrations.stripe.models import BackfillList, FindingKind, StripeCustomer, StripeEvent, StripeFinding
from integrations.stripe.standing import standing, to_do
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile, Tone

TONES = {FindingKind.WAITING: Tone.WAITING, FindingKind.REFUSED: Tone.BAD, FindingKind.DIFFERS: Tone.BAD}


@staff_page(Right.SEE_MONEY)
@require_safe
def door(request: StaffRequest) -> HttpResponseBase:
    """Whether Stripe is connected, what waits for a person, and what is kept and not recorded."""
    at = timezone.now()
    stands, waits = standing(at=at), to_do(at=at)
    last = StripeEvent.objects.order_by("-pk").first()
    kind = last.type if last else ""
    customers, events = reverse("staff_stripe_customers"), reverse("staff_stripe_events")
    context = {
        "title": "Stripe",
        "lead": f"{stands.says}.",
        "at": "door",
        "tiles": [
            Tile("Last event", moment(last.received_at) if last else "None", note=kind, url=events),
            Tile("To place", f"{waits.customers:,}", note="customers", url=f"{customers}?place={SUGGESTED}"),
            Tile("To map", f"{waits.words:,}", note="products that earn nothing", url=reverse("staff_stripe_rules")),
            Tile("Parked", f"{waits.parked:,}", note="events that cannot be read", url=f"{events}?state=parked"),
        ],
        "is_on": stands.is_on,
        "address": f"{settings.PUBLIC_URL}{reverse('stripe_webhook')}",
        "lists": list(BackfillList.objects.all()),
        "listing": _findings(request),
    }
    return render(request, "stripe/door.html", context)


def _findings(request: StaffRequest) -> "Listing[StripeFinding]":
    customers: dict[str, StripeCustomer] = {}

    def prepare(rows: Sequence[StripeFinding]) -> None:
        customers.update(StripeCustomer.objects.in_bulk({row.customer for row in rows}, field_name="stripe_id"))

    def line(row: StripeFinding) -> list[Cell]:
        whose = customers.get(row.customer)
        return [
            Cell(badge=Badge(row.get_kind_display(), TONES.get(FindingKind(row.kind), Tone.NEUTRAL))),
            Cell(row.subject, below=str(whose or ""), url=f"{reverse('staff_stripe_events')}?about={row.subject}"),
            Cell(row.says, below=row.to_do),
            Cell(moment(row.at)),
        ]

    return Listing(
        request=request,
        rows=StripeFinding.objects.all(),
        columns={
            "kind": Column("Why", sort=("kind",)),
            "subject": Column("What"),
            "says": Column("What is known, and what to do"),
            "at": Column("Since", sort=("at",)),
        },
        line=line,
        default="-at",
        empty=Empty("Nothing is kept back", "All that is known of referred clients is recorded."),
        filters=FindingsFilter,
        prepare=prepare,
        label="Kept and not recorded",
    )
