"""The company's endpoints, to which everything that happens is sent."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views import webhook_pages as pages
from affiliates.views.confirmed_person import confirmed_person
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from notices.services.keep_endpoint import change_endpoint, make_endpoint, rotate_secret


@require_safe
@staff_page(Right.MANAGE_KEYS)
def staff_webhooks(request: StaffRequest) -> HttpResponse:
    return pages.list_page(_desk(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
@confirmed_person
def staff_webhook_new(request: StaffRequest) -> HttpResponse:
    return pages.new_page(_desk(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
@confirmed_person
def staff_webhook_change(request: StaffRequest, pk: UUID) -> HttpResponse:
    return pages.change_page(_desk(request), pk)


@require_safe
@staff_page(Right.MANAGE_KEYS)
def staff_webhook(request: StaffRequest, pk: UUID) -> HttpResponse:
    return pages.endpoint_page(_desk(request), pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
@confirmed_person
def staff_webhook_rotate(request: StaffRequest, pk: UUID) -> HttpResponse:
    return pages.rotate_page(_desk(request), pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_remove(request: StaffRequest, pk: UUID) -> HttpResponse:
    return pages.remove_page(_desk(request), pk)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_switch(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.switch, pk)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_test(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.test, pk)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_since(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _sent(request, pages.send_since, pk)


@require_safe
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_delivery(request: StaffRequest, pk: UUID, number: int) -> HttpResponse:
    return pages.delivery_page(_desk(request), pk, number)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_KEYS)
def staff_webhook_again(request: StaffRequest, pk: UUID, number: int) -> HttpResponse:
    return _sent(request, pages.send_again, pk, number)


def _sent(request: StaffRequest, page: Callable[..., HttpResponse], pk: UUID, *parts: int) -> HttpResponse:
    """What a form of the endpoint's page sends; whoever comes without one is led to it."""
    desk = _desk(request)
    if request.method == "POST":
        return page(desk, pk, *parts)
    return back_to_form(request, "staff_webhook", desk.endpoint(pk, *parts).pk)


def _desk(request: StaffRequest) -> pages.Desk:
    return pages.Desk(
        request=request,
        user=request.staff.user,
        program=request.staff.program,
        partner_id=None,
        prefix="staff_",
        base="staff.html",
        lead="Addresses that are told at once, in signed messages, what happens in the program.",
        back=None,
        do=_do,
        make=partial(make_endpoint, partner_id=None),
        change=change_endpoint,
        rotate=rotate_secret,
    )


def _do(step: Callable[..., Any], **arguments: Any) -> Any:
    return step(**arguments)
