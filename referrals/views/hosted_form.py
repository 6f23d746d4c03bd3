from typing import cast

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.models import Program
from referrals.forms.enquiry import EnquiryForm
from referrals.models import Link
from referrals.models.enquiry import FORGOTTEN_AFTER
from referrals.services.confirm_enquiry import LinkNoLongerGood, confirm_enquiry, find_enquiry
from referrals.services.enquire import LinkIsOver, enquire, is_open
from referrals.services.follow_link import click_form
from referrals.views.redirect import visit_of
from referrals.visitors import mark

CONSENT = (
    "I would like {company} to call or write to me about its service, and {partner} to know what comes of it. "
    "As far as I know my company follows the rules for calls and messages (TCPA, FTC, FCC, Do Not Call)."
)


@require_http_methods(["GET", "HEAD", "POST"])
def enquiry(request: HttpRequest, code: str) -> HttpResponse:
    """The form at a partner's link: the answer is the same whatever is known already, and for machines."""
    at, program = timezone.now(), Program.current()
    link = get_object_or_404(Link.objects.select_related("partner"), code=code.lower())
    if not is_open(link, program, at=at):
        return render(request, "referrals/enquiry_over.html", status=410)
    consent = CONSENT.format(company=program.company_name, partner=link.partner.name)
    if request.method != "POST":
        click = click_form(code=link.code, visit=visit_of(request, at=at), at=at)
        form = EnquiryForm(consent=consent, click=click, at=at)
        return render(
            request, "referrals/enquiry.html", {"form": form, "link": link, "forgotten_after": FORGOTTEN_AFTER.days}
        )
    form = EnquiryForm(request.POST, consent=consent, at=at)
    if not ratelimit.consume(request, action="enquire"):
        return cast(HttpResponse, ratelimit.respond_429(request))
    if form.is_from_a_machine:
        return redirect("enquiry_sent", link.code)
    if not form.is_valid():
        return render(
            request,
            "referrals/enquiry.html",
            {"form": form, "link": link, "forgotten_after": FORGOTTEN_AFTER.days},
            status=422,
        )
    said = form.cleaned_data
    try:
        enquire(
            link=link,
            token=said["click"],
            company=said["company"],
            contact=said["contact"],
            email=said["email"],
            agents=said["agents"],
            consent=consent,
            visitor=mark(request, at=at),
            at=at,
        )
    except LinkIsOver:
        return render(request, "referrals/enquiry_over.html", status=410)
    return redirect("enquiry_sent", link.code)


@require_safe
def enquiry_sent(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "referrals/enquiry_sent.html", {"code": code.lower()})


@require_http_methods(["GET", "HEAD", "POST"])
def enquiry_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The visitor's address is confirmed by a press of a button: programs that read mail follow links too."""
    try:
        found = find_enquiry(token)
    except LinkNoLongerGood:
        return render(request, "referrals/enquiry_too_old.html", status=404)
    if request.method == "POST":
        confirm_enquiry(enquiry=found, at=timezone.now())
        return redirect("enquiry_confirm", token)
    return render(request, "referrals/enquiry_confirm.html", {"enquiry": found})
