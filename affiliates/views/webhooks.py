"""The endpoints of a partner, to which what happens is sent: kept by its owners."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.services.keep_partner_webhooks import (
    change_partner_endpoint,
    make_partner_endpoint,
    rotate_partner_secret,
)
from affiliates.views import webhook_pages as pages
from affiliates.views.confirmed_person import confirmed_person
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form


@require_safe
@partner_page(owners_only=True, after_the_end=True)
def webhooks(request: PartnerRequest) -> HttpResponse:
    return pages.list_page(_desk(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True)
def webhook_new(request: PartnerRequest) -> HttpResponse:
    return pages.new_page(_desk(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True)
def webhook_change(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return pages.change_page(_desk(request), pk)


@require_safe
@partner_page(owners_only=True, after_the_end=True)
def webhook(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return pages.endpoint_page(_desk(request), pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_person
@partner_page(owners_only=True)
def webhook_rotate(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return pages.rotate_page(_desk(request), pk)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page(owners_only=True, after_the_end=True)
def webhook_remove(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return pages.remove_page(_desk(request), pk)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True, after_the_end=True)
def webhook_switch(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.switch, pk)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True)
def webhook_test(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.test, pk)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True)
def webhook_since(request: PartnerRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.send_since, pk)


@require_safe
@partner_page(owners_only=True, after_the_end=True)
def webhook_delivery(request: PartnerRequest, pk: UUID, number: int) -> HttpResponse:
    return pages.delivery_page(_desk(request), pk, number)


@require_http_methods(LEADS_BACK)
@partner_page(owners_only=True)
def webhook_again(request: PartnerRequest, pk: UUID, number: int) -> HttpResponse:
    return _sent(request, pages.send_again, pk, number)


def _sent(request: PartnerRequest, page: Callable[..., HttpResponse], pk: UUID, *parts: int) -> HttpResponse:
    """What a form of the endpoint's page sends; whoever comes without one is led to it."""
    desk = _desk(request)
    if request.method == "POST":
        return page(desk, pk, *parts)
    return back_to_form(request, "webhook", desk.endpoint(pk, *parts).pk)


def _desk(request: PartnerRequest) -> pages.Desk:
    acting = request.acting
    return pages.Desk(
        request=request,
        user=acting.user,
        program=acting.program,
        partner_id=acting.partner.pk,
        prefix="",
        base="partner.html",
        lead=f"Addresses that are told at once, in signed messages, what happens for {acting.partner}.",
        back=(reverse("settings"), "Settings"),
        do=acting.do,
        make=partial(make_partner_endpoint, partner=acting.partner),
        change=partial(change_partner_endpoint, partner=acting.partner),
        rotate=partial(rotate_partner_secret, partner=acting.partner),
    )
