"""Addresses that only take what a form of another page sends."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

LEADS_BACK = ("GET", "HEAD", "POST")  # The methods of such an address.


def back_to_form(request: HttpRequest, page: str, *parts: object) -> HttpResponse:
    """This function will lead somebody who comes back to such an address to the page where its form stands.

    They come after signing in anew, or after switching to the partner that the form is of: what they had sent is
    not kept meanwhile.
    """
    messages.info(request, "Nothing was sent. Fill the form in here and send it again.")
    return redirect(page, *parts)
