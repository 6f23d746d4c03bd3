from django.contrib import admin
from django.template.loader import render_to_string

from accounts.admin_parts import Narrowed, ReadOnlyAdmin, badge, leads_to, link
from affiliates.admin.columns import money, month, rate, show_rate
from affiliates.models import Partner
from affiliates.money import show_money
from clients.models import Client, Invoice
from commissions.explanation import explain
from commissions.models import Commission


@admin.register(Commission)
class CommissionAdmin(ReadOnlyAdmin[Commission]):
    list_display = (
        month("period_id", "period"),
        link("partner"),
        link("client"),
        month("service_month"),
        money("mrr", "MRR", is_summed=False),
        rate("rate"),
        badge("state"),
        money("amount", "posted", only=("state", "posted")),
        money("amount", "waiting", only=("state", "waiting")),
        "waiting_until",
    )
    list_filter = (
        "state",
        "period",
        ("partner", Narrowed),
        ("client", Narrowed),
        ("service_month", admin.DateFieldListFilter),
    )
    list_select_related = ("partner", "client")
    search_fields = ("partner__name", "client__name")
    fieldsets = (
        (None, {"fields": ("explanation",)}),
        (
            "As it is kept",
            {
                "classes": ("collapse",),
                "fields": (
                    "period", "partner", "client", month("service_month"), "state", "waiting_until",
                    money("mrr", "MRR"), rate("rate"), money("base"), money("target"), money("posted_before"),
                    money("amount"),
                ),
            },
        ),
    )  # fmt: skip

    @admin.display(description="why")
    def explanation(self, commission: Commission) -> str:
        why = explain(commission)
        tiers = [(show_money(tier.threshold), show_rate(tier.rate), tier.applies) for tier in why.tiers]
        return render_to_string("admin/commissions/explanation.html", {"explanation": why, "tiers": tiers})


leads_to(Partner, Commission, partner__id__exact="pk")
leads_to(Client, Commission, client__id__exact="pk")
leads_to(Commission, Invoice, label="the client's invoices", client__id__exact="client_id")
leads_to(
    Commission, Commission, label="the partner's of this period",
    partner__id__exact="partner_id", period__month__exact="period_id",
)  # fmt: skip
leads_to(Commission, Commission, label="the client's of all periods", client__id__exact="client_id")
