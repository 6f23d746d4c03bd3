from datetime import datetime, timedelta
from io import BytesIO

import qrcode
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from qrcode.image.svg import SvgPathImage

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tile
from referrals.forms.links import ChangeLinkForm, LinkForm
from referrals.link_days import SHOWN_DAYS, charts
from referrals.models import Lead, Link
from referrals.services.change_link import change_link
from referrals.services.make_link import LinkRefused, make_link
from referrals.services.switch_link import switch_link

COLUMNS = {
    "name": Column("Link", sort=("name",)),
    "address": Column("Address", sort=("code",)),
    "sub": Column("Sub-ID", sort=("sub_id",)),
    "clicks": Column("Visitors, 30 days", is_number=True),
    "leads": Column("Leads", is_number=True),
    "clients": Column("Clients", is_number=True),
    "made": Column("Made", sort=("created_at",)),
}
HEADER = (
    "name", "address", "destination", "sub_id", "visitors_30_days", "clicks_30_days", "leads", "clients", "made_at",
    "switched_off_since",
)  # fmt: skip
OFF = Badge("Off")
QR_PIXELS = 12


@require_safe
@partner_page()
def links(request: PartnerRequest) -> HttpResponseBase:
    """The partner's links, with what came of each."""
    may_make = not request.acting.has_ended
    listing = Listing(
        request=request,
        rows=_counted(request, timezone.now()),
        columns=COLUMNS,
        line=_line,
        default="-made",
        empty=Empty(
            "No links yet",
            "A link brings visitors to our site, and those who ask to be contacted become your leads.",
            reverse("link_new") if may_make else "",
            "Make a link",
        ),
        record=_record,
        record_header=HEADER,
        label="Links",
    )
    if listing.wants_csv:
        return listing.csv("links")
    context = {
        "title": "Links",
        "lead": "Share a link, and whoever asks to be contacted after following it is your lead.",
        "listing": listing,
        "may_make": may_make,
    }
    return render(request, "referrals/links.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page()
def link_new(request: PartnerRequest) -> HttpResponseBase:
    program = Program.current()
    first = {"destination": program.company_site}
    form = LinkForm(request.POST or None, hosts=program.link_hosts, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            made = request.acting.do(
                make_link, partner=request.acting.partner, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except LinkRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, f"“{made.name}” is ready to share.")
            return redirect("link", made.pk)
    context = {
        "title": "Make a link",
        "back": (reverse("links"), "Links"),
        "form": form,
        "action": "Make the link",
        "cancel": reverse("links"),
    }
    return render(request, "referrals/link_form.html", context, status=422 if form.errors else 200)


@require_safe
@partner_page()
def link(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """One link: its address to copy, its QR code, and what came of it by day."""
    now = timezone.now()
    shown = get_object_or_404(_counted(request, now), pk=pk)
    leads = Lead.objects.filter(partner=request.acting.partner, link=shown).order_by("-pk")[:10]
    context = {
        "title": shown.name,
        "lead": f"Leads to {shown.destination}",
        "back": (reverse("links"), "Links"),
        "link": shown,
        "address": address_of_link(shown),
        "form_address": f"{settings.PUBLIC_URL}{reverse('enquiry', args=[shown.code])}",
        "tiles": _tiles(shown),
        "charts": charts(shown, until=request.acting.today, zone=Program.current().time_zone),
        "leads": leads,
        "may_change": not request.acting.has_ended,
    }
    return render(request, "referrals/link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page()
def link_change(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Give a link another name or destination."""
    shown = get_object_or_404(Link, partner=request.acting.partner, pk=pk)
    page = reverse("link", args=[pk])
    first = {"name": shown.name, "destination": shown.destination}
    form = ChangeLinkForm(request.POST or None, hosts=Program.current().link_hosts, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            changed = request.acting.do(
                change_link, link=shown, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except LinkRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, f"“{changed.name}” is changed.")
            return redirect(page)
    context = {
        "title": f"Change “{shown.name}”",
        "lead": f"Its address /r/{shown.code}, its QR code and what came of it stay as they are.",
        "back": (page, shown.name),
        "form": form,
        "action": "Save",
        "cancel": page,
    }
    return render(request, "referrals/link_form.html", context, status=422 if form.errors else 200)


@require_http_methods(LEADS_BACK)
@partner_page()
def link_switch(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Switch a link off, or on again."""
    shown = get_object_or_404(Link, partner=request.acting.partner, pk=pk)
    if request.method != "POST":
        return back_to_form(request, "link", pk)
    is_on = request.POST.get("to") == "on"
    request.acting.do(switch_link, link=shown, is_on=is_on, by=request.user, at=timezone.now())
    messages.success(request, "The link leads on again." if is_on else "The link is off: its visits count no more.")
    return redirect("link", pk)


@require_safe
@partner_page()
def link_qr_svg(request: PartnerRequest, pk: int) -> HttpResponseBase:
    shown = get_object_or_404(Link, partner=request.acting.partner, pk=pk)
    drawn = qrcode.make(address_of_link(shown), image_factory=SvgPathImage)
    return _picture(drawn.to_string(), "image/svg+xml", f"{shown.code}.svg")


@require_safe
@partner_page()
def link_qr_png(request: PartnerRequest, pk: int) -> HttpResponseBase:
    shown = get_object_or_404(Link, partner=request.acting.partner, pk=pk)
    written = BytesIO()
    qrcode.make(address_of_link(shown), box_size=QR_PIXELS).save(written, "PNG")
    return _picture(written.getvalue(), "image/png", f"{shown.code}.png")


@require_safe
@partner_page()
def link_rules(request: PartnerRequest) -> HttpResponseBase:
    """How a visit becomes a lead, and what the company's site needs for it."""
    program = Program.current()
    context = {
        "title": "How links are credited",
        "lead": "From a click to a lead: what counts, for how long, and for whom.",
        "back": (reverse("links"), "Links"),
        "days": program.cookie_days,
        "protection_days": program.protection_days,
        "script": f"{settings.PUBLIC_URL}/{settings.STATIC_URL.lstrip('/')}js/carry.js",
        "api": f"{settings.PUBLIC_URL}{reverse('api_lead-list')}",
    }
    return render(request, "referrals/link_rules.html", context)


def address_of_link(shown: Link) -> str:
    """The address to share."""
    return f"{settings.PUBLIC_URL}{reverse('follow', args=[shown.code])}"


def _counted(request: PartnerRequest, now: datetime) -> QuerySet[Link]:
    return Link.objects.filter(partner=request.acting.partner).counted(since=now - timedelta(days=SHOWN_DAYS))


def _line(shown: Link) -> tuple[Cell, ...]:
    repeats = shown.clicks_made - shown.people
    return (
        Cell(shown.name, url=reverse("link", args=[shown.pk]), badge=None if shown.is_on else OFF),
        Cell(f"/r/{shown.code}", below=shown.destination),
        Cell(shown.sub_id),
        Cell(f"{shown.people:,}", below=f"{repeats:,} more by bots or again" if repeats else ""),
        Cell(f"{shown.leads_made:,}"),
        Cell(f"{shown.clients_made:,}"),
        Cell(f"{shown.created_at:%-d %b %Y}"),
    )


def _record(shown: Link) -> tuple[object, ...]:
    return (
        shown.name, address_of_link(shown), shown.destination, shown.sub_id, shown.people, shown.clicks_made,
        shown.leads_made, shown.clients_made, shown.created_at.isoformat(),
        shown.off_since.isoformat() if shown.off_since else "",
    )  # fmt: skip


def _tiles(shown: Link) -> list[Tile]:
    rest = shown.clicks_made - shown.people
    return [
        Tile("Visitors in 30 days", f"{shown.people:,}", note=f"{rest:,} more clicks by bots, or again"),
        Tile("Leads", f"{shown.leads_made:,}", note="Through this link, since it was made"),
        Tile("Clients", f"{shown.clients_made:,}", note="Leads of it that were won"),
    ]


def _picture(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = "private, max-age=86400"
    return answer
