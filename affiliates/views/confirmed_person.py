"""Before money goes elsewhere, or somebody else may act for a partner, its person says again who they are."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from affiliates.acting import READING, find_acting, refuse_change

View = Callable[..., HttpResponseBase]


def confirmed_person(view: View) -> View:
    """This decorator asks who it is once more; what was typed into a form too late is not kept for later.

    Who looks as a partner can change nothing and is not asked. Somebody with nothing to say it by, who has signed in
    by codes alone, chooses a password first.
    """
    asked = reauthentication_required(view)

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (acting := find_acting(request)) is not None and acting.helping_until:
            return view(request, *args, **kwargs) if request.method in READING else refuse_change(request, acting)
        if not get_adapter().get_reauthentication_methods(request.user):
            messages.error(request, "Choose a password first: it is asked for before this can be changed.")
            return redirect("account_set_password")
        try:
            answer: HttpResponseBase = asked(request, *args, **kwargs)
        except ReauthenticationRequired:
            if request.method != "POST":
                raise
            messages.error(request, "Too much time has passed. Confirm who you are and fill the form in again.")
            return redirect(request.get_full_path())
        return answer

    return page
