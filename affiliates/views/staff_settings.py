"""The program's settings, each change kept with what it was before."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.rights import Right
from affiliates.forms.program import LABELS, ProgramForm
from affiliates.models import Program
from affiliates.services.change_program import SettingsMoved, change_program
from affiliates.staff_page import StaffRequest, staff_page


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PROGRAM)
def program_settings(request: StaffRequest) -> HttpResponse:
    """All settings on one page, in groups."""
    form = ProgramForm(request.POST if request.method == "POST" else None, instance=Program.current())
    status = 200
    if form.is_bound and form.is_valid():
        try:
            changed = change_program(
                new=form.cleaned_data, opened_with=form.opened_with, by=request.staff.user, at=timezone.now()
            )
        except SettingsMoved as refusal:
            form.add_error(None, f"{refusal}. Open the page again to see it, then change what you meant.")
            status = 409
        else:
            said = ", ".join(_label(name) for name in changed)
            messages.success(request, f"Changed: {said}." if changed else "Nothing was another than before.")
            return redirect("staff_settings")
    elif form.is_bound:
        status = 422
    context = {
        "title": "Settings",
        "lead": "What the whole program goes by. Each change stands in the audit trail, with what it was before.",
        "form": form,
    }
    return render(request, "affiliates/staff/settings.html", context, status=status)


def _label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()
