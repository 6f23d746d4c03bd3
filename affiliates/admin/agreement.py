from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin_parts import AddOnlyAdmin, Narrowed, ReadOnlyAdmin, badge, leads_to, link
from accounts.models import User
from affiliates.models import (
    Acceptance,
    AgreementVersion,
    Partner,
    Resource,
    TerminationNotice,
    Violation,
    ViolationFile,
)
from affiliates.services.accept_agreement import publish_version


@admin.register(AgreementVersion)
class AgreementVersionAdmin(AddOnlyAdmin[AgreementVersion]):
    """A version is published by adding it, and stays as it is: each partner is asked to accept it."""

    list_display = ("number", "title", "published_at")
    search_fields = ("number", "title")
    fields = ("number", "title", "text")

    def get_fields(self, request: HttpRequest, obj: AgreementVersion | None = None) -> Any:
        return ("number", "title", "published_at", "text") if obj else ("number", "title", "text")

    def save_model(self, request: HttpRequest, obj: AgreementVersion, form: Any, change: bool) -> None:
        made = publish_version(
            number=obj.number, title=obj.title, text=obj.text, by=cast(User, request.user), at=timezone.now()
        )
        obj.pk = made.pk


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin[Acceptance]):
    list_display = ("at", link("partner"), link("version"), "name", link("user"), "address")
    list_display_links = ("at",)
    list_filter = ("version", ("partner", Narrowed))
    list_select_related = ("partner", "version", "user")
    search_fields = ("partner__name", "name", "user__email")
    fields = ("partner", "partner_name", "version", "name", "user", "email", "at", "address")


@admin.register(TerminationNotice)
class TerminationNoticeAdmin(ReadOnlyAdmin[TerminationNotice]):
    list_display = ("given_on", link("partner"), badge("given_by"), "effective_on", link("by", "recorded by"))
    list_filter = ("given_by", ("partner", Narrowed))
    list_select_related = ("partner", "by")
    search_fields = ("partner__name",)
    fields = ("partner", "given_by", "given_on", "effective_on", "reason", "by")


@admin.register(Violation)
class ViolationAdmin(ReadOnlyAdmin[Violation]):
    list_display = ("clause", link("partner"), badge("state"), "notice_on", "cure_by", "decided_on")
    list_filter = ("state", ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("partner__name", "=clause")
    fields = (
        "partner",
        "clause",
        "state",
        "notice_on",
        "cure_by",
        "decided_on",
        "evidence",
        "finding",
        "opened_by",
        "decided_by",
    )


@admin.register(ViolationFile)
class ViolationFileAdmin(ReadOnlyAdmin[ViolationFile]):
    list_display = ("name", link("violation"))
    list_select_related = ("violation__partner",)
    search_fields = ("name",)
    fields = ("violation", "name")


@admin.register(Resource)
class ResourceAdmin(ReadOnlyAdmin[Resource]):
    """Resources are kept on the program managers' own page."""

    list_display = ("title", "name", "place", "is_published", "changed_at")
    list_filter = ("is_published",)
    search_fields = ("title",)
    fields = ("title", "text", "name", "place", "is_published", "changed_at")


leads_to(Partner, Acceptance, partner__id__exact="pk")
leads_to(Partner, Violation, partner__id__exact="pk")
leads_to(Partner, TerminationNotice, partner__id__exact="pk")
leads_to(AgreementVersion, Acceptance, version__id__exact="pk")
