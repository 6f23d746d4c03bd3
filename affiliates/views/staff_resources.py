"""Resources: what partners find to help them, kept by program managers."""

from textwrap import shorten

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right
from affiliates.forms.resource import ResourceForm
from affiliates.models import Resource
from affiliates.services.keep_resource import ResourceIsEmpty, keep_resource, remove_resource
from affiliates.staff_page import StaffRequest, staff_page
from affiliates.views.resources import document_of
from parts.formats import short_day
from parts.listing import Column, Listing
from parts.shapes import Badge, Cell, Empty, Tone
from parts.uploads import serve_upload

MOST_TEXT = 80
COLUMNS = {
    "place": Column("Place", sort=("place", "title"), is_number=True),
    "title": Column("Title", sort=("title",)),
    "file": Column("File", sort=("name",)),
    "changed": Column("Changed", sort=("changed_at",)),
    "state": Column("State", sort=("is_published",)),
}


@require_safe
@staff_page(Right.CHANGE_PROGRAM)
def staff_resources(request: StaffRequest) -> HttpResponseBase:
    """All resources in the order in which partners see them."""
    listing = Listing(
        request,
        Resource.objects.all(),
        COLUMNS,
        lambda row: (
            Cell(str(row.place)),
            Cell(
                row.title,
                below=shorten(row.text, MOST_TEXT, placeholder="…"),
                url=reverse("staff_resource", args=[row.pk]),
            ),
            Cell(row.name, url=reverse("staff_resource_file", args=[row.pk]) if row.file else ""),
            Cell(short_day(timezone.localdate(row.changed_at))),
            Cell(badge=Badge("Published", Tone.GOOD) if row.is_published else Badge("Not shown")),
        ),
        "place",
        Empty("No resources yet", "A text or a file that helps partners to refer: a one-pager, a logo, answers.",
              reverse("staff_resource_new"), "Add a resource"),
        label="Resources",
    )  # fmt: skip
    context = {
        "title": "Resources",
        "lead": "Texts and files that partners find under Resources, in this order.",
        "listing": listing,
    }
    return render(request, "affiliates/staff/resources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PROGRAM)
def resource_new(request: StaffRequest) -> HttpResponse:
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.CHANGE_PROGRAM)
def staff_resource(request: StaffRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(Resource, pk=pk))


@require_POST
@staff_page(Right.CHANGE_PROGRAM)
def resource_remove(request: StaffRequest, pk: int) -> HttpResponse:
    resource = get_object_or_404(Resource, pk=pk)
    remove_resource(resource=resource, by=request.staff.user, at=timezone.now())
    messages.success(request, f"“{resource.title}” is removed.")
    return redirect("staff_resources")


@require_safe
@staff_page(Right.CHANGE_PROGRAM)
def staff_resource_file(request: StaffRequest, pk: int) -> FileResponse:
    resource = get_object_or_404(Resource, pk=pk)
    return serve_upload(resource.file, resource.name)


def _form_page(request: StaffRequest, resource: Resource | None) -> HttpResponse:
    """A resource is added or changed with the same form."""
    sent, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ResourceForm(sent, files, initial=ResourceForm.initial_of(resource) if resource else None)
    if form.is_bound and form.is_valid():
        try:
            kept = keep_resource(resource=resource, by=request.staff.user, at=timezone.now(), **form.cleaned_data)
        except ResourceIsEmpty as refusal:
            form.add_error("text", f"{refusal}.")
        else:
            seen = "Partners see it." if kept.is_published else "Partners do not see it yet."
            messages.success(request, f"“{kept.title}” is saved. {seen}")
            return redirect("staff_resources")
    context = {
        "title": resource.title if resource else "Add a resource",
        "lead": "" if resource else "A text, a file, or both.",
        "back": (reverse("staff_resources"), "Resources"),
        "form": form,
        "resource": resource,
        "document": document_of(resource, reverse("staff_resource_file", args=[resource.pk])) if resource else None,
    }
    return render(request, "affiliates/staff/resource.html", context, status=422 if form.errors else 200)
