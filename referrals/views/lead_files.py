import csv
from collections.abc import Sequence
from io import StringIO

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Program
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from referrals.forms.leads import AttestationForm, FileForm
from referrals.lead_rows import COLUMNS, NEEDED, FileRefused, check_rows
from referrals.models import LeadFile
from referrals.services.register_file import FileIsGone, TooManyFiles, bring_file, register_file
from referrals.services.register_lead import NotAttested, PartnerNotActive, TooManyToday

SHOWN = 100  # So many rows, and so many problems, are shown of a file.
EXAMPLE = ("Acme Inc.", "acme.com", "Jo Smith", "jo@acme.com", "25", "60", "hubspot", "Wants a call on Monday")


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page()
def lead_import(request: PartnerRequest) -> HttpResponseBase:
    """Bring a file of companies; nothing is registered yet."""
    if request.acting.has_ended:
        return redirect("leads")
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        acting = request.acting
        try:
            file = acting.do(
                bring_file,
                partner=acting.partner,
                name=form.cleaned_data["name"],
                text=form.cleaned_data["text"],
                by=acting.user,
                at=timezone.now(),
            )
        except FileRefused as error:
            form.add_error("file" if request.FILES else "pasted", str(error))
        except TooManyFiles as error:
            form.add_error(None, f"{error}.")
        else:
            return redirect("lead_file", file.pk)
    context = {
        "title": "Import leads",
        "lead": "Many companies at once. You see what would be registered before anything is.",
        "back": (reverse("leads"), "Leads"),
        "form": form,
        "columns": [(name, name in NEEDED, help_text) for name, help_text in _columns()],
    }
    return render(request, "referrals/lead_import.html", context)


@require_safe
@partner_page()
def lead_import_example(request: PartnerRequest) -> HttpResponseBase:
    """A file to fill in."""
    text = StringIO()
    csv.writer(text).writerows([COLUMNS, EXAMPLE])
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="leads-to-import.csv"'
    return answer


@require_safe
@partner_page()
def lead_file(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """What is in a file that was brought: the rows to register, and what is wrong with the others."""
    file = _find(request, pk)
    if not file.text:
        return redirect("leads" if file.registered_at else "lead_import")
    return _preview(request, file, AttestationForm(company=Program.current().company_name))


@require_http_methods(LEADS_BACK)
@partner_page()
def lead_file_register(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """Register the good rows of a file."""
    file = _find(request, pk)
    if request.method != "POST":
        return back_to_form(request, "lead_file", pk)
    form = AttestationForm(request.POST, company=Program.current().company_name)
    if file.text and not form.is_valid():
        return _preview(request, file, form)
    try:
        leads = request.acting.do(register_file, file=file, is_attested=True, by=request.acting.user, at=timezone.now())
    except FileIsGone as error:
        messages.info(request, f"{error}.")
    except (PartnerNotActive, NotAttested, TooManyToday) as error:
        form.add_error(None, f"{error}.")
        return _preview(request, file, form)
    else:
        reviewed = sum(lead.is_under_review for lead in leads)
        told = f"{len(leads):,} {'lead is' if len(leads) == 1 else 'leads are'} registered"
        messages.success(request, f"{told}, {reviewed:,} of them under review." if reviewed else f"{told}.")
    return redirect("leads")


def _find(request: PartnerRequest, pk: int) -> LeadFile:
    return get_object_or_404(LeadFile.objects.filter(partner=request.acting.partner), pk=pk)


def _preview(request: PartnerRequest, file: LeadFile, form: AttestationForm) -> HttpResponseBase:
    checked = check_rows(file.text, request.acting.partner)
    context = {
        "title": "Check and register",
        "lead": _sentence(len(checked.rows), checked.count),
        "back": (reverse("lead_import"), "Import leads"),
        "file": file,
        "form": form,
        "rows": checked.rows[:SHOWN],
        "more_rows": max(0, len(checked.rows) - SHOWN),
        "count": len(checked.rows),
        "problems": [
            (problem, reverse("lead", args=[problem.lead]) if problem.lead else "")
            for problem in checked.problems[:SHOWN]
        ],
        "more_problems": max(0, len(checked.problems) - SHOWN),
    }
    return render(request, "referrals/lead_file.html", context, status=400 if form.errors else 200)


def _sentence(good: int, count: int) -> str:
    of = f"{good:,} of {count:,} {'row' if count == 1 else 'rows'} can be registered."
    if good == count:
        return f"{of} Nothing is registered yet."
    return f"{of} Put the others right in your file and bring it again, or go on with the good ones."


def _columns() -> Sequence[tuple[str, str]]:
    return (
        ("company", "Its name"),
        ("site", "Its address, like acme.com"),
        ("contact", "Who sales should talk to"),
        ("email", "The contact’s e-mail address"),
        ("agents", "A whole number"),
        ("employees", "A whole number"),
        ("crm", "hubspot, pipedrive, zoho, other or none"),
        ("note", "What sales should know"),
    )
