from django.contrib import admin

from accounts.admin_parts import Column, ReadOnlyAdmin, link
from affiliates.models import FactBatch

COUNTS = Column(
    "counted",
    lambda batch: ", ".join(f"{count:,} {kind}" for kind, count in batch.counts.items() if count),
    "rows read",
)


@admin.register(FactBatch)
class FactBatchAdmin(ReadOnlyAdmin[FactBatch]):
    list_display = ("id", "recorded_at", "source", link("by"), COUNTS, "earliest")
    list_select_related = ("by",)
    search_fields = ("source",)
    fields = ("recorded_at", "source", "by", COUNTS, "earliest")
