"""The domains whose companies are looked at before anybody is credited for them."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, may
from affiliates.staff_page import StaffRequest, staff_page
from referrals.forms.staff_lead import BlockForm
from referrals.models import BlockedDomain
from referrals.services.block_domain import CannotBeBlocked, block_domain, unblock_domain


@staff_page(Right.SEE_LEADS)
@require_safe
def staff_blocked(request: StaffRequest) -> HttpResponseBase:
    """All blocked domains; program managers change them."""
    return _page(request, BlockForm())


@staff_page(Right.CHANGE_PROGRAM)
@require_POST
def staff_blocked_add(request: StaffRequest) -> HttpResponseBase:
    """Block a domain."""
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        blocked = block_domain(**form.cleaned_data, by=request.user, at=timezone.now())
    except CannotBeBlocked as refused:
        form.add_error("domain", f"{refused}.")
        return _page(request, form)
    messages.success(request, f"{blocked} is blocked: who registers its company from now on waits for sales.")
    return redirect("staff_blocked")


@staff_page(Right.CHANGE_PROGRAM)
@require_POST
def staff_blocked_remove(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Take a domain off the list."""
    blocked = get_object_or_404(BlockedDomain, pk=pk)
    unblock_domain(blocked=blocked, by=request.user, at=timezone.now())
    messages.success(request, f"{blocked} is not blocked any more. Conflicts that it opened stay to be decided.")
    return redirect("staff_blocked")


def _page(request: StaffRequest, form: BlockForm) -> HttpResponse:
    context = {
        "title": "Blocked domains",
        "lead": "Who registers a company at one of these waits until sales has decided, and is told only that.",
        "back": (reverse("staff_conflicts"), "Conflicts"),
        "rows": BlockedDomain.objects.select_related("by"),
        "form": form,
        "may_change": may(request.user, Right.CHANGE_PROGRAM),
    }
    return render(request, "referrals/sales/blocked.html", context, status=422 if form.errors else 200)
