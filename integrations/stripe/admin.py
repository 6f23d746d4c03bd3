from django.contrib import admin

from accounts.admin_parts import ReadOnlyAdmin
from integrations.stripe.models import (
    BackfillList,
    CategoryRule,
    EventToWork,
    StripeCustomer,
    StripeEvent,
    StripeFinding,
    StripeObject,
)


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ReadOnlyAdmin[StripeCustomer]):
    list_display = ("stripe_id", "name", "email", "place", "client")
    list_filter = ("place",)
    search_fields = ("=stripe_id", "name", "email")
    list_select_related = ("client",)
    fieldsets = (
        (None, {"fields": ("stripe_id", "name", "email", "domain", "references")}),
        ("Whose it is", {"fields": ("place", "client", "placed_at", "placed_by", "ended_on")}),
    )


@admin.register(StripeFinding)
class StripeFindingAdmin(ReadOnlyAdmin[StripeFinding]):
    list_display = ("subject", "kind", "says", "customer", "at")
    list_filter = ("kind",)
    search_fields = ("=subject", "=about", "=customer")
    fieldsets = (
        (None, {"fields": ("about", "subject", "kind", "customer", "says", "to_do", "at")}),
        ("Looked at", {"fields": ("settled_at", "settled_by")}),
    )


@admin.register(CategoryRule)
class CategoryRuleAdmin(ReadOnlyAdmin[CategoryRule]):
    list_display = ("stripe_id", "category", "decided_at", "decided_by")
    list_filter = ("category",)
    search_fields = ("=stripe_id",)
    list_select_related = ("decided_by",)
    fieldsets = ((None, {"fields": ("stripe_id", "category", "decided_at", "decided_by")}),)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin[StripeEvent]):
    list_display = ("key", "type", "object_id", "source", "is_live", "created", "received_at")
    list_filter = ("source", "is_live")
    search_fields = ("=key", "=object_id")
    fieldsets = (
        (None, {"fields": ("key", "source", "type", "api_version", "object_id", "created", "received_at")}),
        ("Whose it is", {"fields": ("is_live", "account")}),
        ("Word for word", {"fields": ("body",)}),
    )


@admin.register(EventToWork)
class EventToWorkAdmin(ReadOnlyAdmin[EventToWork]):
    list_display = ("event", "tries", "due_at", "error")
    list_select_related = ("event",)
    fieldsets = ((None, {"fields": ("event", "tries", "due_at", "error")}),)


@admin.register(StripeObject)
class StripeObjectAdmin(ReadOnlyAdmin[StripeObject]):
    list_display = ("stripe_id", "kind", "customer", "invoice", "as_of")
    list_filter = ("kind",)
    search_fields = ("=stripe_id", "=customer", "=invoice")
    fieldsets = (
        (None, {"fields": ("stripe_id", "kind", "customer", "invoice", "charge", "intent")}),
        ("What is known", {"fields": ("as_of", "progress", "told_by", "marks", "data")}),
    )


@admin.register(BackfillList)
class BackfillListAdmin(ReadOnlyAdmin[BackfillList]):
    list_display = ("name", "objects_read", "after", "began_at", "done_at")
    fieldsets = ((None, {"fields": ("name", "objects_read", "after", "began_at", "done_at")}),)
