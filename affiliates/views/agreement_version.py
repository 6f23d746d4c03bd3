"""One version of the Agreement, and what it changed of an earlier one."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.documents.changes import Change, compare
from affiliates.documents.clauses import read_clauses
from affiliates.models import Acceptance, AgreementVersion, Program
from parts.formats import counted, day, short_day
from parts.shapes import Empty

BACK = "Agreement"
SINCE = "since"  # What the address calls the version to compare with.


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
        "changes_url": changes_url(version) if before else "",
        "pdf_url": reverse("acceptance_pdf", args=[acceptance.pk]) if acceptance else "",
    }
    return render(request, "affiliates/agreement_version.html", context)


@require_safe
@partner_page()
def agreement_changes(request: PartnerRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    earlier = list(AgreementVersion.objects.filter(pk__lt=pk).defer("text").order_by("-id"))
    if not earlier:
        raise Http404("The first version changed nothing.")
    before = _chosen(earlier, request.GET.get(SINCE, ""))
    found = compare(read_clauses(before.text), read_clauses(version.text))
    changed = [clause for clause in found if clause.change is not Change.SAME]
    program = Program.current()
    context = {
        "title": f"What changed in version {version.number}",
        "lead": _lead(len(changed), len(found), before.number),
        "back": (reverse("agreement"), BACK),
        "version": version,
        "before": before,
        "earlier": [(one.pk, f"Version {one.number}, {short_day(program.day(one.published_at))}") for one in earlier],
        "since": SINCE,
        "changed": changed,
        "empty": Empty("No word changed", "Both versions say the same; only the number is another."),
        "same": [clause for clause in found if clause.change is Change.SAME],
        "is_to_accept": version == AgreementVersion.current()
        and request.acting.is_owner
        and not request.acting.has_ended
        and not Acceptance.objects.filter(partner=request.acting.partner, version=version).exists(),
    }
    return render(request, "affiliates/agreement_changes.html", context)


def changes_url(version: AgreementVersion, *, since: AgreementVersion | None = None) -> str:
    """Where a version is compared with `since`, or with the one before it."""
    url = reverse("agreement_changes", args=[version.pk])
    return f"{url}?{SINCE}={since.pk}" if since else url


def _chosen(earlier: list[AgreementVersion], asked: str) -> AgreementVersion:
    """The version to compare with: the one that is asked for, else the one before."""
    if not asked:
        return earlier[0]
    for one in earlier:
        if str(one.pk) == asked:
            return one
    raise Http404("There is no such earlier version.")


def _lead(changed: int, all_of_them: int, before: str) -> str:
    if not changed:
        return f"The words are those of version {before}."
    differ = "differs" if changed == 1 else "differ"
    return f"{counted(changed, 'clause', 'clauses')} of {all_of_them} {differ} from version {before}."
