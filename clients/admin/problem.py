from django.contrib import admin

from accounts.admin_parts import Narrowed, ReadOnlyAdmin, badge, leads_to, link
from affiliates.models import Partner
from clients.models import Client, PaymentProblem, RefusedRecording


@admin.register(PaymentProblem)
class PaymentProblemAdmin(ReadOnlyAdmin[PaymentProblem]):
    list_display = ("occurred_on", badge("kind"), link("client"), link("partner"), link("invoice"), "recorded_at")
    list_filter = ("kind", ("client", Narrowed), ("partner", Narrowed), ("invoice", Narrowed))
    list_select_related = ("client", "partner", "invoice")
    search_fields = ("client__name", "partner__name")
    fields = ("kind", "client", "partner", "invoice", "occurred_on", "note", "recorded_at", "recorded_by", "key")


@admin.register(RefusedRecording)
class RefusedRecordingAdmin(ReadOnlyAdmin[RefusedRecording]):
    list_display = ("refused_at", "source", "count", link("by"))
    list_select_related = ("by",)
    search_fields = ("source",)
    fields = ("refused_at", "by", "source", "count", "problems")


leads_to(Client, PaymentProblem, label="payment problems", client__id__exact="pk")
leads_to(Partner, PaymentProblem, label="payment problems", partner__id__exact="pk")
