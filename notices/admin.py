from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import Column, ReadOnlyAdmin
from notices.models import Event, Notice, NoticePreference, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.models.notice import TRIES

SENT = Column(
    "sent",
    lambda notice: "Sent" if notice.sent_at else "Failed" if notice.tries >= TRIES else "To be sent",
    "state",
)

LINK = Column(
    "link_shown",
    # Whoever opens an invitation's link comes in as the invited person.
    lambda notice: "For whom it is sent to alone" if notice.has_key else notice.path,
    "link",
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
    list_display = ("created_at", "recipient", "subject", "about", SENT, "tries", "sent_at")
    list_filter = (SentFilter, "kind", "is_daily")
    search_fields = ("recipient", "subject", "about", "^key")
    list_select_related = ("person", "digest")
    fieldsets = (
        (None, {"fields": ("recipient", "kind", "about", "subject", "body", LINK)}),
        (
            "Sending",
            {"fields": (SENT, "created_at", "is_daily", "digest", "sent_at", "tries", "tried_at", "error", "key")},
        ),
    )


@admin.register(NoticePreference)
class NoticePreferenceAdmin(ReadOnlyAdmin[NoticePreference]):
    list_display = ("person", "partner_id", "kind", "pace", "changed_at")
    list_filter = ("kind", "pace")
    search_fields = ("person__email",)
    list_select_related = ("person",)
    fieldsets = ((None, {"fields": ("person", "partner_id", "kind", "pace", "changed_at")}),)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("at", "kind", "subject", "partner_id")
    list_filter = ("kind",)
    search_fields = ("=subject",)
    fieldsets = ((None, {"fields": ("kind", "partner_id", "subject", "at", "data")}),)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin[WebhookEndpoint]):
    list_display = ("url", "partner_id", "is_on", "why_off", "made_at")
    list_filter = ("is_on", "why_off")
    search_fields = ("url",)
    list_select_related = ("made_by",)
    fieldsets = (
        (None, {"fields": ("url", "partner_id", "kinds", "made_by", "made_at")}),
        ("How it stands", {"fields": ("is_on", "why_off", "off_at", "told_at", "previous_until")}),
    )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin[WebhookDelivery]):
    list_display = ("event", "endpoint", "state", "tries", "next_at", "delivered_at")
    list_filter = ("state",)
    search_fields = ("=subject",)
    list_select_related = ("event", "endpoint")
    fieldsets = ((None, {"fields": ("event", "endpoint", "subject", "state", "tries", "next_at", "delivered_at")}),)


@admin.register(WebhookAttempt)
class WebhookAttemptAdmin(ReadOnlyAdmin[WebhookAttempt]):
    list_display = ("at", "delivery", "answered", "milliseconds")
    search_fields = ("=delivery__subject",)
    list_select_related = ("delivery__event", "delivery__endpoint")
    fieldsets = ((None, {"fields": ("delivery", "at", "answered", "milliseconds", "said")}),)
