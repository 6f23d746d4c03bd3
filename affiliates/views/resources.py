"""What the company has put there for partners: texts and files."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from affiliates.acting import PartnerRequest, partner_page
from affiliates.models import Resource
from parts.formats import short_day
from parts.shapes import Document, Empty
from parts.uploads import serve_upload


@require_safe
@partner_page()
def resources(request: PartnerRequest) -> HttpResponse:
    context = {
        "title": "Resources",
        "lead": f"Texts and files of {request.acting.program.company_name} that help you to refer.",
        "resources": [
            (resource, document_of(resource, reverse("resource_file", args=[resource.pk])))
            for resource in Resource.objects.filter(is_published=True)
        ],
        "empty": Empty("Nothing here yet", "What the company puts here to help you, you find on this page."),
    }
    return render(request, "affiliates/resources.html", context)


@require_safe
@partner_page()
def resource_file(request: PartnerRequest, pk: int) -> FileResponse:
    resource = get_object_or_404(Resource, pk=pk, is_published=True)
    return serve_upload(resource.file, resource.name)


def document_of(resource: Resource, url: str) -> Document | None:
    """The file to take along, if it has one."""
    if not resource.file:
        return None
    note = f"Since {short_day(resource.changed_at)}"
    return Document(resource.name, note, url, resource.name.rpartition(".")[2].upper())
