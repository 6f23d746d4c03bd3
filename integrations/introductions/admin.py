from django.contrib import admin

from accounts.admin_parts import ReadOnlyAdmin, badge, link
from integrations.introductions.models import Mailbox, Message, Reading


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    list_display = ("received_at", "source", "envelope_recipient", "size", "is_whole")
    list_filter = ("source", "is_whole")
    search_fields = ("=digest", "envelope_recipient")
    fieldsets = (
        (None, {"fields": ("received_at", "source", "size", "is_whole", "digest")}),
        ("Envelope", {"fields": ("envelope_sender", "envelope_recipient", "is_spam", "findings")}),
    )


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin[Reading]):
    list_display = ("subject", "sender", badge("state"), "why", link("partner"), link("lead"), "tries")
    list_filter = ("state", "why")
    search_fields = ("subject", "sender", "company", "=named")
    list_select_related = ("partner", "lead")
    fieldsets = (
        (None, {"fields": (link("message"), "sender", "subject", badge("state"), "why", "details", "proof")}),
        ("Whom it brings", {"fields": (link("member"), link("partner"), "company", "contact", "email", "domain")}),
        ("What became of it", {"fields": (link("lead"), link("settled_by"), "confirmed_at", link("confirmed_by"))}),
        ("Reading", {"fields": ("tries", "next_at", "read_at", "error", "named", "key")}),
    )


@admin.register(Mailbox)
class MailboxAdmin(ReadOnlyAdmin[Mailbox]):
    list_display = ("name", "looked_at", "uid", "error")
    fieldsets = ((None, {"fields": ("name", "validity", "uid", "looked_at", "error", "failed_since", "skipped")}),)
