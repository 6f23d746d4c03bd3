"""One version of the Agreement, and what it changed of the one before."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.documents.changes import Change, compare
from affiliates.documents.clauses import read_clauses
from affiliates.models import Acceptance, AgreementVersion, Program
from parts.formats import counted, day
from parts.shapes import Empty

BACK = "Agreement"


@require_safe
@partner_page()
def agreement_version(request: PartnerRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    before = version.previous()
    program = Program.current()
    acceptance = Acceptance.objects.filter(partner=request.acting.partner, version=version).first()
    if acceptance:
        accepted = f"Accepted by {acceptance.name} on {day(program.day(acceptance.at))}."
    else:
        accepted = f"Not accepted for {request.acting.partner}."
    context = {
        "title": f"Agreement, version {version.number}",
        "lead": f"Published on {day(program.day(version.published_at))}. {accepted}",
        "back": (reverse("agreement"), BACK),
        "version": version,
        "clauses": read_clauses(version.text),
        "is_current": version == AgreementVersion.current(),
        "changes_url": reverse("agreement_changes", args=[version.pk]) if before else "",
        "pdf_url": reverse("acceptance_pdf", args=[acceptance.pk]) if acceptance else "",
    }
    return render(request, "affiliates/agreement_version.html", context)


@require_safe
@partner_page()
def agreement_changes(request: PartnerRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    before = version.previous()
    if before is None:
        raise Http404("The first version changed nothing.")
    found = compare(read_clauses(before.text), read_clauses(version.text))
    changed = [clause for clause in found if clause.change is not Change.SAME]
    context = {
        "title": f"What changed in version {version.number}",
        "lead": _lead(len(changed), len(found), before.number),
        "back": (reverse("agreement"), BACK),
        "version": version,
        "before": before,
        "changed": changed,
        "empty": Empty("No word changed", "Both versions say the same; only the number is another."),
        "same": [clause for clause in found if clause.change is Change.SAME],
        "is_to_accept": version == AgreementVersion.current()
        and request.acting.is_owner
        and not request.acting.has_ended
        and not Acceptance.objects.filter(partner=request.acting.partner, version=version).exists(),
    }
    return render(request, "affiliates/agreement_changes.html", context)


def _lead(changed: int, all_of_them: int, before: str) -> str:
    if not changed:
        return f"The words are those of version {before}."
    differ = "differs" if changed == 1 else "differ"
    return f"{counted(changed, 'clause', 'clauses')} of {all_of_them} {differ} from version {before}."
