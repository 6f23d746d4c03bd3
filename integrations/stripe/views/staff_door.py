"""How the door to Stripe stands, and what is kept and not recorded."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from integrations.stripe.filters import SUGGESTED, FindingsFilter
from integrations.stripe.models import BackfillList, FindingKind, StripeCustomer, StripeEvent, StripeFinding
from integrations.stripe.services.settle_finding import settle_finding
from integrations.stripe.standing import standing, to_do
from parts.addresses import row_url
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
        "aside": StripeEvent.objects.aside().count(),
        "aside_url": f"{events}?state=aside",
        "lists": list(BackfillList.objects.all()),
        "listing": _findings(request),
    }
    return render(request, "stripe/door.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def finding(request: StaffRequest, pk: int) -> HttpResponse:
    """One thing that is kept and not recorded: why, what to do, and what Stripe told of it."""
    found = get_object_or_404(StripeFinding.objects.select_related("settled_by"), pk=pk)
    customer = StripeCustomer.objects.select_related("client__partner").filter(stripe_id=found.customer).first()
    about = {
        key: f"{reverse('staff_stripe_events')}?{urlencode({'about': key})}" for key in (found.subject, found.about)
    }
    context = {
        "title": found.subject,
        "lead": f"{found.says}.",
        "back": (reverse("staff_stripe"), "Stripe"),
        "finding": found,
        "badge": _badge(found),
        "since": moment(found.at),
        "customer": customer,
        "about": list(about.items()),
        "settled": f"{moment(found.settled_at)} by {who(found.settled_by)}" if found.settled_at else "",
        "may_settle": found.settled_at is None and may(request.user, Right.MAP_CATEGORIES),
    }
    return render(request, "stripe/finding.html", context)


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def finding_settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that somebody has looked at it and done what there was to do."""
    settle_finding(finding=get_object_or_404(StripeFinding, pk=pk), by=request.user, at=timezone.now())
    messages.success(request, "It is settled, and counts as something to look at no more.")
    return redirect("staff_stripe")


def _badge(row: StripeFinding) -> Badge:
    return Badge(row.get_kind_display(), TONES.get(FindingKind(row.kind), Tone.NEUTRAL))


def _findings(request: StaffRequest) -> "Listing[StripeFinding]":
    customers: dict[str, StripeCustomer] = {}

    def prepare(rows: Sequence[StripeFinding]) -> None:
        customers.update(StripeCustomer.objects.in_bulk({row.customer for row in rows}, field_name="stripe_id"))

    def line(row: StripeFinding) -> list[Cell]:
        whose = customers.get(row.customer)
        return [
            Cell(badge=_badge(row)),
            Cell(row.subject, below=str(whose or row.customer), url=row_url("staff_stripe_finding", row.pk)),
            Cell(row.says, below=row.to_do),
            Cell(moment(row.at), below="settled" if row.settled_at else ""),
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
