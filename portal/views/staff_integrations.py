"""The doors to other systems on one page: which are connected, and what waits there for a person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.rights import Right
from affiliates.doors import Standing
from affiliates.staff_page import StaffRequest, staff_page
from integrations.crm.standing import standing as crm
from integrations.introductions.standing import standing as introductions
from integrations.partnerstack.standing import standing as partnerstack
from integrations.stripe.standing import standing as stripe
from parts.formats import counted
from parts.shapes import Badge, Tone

# What each is for, the page that it opens, and what it says of itself.
DOORS: tuple[tuple[str, str, str, Callable[..., Standing]], ...] = (
    ("Stripe", "Invoices, payments, refunds and disputes come in as they happen.", "staff_stripe", stripe),
    (
        "PartnerStack",
        "Everything is brought from there, and what was paid is held against this Agreement.",
        "staff_partnerstack",
        partnerstack,
    ),
    (
        "Introductions by e-mail",
        "A message of a partner that brings a prospect becomes a lead.",
        "staff_introductions",
        introductions,
    ),
    ("CRMs", "Leads and their stages go to HubSpot, Pipedrive or Zoho, and come back.", "staff_crm", crm),
)


@dataclass(frozen=True, slots=True)
class Door:
    """A door ready to print."""

    name: str
    purpose: str
    url: str
    badge: Badge
    says: str
    waiting: str


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_integrations(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "title": "Integrations",
        "lead": "The systems that this program lives between. Programs of your own use API keys and webhooks.",
        "doors": [_door(*each, now) for each in DOORS],
    }
    return render(request, "portal/staff/integrations.html", context)


def _door(name: str, purpose: str, page: str, standing: Callable[..., Standing], at: datetime) -> Door:
    found = standing(at=at)
    return Door(
        name,
        purpose,
        reverse(page),
        _badge(found),
        f"{found.says.rstrip('.')}.",
        f"{counted(found.waiting, 'thing waits', 'things wait')} for a person" if found.waiting else "",
    )


def _badge(standing: Standing) -> Badge:
    if standing.is_in_trouble:
        return Badge("In trouble", Tone.BAD)
    return Badge("Connected", Tone.GOOD) if standing.is_on else Badge("Not connected")
