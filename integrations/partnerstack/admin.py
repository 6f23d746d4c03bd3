from django.contrib import admin

from accounts.admin_parts import ReadOnlyAdmin, link
from integrations.partnerstack.models import Counterpart, Difference, Import, RawRow, Reading, Unplaced


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin[Import]):
    list_display = ("id", "source", "started_at", "finished_at")
    search_fields = ("source",)
    fieldsets = ((None, {"fields": ("source", "started_at", "finished_at", "counts")}),)


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin[Reading]):
    list_display = ("what", "of", "pages", "rows", "new", "is_done")
    list_filter = ("what",)
    search_fields = ("what",)
    list_select_related = ("of",)
    fieldsets = ((None, {"fields": ("of", "what", "after", "pages", "rows", "new", "is_done")}),)


@admin.register(RawRow)
class RawRowAdmin(ReadOnlyAdmin[RawRow]):
    list_display = ("kind", "key", "version", "is_test", "at")
    list_filter = ("kind", "is_test")
    search_fields = ("=key",)
    fieldsets = ((None, {"fields": ("kind", "key", "version", "is_test", "at", "came_with", "body", "digest")}),)


@admin.register(Counterpart)
class CounterpartAdmin(ReadOnlyAdmin[Counterpart]):
    list_display = ("kind", "key", link("partner"), link("client"), link("lead"))
    list_filter = ("kind",)
    search_fields = ("=key",)
    list_select_related = ("partner", "client", "lead")
    fieldsets = ((None, {"fields": ("kind", "key", "partner", "client", "lead")}),)


@admin.register(Unplaced)
class UnplacedAdmin(ReadOnlyAdmin[Unplaced]):
    list_display = ("kind", "key", "name", "why")
    list_filter = ("kind",)
    search_fields = ("=key", "name")
    fieldsets = ((None, {"fields": ("kind", "key", "name", "why")}),)


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin[Difference]):
    list_display = ("month", "who", "there", "scheduled", "here", "waiting", "difference")
    search_fields = ("who",)
    list_select_related = ("partner",)
    fieldsets = (
        (None, {"fields": ("partner", "who", "month", "compared_at")}),
        ("Money", {"fields": ("there", "scheduled", "here", "waiting", "difference", "parts")}),
    )
