from django.contrib import admin

from accounts.admin_parts import ReadOnlyAdmin
from integrations.crm.models import Connection, Hook, LeadSync


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin[Connection]):
    list_display = ("kind", "account", "is_on", "pipeline", "read_at", "error", "made_at", "removed_at")
    list_filter = ("kind", "is_on")
    search_fields = ("account",)
    list_select_related = ("made_by",)
    fieldsets = (
        (None, {"fields": ("kind", "account", "is_on", "made_by", "made_at", "removed_at")}),
        ("What is which", {"fields": ("pipeline", "stages", "fields", "key_field", "version")}),
        ("How it stands", {"fields": ("read_until", "read_at", "next_read_at", "rest_until", "error")}),
    )


@admin.register(LeadSync)
class LeadSyncAdmin(ReadOnlyAdmin[LeadSync]):
    list_display = ("lead", "connection", "state", "their_id", "settled_at", "tries", "next_at", "error")
    list_filter = ("state", "connection__kind")
    search_fields = ("lead__company", "=their_id")
    list_select_related = ("lead", "connection")
    fieldsets = (
        (None, {"fields": ("connection", "lead", "state", "their_id", "is_gone")}),
        ("When last in step", {"fields": ("settled_at", "stage", "values", "their_stage", "their_updated_at")}),
        ("What is to do", {"fields": ("task", "differs", "note", "put_back")}),
        ("Tries", {"fields": ("waiting_since", "tries", "next_at", "asked", "error", "fingerprint")}),
    )


@admin.register(Hook)
class HookAdmin(ReadOnlyAdmin[Hook]):
    list_display = ("at", "connection", "worked_at", "error")
    list_filter = ("connection__kind",)
    search_fields = ("=digest",)
    list_select_related = ("connection",)
    fieldsets = ((None, {"fields": ("connection", "at", "worked_at", "error", "digest", "body")}),)
