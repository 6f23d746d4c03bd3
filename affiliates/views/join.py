from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from affiliates.acting import CHOSEN
from affiliates.forms.people import JoinForm
from affiliates.models import Invitation, Membership
from affiliates.services.invite import InvitationRefused, accept_invitation, find_invitation, join_as_new_person


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """An invited person comes in: somebody new chooses a name and a password, others sign in and join."""
    if not ratelimit.consume(request, action="join"):
        return cast(HttpResponse, ratelimit.respond_429(request))
    invitation = find_invitation(token, at=timezone.now())
    if invitation is None:
        return render(request, "affiliates/invitation_gone.html", status=404)
    if request.user.is_authenticated:
        return _as_somebody_known(request, token, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return redirect_to_login(request.get_full_path())
    form = JoinForm(request.POST or None, email=invitation.email, initial={"name": invitation.name})
    if request.method == "POST" and form.is_valid():
        try:
            membership = join_as_new_person(
                token=token, name=form.cleaned_data["name"], password=form.cleaned_data["password"], at=timezone.now()
            )
        except InvitationRefused as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("join", token)
        login(request, membership.user)
        return _welcome(request, membership)
    context = {"invitation": invitation, "form": form}
    return render(request, "affiliates/join.html", context, status=422 if form.errors else 200)


def _as_somebody_known(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    user = cast(User, request.user)
    is_theirs = user.email.lower() == invitation.email.lower()
    if request.method == "POST" and not is_theirs and "sign_out" in request.POST:
        logout(request)
        return redirect("join", token)
    if request.method == "POST":
        try:
            membership = accept_invitation(token=token, user=user, at=timezone.now())
        except InvitationRefused as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("join", token)
        return _welcome(request, membership)
    return render(request, "affiliates/join_known.html", {"invitation": invitation, "is_theirs": is_theirs})


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session[CHOSEN] = membership.partner_id
    messages.success(request, f"Welcome. You act for {membership.partner} now.")
    return redirect("home")
