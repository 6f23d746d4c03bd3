"""Customers of Stripe, and the referred clients that they are."""

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, moment, staff_page, who
from clients.models import Client, Invoice
from integrations.stripe.filters import CustomersFilter
from integrations.stripe.forms import LinkForm
from integrations.stripe.models import ObjectKind, Place, StripeCustomer, StripeObject
from integrations.stripe.services.place_customer import IsLinked, leave_customer, link_customer, open_customer
from parts.addresses import row_url
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone

TONES = {Place.LINKED: Tone.GOOD, Place.OPEN: Tone.NEUTRAL, Place.NOT_REFERRED: Tone.NEUTRAL}
MOST_INVOICES = 100


def suggested_for(rows: Sequence[StripeCustomer]) -> dict[str, Client]:
    """The client of each domain of these customers, if there is one."""
    domains = {row.domain for row in rows if row.domain and row.place == Place.OPEN}
    named = Q(domain__iregex=r"^$")
    for domain in domains:
        named |= Q(domain__iexact=domain) | Q(domain__iexact=f"www.{domain}")
    found = Client.objects.filter(named).exclude(domain="").select_related("partner").order_by("-pk")
    return {client.domain.lower().removeprefix("www."): client for client in found} if domains else {}


@staff_page(Right.SEE_MONEY)
@require_safe
def customers(request: StaffRequest) -> HttpResponseBase:
    """All customers of Stripe; those that a domain suggests to be referred clients are there to place."""
    suggested: dict[str, Client] = {}

    def prepare(rows: Sequence[StripeCustomer]) -> None:
        suggested.update(suggested_for(rows))

    def line(row: StripeCustomer) -> list[Cell]:
        alike = suggested.get(row.domain) if row.place == Place.OPEN else None
        state = Badge("To place", Tone.WAITING) if alike else Badge(row.get_place_display(), TONES[Place(row.place)])
        return [
            Cell(str(row), below=row.stripe_id, url=row_url("staff_stripe_customer", row.pk)),
            Cell(row.email, below=row.domain),
            Cell(badge=state),
            Cell(str(row.client or ""), below=str(row.client.partner) if row.client else f"{alike}?" if alike else ""),
        ]

    listing = Listing(
        request=request,
        rows=StripeCustomer.objects.select_related("client__partner"),
        columns={
            "name": Column("Customer", sort=("name", "stripe_id")),
            "email": Column("E-mail", sort=("email",)),
            "place": Column("Whose"),
            "client": Column("Referred client"),
        },
        line=line,
        default="name",
        empty=Empty("No customers", "They come with Stripe’s first events, or with manage.py stripe_backfill."),
        filters=CustomersFilter,
        prepare=prepare,
        label="Customers",
    )
    context = {
        "title": "Customers of Stripe",
        "lead": "A customer is a referred client by its billing key, or because somebody says so. Most are nobody’s.",
        "back": (reverse("staff_stripe"), "Stripe"),
        "at": "customers",
        "listing": listing,
    }
    return render(request, "stripe/list.html", context)


@staff_page(Right.SEE_MONEY)
@require_safe
def customer(request: StaffRequest, pk: int) -> HttpResponse:
    """One customer: whose it is, and its invoices with what was recorded of them."""
    found = get_object_or_404(StripeCustomer.objects.select_related("client__partner", "placed_by"), pk=pk)
    return _page(request, found, _form(found))


def _form(found: StripeCustomer) -> LinkForm:
    alike = suggested_for([found]).get(found.domain)
    return LinkForm(initial={"client": alike.reference if alike else ""})


def _page(request: StaffRequest, found: StripeCustomer, form: LinkForm) -> HttpResponse:
    objects = StripeObject.objects.filter(kind=ObjectKind.INVOICE, customer=found.stripe_id).order_by("-as_of")
    rows = list(objects[:MOST_INVOICES].values_list("stripe_id", "data__status", "data__number", "as_of"))
    recorded = set(Invoice.objects.filter(reference__in=[row[0] for row in rows]).values_list("reference", flat=True))
    alike = suggested_for([found]).get(found.domain)
    badge = Badge("To place", Tone.WAITING) if alike else Badge(found.get_place_display(), TONES[Place(found.place)])
    context = {
        "title": str(found),
        "lead": f"{found.stripe_id}{f', {found.email}' if found.email else ''}",
        "back": (reverse("staff_stripe_customers"), "Customers of Stripe"),
        "customer": found,
        "badge": badge,
        "placed": f"{moment(found.placed_at)} by {who(found.placed_by)}" if found.placed_at else "",
        "alike": alike,
        "invoices": [
            (key, str(number or ""), str(status or ""), moment(at), key in recorded) for key, status, number, at in rows
        ],
        "is_open": found.place != Place.LINKED and may(request.user, Right.MAP_CATEGORIES),
        "is_left": found.place == Place.NOT_REFERRED,
        "form": form,
    }
    return render(request, "stripe/customer.html", context, status=422 if form.errors else 200)


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def customer_link(request: StaffRequest, pk: int) -> HttpResponse:
    """Say which referred client a customer is."""
    found = get_object_or_404(StripeCustomer.objects.select_related("client__partner", "placed_by"), pk=pk)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    client = form.cleaned_data["client"]
    try:
        written = link_customer(customer=found, client=client, by=request.user, at=timezone.now())
    except IsLinked as refused:
        messages.error(request, f"{refused}.")
    else:
        rows = ", ".join(f"{count:,} {kind}" for kind, count in written.items() if kind in ("invoices", "payments"))
        messages.success(request, f"Linked to {client}; recorded now: {rows or 'nothing new'}.")
    return redirect("staff_stripe_customer", pk)


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def customer_leave(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that a customer came by itself."""
    found = get_object_or_404(StripeCustomer, pk=pk)
    try:
        leave_customer(customer=found, by=request.user, at=timezone.now())
    except IsLinked as refused:
        messages.error(request, f"{refused}.")
    else:
        messages.success(request, f"{found} is nobody’s, and suggested no more.")
    return redirect("staff_stripe_customer", pk)


@staff_page(Right.MAP_CATEGORIES)
@require_POST
def customer_open(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back that a customer came by itself."""
    found = get_object_or_404(StripeCustomer, pk=pk)
    try:
        open_customer(customer=found, by=request.user, at=timezone.now())
    except IsLinked as refused:
        messages.error(request, f"{refused}.")
    return redirect("staff_stripe_customer", pk)
