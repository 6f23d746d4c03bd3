from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from affiliates.acting import CHOSEN
from affiliates.models import Membership


@require_POST
@login_required
def choose_partner(request: HttpRequest, pk: int) -> HttpResponse:
    """A person of several partners goes on as another one of them."""
    membership = get_object_or_404(Membership, partner=pk, user=request.user.pk)
    request.session[CHOSEN] = membership.partner_id
    return redirect("home")
