from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from referrals.forms.leads import LeadForm
from referrals.hints import Hint, hints_on
from referrals.models import Lead
from referrals.services.register_lead import AlreadyYours, NotAttested, PartnerNotActive, TooManyToday, register_lead

LEADS = ("leads", "Leads")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page()
def lead_new(request: PartnerRequest) -> HttpResponseBase:
    """Register a company."""
    if request.acting.has_ended:
        return redirect("leads")
    program = Program.current()
    form = LeadForm(request.POST or None, company=program.company_name)
    already: Lead | None = None
    if request.method == "POST" and form.is_valid():
        values = {name if name != "site" else "domain": value for name, value in form.cleaned_data.items()}
        try:
            lead = _register(request, values)
        except AlreadyYours as error:
            already = error.lead
            if _is_same(already, values, request):  # Sent twice.
                return redirect("lead", already.pk)
            form.add_error("company", f"{error}.")
        except (PartnerNotActive, NotAttested, TooManyToday) as error:
            form.add_error(None, f"{error}.")
        else:
            messages.success(request, _told(lead))
            return redirect("lead", lead.pk)
    context = {
        "title": "Register a lead",
        "lead": "A company that wants to hear from us. Its name, a contact and your confirmation are enough.",
        "back": (reverse("leads"), "Leads"),
        "form": form,
        "already": already,
        "hints": _hints(request, program),
        "introductions_address": settings.INTRODUCTIONS_ADDRESS,
    }
    return render(request, "referrals/lead_new.html", context)


@require_POST
@partner_page()
def lead_hints(request: PartnerRequest) -> HttpResponseBase:
    """What there is to say of a company while it is typed; nothing is kept of it."""
    return render(request, "referrals/lead_hints.html", {"hints": _hints(request, Program.current())})


def _hints(request: PartnerRequest, program: Program) -> list[Hint]:
    told = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    return list(hints_on(told, partner=request.acting.partner, program=program, today=request.acting.today))


def _register(request: PartnerRequest, values: dict[str, Any]) -> Lead:
    acting = request.acting
    return acting.do(register_lead, partner=acting.partner, by=acting.user, at=timezone.now(), **values)


def _is_same(lead: Lead, values: dict[str, Any], request: PartnerRequest) -> bool:
    """Whether a lead is what the form says, registered today by the same person."""
    return (lead.company, lead.email, lead.registered_by_id, lead.registered_on) == (
        values["company"],
        values["email"],
        request.user.pk,
        request.acting.today,
    )


def _told(lead: Lead) -> str:
    if lead.protected_until is None:
        return f"{lead.company} is registered and under review: sales decides whether it can be your lead."
    return f"{lead.company} is registered, and protected until {lead.protected_until:%-d %B %Y}."
