"""The API keys of a partner: made, replaced and revoked by its owners, each shown once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import ApiKey, Scope
from accounts.models.api_key import PARTNER_SCOPES
from accounts.services.issue_api_key import KeyRefused
from affiliates.acting import PartnerRequest, partner_page
from affiliates.forms.api_key import ApiKeyForm
from affiliates.services.keep_partner_keys import issue_partner_key, replace_partner_key, revoke_partner_key
from affiliates.staff_page import moment
from affiliates.views.confirmed_person import confirmed_person
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from parts.shapes import Badge, Empty, Tone

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Whose keys a page is about: the name of the list's address and the frame that the page stands in."""

    list: str
    base: str


PARTNERS = Place("api_keys", "partner.html")


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key ready to print; `pk` is 0 where nothing can be done with it any more."""

    pk: int
    name: str
    hint: str
    may: str
    used: str
    made: str
    badge: Badge
    can_be_replaced: bool


@require_safe
@partner_page(owners_only=True, after_the_end=True)
def api_keys(request: PartnerRequest) -> HttpResponse:
    """The keys, the newest first, with what each may do and when it was last used."""
    context = {
        "title": "API keys",
        "lead": f"Programs that act for {request.acting.partner}: your website, your CRM, your reports.",
        "back": (reverse("settings"), "Settings"),
        **key_list(request.acting.do(shown_keys, request.acting.partner.pk, timezone.now()), reverse("api_key_new")),
        "may_change": True,
    }
    return render(request, "affiliates/settings/keys.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True)
def api_key_new(request: PartnerRequest) -> HttpResponse:
    """An owner makes a key and sees its text, this once."""
    acting = request.acting
    form = ApiKeyForm(request.POST or None, scopes=PARTNER_SCOPES, today=acting.today)
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen(acting.program.time_zone)
        try:
            key, secret = acting.do(
                issue_partner_key, partner=acting.partner, by=acting.user, at=timezone.now(), **chosen
            )
        except KeyRefused as refusal:
            form.add_error("name", f"{refusal}.")
        else:
            return show_secret(request, key, secret, PARTNERS)
    context = {
        "title": "New API key",
        "lead": "It acts as you, for this partner, within what you tick. It is shown once.",
        "back": (reverse("api_keys"), "API keys"),
        "form": form,
        "action": "Make the key",
        "cancel": reverse("api_keys"),
    }
    return render(request, "affiliates/settings/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True)
def api_key_replace(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner makes the successor of a key, after a page that asks."""
    acting = request.acting
    key = get_object_or_404(ApiKey.objects.of(acting.partner.pk), pk=pk)
    if request.method == "POST":
        try:
            made, secret = acting.do(
                replace_partner_key, partner=acting.partner, key=key, by=acting.user, at=timezone.now()
            )
        except KeyRefused as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("api_keys")
        return show_secret(request, made, secret, PARTNERS)
    return ask_to_replace(request, key, PARTNERS)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True, after_the_end=True)
def api_key_revoke(request: PartnerRequest, pk: int) -> HttpResponse:
    """An owner ends a key at once: in a hurry, so without being asked who they are."""
    key = get_object_or_404(ApiKey.objects.of(request.acting.partner.pk), pk=pk)
    if request.method != "POST":
        return back_to_form(request, "api_keys")
    acting = request.acting
    acting.do(revoke_partner_key, partner=acting.partner, key=key, by=acting.user, at=timezone.now())
    messages.success(request, f"{key.name} is revoked: it opens nothing any more.")
    return redirect("api_keys")


def shown_keys(partner_id: int | None, at: datetime) -> list[ShownKey]:
    """A holder's newest keys ready to print; with None those of the company."""
    rows = ApiKey.objects.of(partner_id).select_related("made_by", "replaced_by")[:SHOWN]
    return [_shown(key, at) for key in rows]


def key_list(keys: list[ShownKey], new_url: str) -> dict[str, Any]:
    """What the list of keys is drawn from."""
    empty = Empty("No keys yet", "A key lets a program act for you, within what you tick.", new_url, "New key")
    return {"keys": keys, "empty": empty, "docs_url": reverse("api_docs")}


def ask_to_replace(request: HttpRequest, key: ApiKey, at: Place) -> HttpResponse:
    """The page that asks before a key is replaced."""
    context = {
        "title": f"Replace {key.name}?",
        "lead": "You get a new key that may do the same. The old one is good for 24 hours more.",
        "back": (reverse(at.list), "API keys"),
        "action": "Make its successor",
        "base": at.base,
    }
    return render(request, "affiliates/settings/key_ask.html", context)


def show_secret(request: HttpRequest, key: ApiKey, secret: str, at: Place) -> HttpResponse:
    """The one page that shows a key's text; it is kept nowhere, in no browser either."""
    context = {
        "title": f"Your key {key.name}",
        "lead": "Copy it now: it is not kept and is never shown again.",
        "back": (reverse(at.list), "API keys"),
        "secret": secret,
        "until": moment(key.replaces.expires_at) if key.replaces else "",
        "base": at.base,
    }
    return render(request, "affiliates/settings/key_shown.html", context)


def _shown(key: ApiKey, at: datetime) -> ShownKey:
    is_good, is_replaced = key.is_good(at=at), hasattr(key, "replaced_by")
    if key.revoked_at is not None:
        badge = Badge("Revoked")
    elif not is_good:
        badge = Badge("Expired")
    elif is_replaced:
        badge = Badge(f"Replaced, until {moment(key.expires_at)}", Tone.WAITING)
    else:
        badge = Badge(f"Until {moment(key.expires_at)}" if key.expires_at else "Good", Tone.GOOD)
    return ShownKey(
        pk=key.pk if is_good else 0,
        name=key.name,
        hint=f"{key.hint}…",
        may=", ".join(Scope(scope).label for scope in key.scopes),
        used=f"Last used {moment(key.used_at)}" if key.used_at else "Never used",
        made=f"Made by {key.made_by.get_full_name()}, {moment(key.made_at)}",
        badge=badge,
        can_be_replaced=is_good and not is_replaced,
    )
