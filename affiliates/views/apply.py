from typing import cast

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.forms.apply import ApplicationForm
from affiliates.models.application import FORGOTTEN_AFTER
from affiliates.services.apply import LinkNoLongerGood, find_application
from affiliates.services.apply import apply as apply_now
from affiliates.services.move_application import verify_application


@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Somebody applies; the answer is the same whoever has the address already, and for machines."""
    at = timezone.now()
    form = ApplicationForm(request.POST or None, at=at)
    if request.method == "POST":
        if not ratelimit.consume(request, action="apply"):
            return cast(HttpResponse, ratelimit.respond_429(request))
        if form.is_from_a_machine:
            return redirect("apply_sent")
        if form.is_valid():
            answers = {name: form.cleaned_data[name] for name in form.fields if name not in ("fax", "started")}
            apply_now(**answers, at=at)
            return redirect("apply_sent")
    context = {"form": form, "forgotten_after": FORGOTTEN_AFTER.days}
    return render(request, "affiliates/apply.html", context, status=422 if form.errors else 200)


@require_safe
def apply_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "affiliates/apply_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
def apply_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The applicant's address is confirmed by a press of a button: programs that read mail follow links too."""
    try:
        application = find_application(token)
    except LinkNoLongerGood:
        return render(request, "affiliates/link_too_old.html", status=404)
    if request.method == "POST":
        verify_application(application=application, at=timezone.now())
        return redirect("apply_confirm", token)
    return render(request, "affiliates/apply_confirm.html", {"application": application})
