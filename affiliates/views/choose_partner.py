from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from affiliates.acting import CHOSEN, find_acting, refuse_change
from affiliates.models import Membership


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose_partner(request: HttpRequest, pk: int) -> HttpResponse:
    """A person of several partners goes on as another one of them, on the page named by `next`, if one is."""
    if request.method != "POST":  # Somebody who signed in anew; a link alone switches nobody.
        messages.info(request, "Nothing was switched. Choose once more for which partner you act.")
        return redirect("home")
    if (acting := find_acting(request)) is not None and acting.helping_until:
        return refuse_change(request, acting)
    membership = get_object_or_404(Membership, partner=pk, user=request.user.pk)
    request.session[CHOSEN] = membership.partner_id
    page = request.POST.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return redirect(page if is_ours else "home")
