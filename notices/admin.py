from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import Column, ReadOnlyAdmin
from notices.models import Notice
from notices.models.notice import TRIES

SENT = Column(
    "sent",
    lambda notice: "Sent" if notice.sent_at else "Failed" if notice.tries >= TRIES else "To be sent",
    "state",
)


class SentFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "To be sent"), ("failed", "Failed"), ("sent", "Sent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        if self.value() == "waiting":
            return queryset.filter(sent_at__isnull=True, tries__lt=TRIES)
        if self.value() == "failed":
            return queryset.filter(sent_at__isnull=True, tries__gte=TRIES)
        return queryset.filter(sent_at__isnull=False) if self.value() == "sent" else queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin[Notice]):
    list_display = ("created_at", "recipient", "subject", SENT, "tries", "sent_at")
    list_filter = (SentFilter,)
    search_fields = ("recipient", "subject", "^key")
    fieldsets = (
        (None, {"fields": ("recipient", "subject", "body")}),
        ("Sending", {"fields": (SENT, "created_at", "sent_at", "tries", "tried_at", "error", "key")}),
    )
