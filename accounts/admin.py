from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse

from accounts.admin_parts import Audited, ReadOnlyAdmin, SummingList, SummingPaginator, link
from accounts.models import ApiKey, AuditEntry, AuditSeal, KeptAnswer, User


class NewPersonForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class PersonAdmin(Audited, UserAdmin):  # type: ignore[type-arg]
    """People are switched off, not deleted: what they did stays theirs."""

    add_form = NewPersonForm
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
        ("What they may do", {"fields": ("is_staff", "groups")}),
    )
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Seen", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("email", "name", "roles", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = SummingPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SummingList]:
        return SummingList

    @admin.display(description="roles")
    def roles(self, person: User) -> str:
        return ", ".join(group.name for group in person.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only a superuser makes superusers or changes an address that signs in; nobody switches themselves off.

        Roles are given on a page of their own, `accounts/services/give_roles.py`.
        """
        fields = list(super().get_readonly_fields(request, obj))
        if not self._is_superuser(request):
            fields += ["is_superuser", "email", "groups"] if obj else []
            fields += ["is_staff", "is_active"] if obj == request.user else []
        return fields

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **kwargs, widget=CheckboxSelectMultiple(), help_text=""
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Others choose theirs by e-mail: who could set it could sign in as somebody else and approve."""
        if not self._is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or self._is_superuser(request))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @staticmethod
    def _is_superuser(request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin[ApiKey]):
    """Keys are made and revoked on pages of their own."""

    list_display = ("name", "hint", "partner_id", link("made_by"), "made_at", "used_at", "expires_at", "revoked_at")
    list_select_related = ("made_by",)
    search_fields = ("name", "hint")
    fields = (
        "name", "hint", "partner_id", "scopes", "made_by", "made_at", "used_at", "expires_at", "revoked_at", "replaces",
    )  # fmt: skip


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnlyAdmin[KeptAnswer]):
    list_display = ("key", link("api_key"), "code", "at")
    list_select_related = ("api_key",)
    search_fields = ("key",)
    fields = ("api_key", "key", "at", "code", "location", "body")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ("at", link("by"), "action", "subject")
    list_display_links = ("at",)
    list_select_related = ("by",)
    search_fields = ("^subject", "^action", "by__email")
    search_help_text = "The beginning of a subject, like “payout 12”, or of an action, or a person's e-mail address"
    fields = ("at", "by", "action", "subject", "details")


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin[AuditSeal]):
    """`manage.py verify_audit` follows this chain."""

    list_display = ("number", link("entry"), "hash", "sealed_at")
    list_select_related = ("entry__by",)
    search_fields = ("=number", "^hash")
    fields = ("number", "entry", "hash", "sealed_at")
