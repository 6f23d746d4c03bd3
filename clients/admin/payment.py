from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_parts import Narrowed, ReadOnlyAdmin, ReadOnlyInline, badge, leads_to, link
from affiliates.admin.columns import money
from affiliates.models import Partner
from clients.models import ChargebackReview, Client, Invoice, Payment, Reversal


class ReversalInline(ReadOnlyInline[Reversal, Payment]):
    model = Reversal
    fields = ("reference", badge("kind"), "occurred_on", money("amount"), link("batch", "recorded in"))
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reversal]:
        return super().get_queryset(request).select_related("batch").order_by("occurred_on", "id")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    list_display = ("reference", link("invoice"), link("invoice__client"), "received_on", money("amount"))
    list_filter = (
        ("invoice", Narrowed),
        ("invoice__client", Narrowed),
        ("invoice__client__partner", Narrowed),
    )
    list_select_related = ("invoice__client",)
    search_fields = ("^reference", "^invoice__reference")
    search_help_text = "The beginning of a payment's or an invoice's key"
    fields = ("reference", "invoice", "received_on", money("amount"), "batch")
    inlines = (ReversalInline,)


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin[Reversal]):
    """Chargebacks that were won back count against refunds and chargebacks, so their sum would say nothing."""

    list_display = (
        "reference", badge("kind"), link("payment"), link("payment__invoice__client"), "occurred_on",
        money("amount", is_summed=False),
    )  # fmt: skip
    list_filter = (
        "kind",
        ("payment", Narrowed),
        ("payment__invoice", Narrowed),
        ("payment__invoice__client", Narrowed),
        ("payment__invoice__client__partner", Narrowed),
    )
    list_select_related = ("payment__invoice__client",)
    date_hierarchy = "occurred_on"
    search_fields = ("^reference", "^payment__reference")
    search_help_text = "The beginning of a reversal's or a payment's key"
    fields = ("reference", "kind", "payment", "occurred_on", money("amount"), "batch")


leads_to(Invoice, Reversal, payment__invoice__id__exact="pk")
leads_to(Client, Payment, invoice__client__id__exact="pk")
leads_to(Client, Reversal, payment__invoice__client__id__exact="pk")
leads_to(Partner, Reversal, payment__invoice__client__partner__id__exact="pk")
leads_to(Reversal, ChargebackReview, label="review", raised_by__id__exact="pk")
