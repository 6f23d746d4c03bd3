"""A manager looks at the portal as a partner sees it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.rights import Right
from affiliates.acting import start_helping, stop_helping
from affiliates.models import Partner
from affiliates.staff_page import StaffRequest, first_page, staff_page


@require_POST
@staff_page(Right.HELP_PARTNERS)
def look_as(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the portal as the partner, from its overview on."""
    start_helping(request, get_object_or_404(Partner, pk=pk))
    return redirect("home")


@require_POST
@staff_page(Right.HELP_PARTNERS)
def stop_looking(request: StaffRequest) -> HttpResponse:
    """Go back to one's own pages; twice is as good as once."""
    partner = stop_helping(request, why="They stopped")
    if partner is None:
        return redirect(first_page(request.user))
    messages.success(request, f"You see your own pages again, and no longer what {partner} sees.")
    return redirect(reverse("staff_partner", args=[partner.pk]))
