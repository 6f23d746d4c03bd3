"""The company's API keys: each acts as the person who made it, within what was ticked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import ApiKey
from accounts.models.api_key import COMPANY_SCOPES
from accounts.rights import Right
from accounts.services.issue_api_key import KeyRefused, issue_api_key, replace_api_key, revoke_api_key
from affiliates.forms.api_key import ApiKeyForm
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views.api_keys import Place, ask_to_replace, key_list, show_secret, shown_keys
from affiliates.views.confirmed_person import confirmed_person
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form

COMPANYS = Place("staff_keys", "staff.html")


@require_safe
@staff_page(Right.MANAGE_KEYS)
def staff_keys(request: StaffRequest) -> HttpResponse:
    context = {
        "title": "API keys",
        "lead": "Programs that act for the company: billing, the website, the CRM.",
        **key_list(shown_keys(None, timezone.now()), reverse("staff_key_new")),
        "may_change": True,
    }
    return render(request, "portal/staff/keys.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
@confirmed_person
def staff_key_new(request: StaffRequest) -> HttpResponse:
    """Somebody makes a key of the company and sees its text, this once."""
    staff = request.staff
    form = ApiKeyForm(request.POST or None, scopes=COMPANY_SCOPES, today=staff.today)
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen(staff.program.time_zone)
        try:
            key, secret = issue_api_key(partner_id=None, by=staff.user, at=timezone.now(), **chosen)
        except KeyRefused as refusal:
            form.add_error("name", f"{refusal}.")
        else:
            return show_secret(request, key, secret, COMPANYS)
    context = {
        "title": "New API key",
        "lead": "It acts as you: it can do what you tick and you yourself may do. It is shown once.",
        "back": (reverse("staff_keys"), "API keys"),
        "form": form,
    }
    return render(request, "portal/staff/key_new.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
@confirmed_person
def staff_key_replace(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody makes the successor of a key of the company, after a page that asks."""
    key = get_object_or_404(ApiKey.objects.of(None), pk=pk)
    if request.method == "POST":
        try:
            made, secret = replace_api_key(key=key, by=request.staff.user, at=timezone.now())
        except KeyRefused as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("staff_keys")
        return show_secret(request, made, secret, COMPANYS)
    return ask_to_replace(request, key, COMPANYS)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_KEYS)
def staff_key_revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody ends a key of the company at once."""
    key = get_object_or_404(ApiKey.objects.of(None), pk=pk)
    if request.method != "POST":
        return back_to_form(request, "staff_keys")
    revoke_api_key(key=key, by=request.staff.user, at=timezone.now())
    messages.success(request, f"{key.name} is revoked: it opens nothing any more.")
    return redirect("staff_keys")
