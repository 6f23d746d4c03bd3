from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.admin_parts import PortalAdmin, page_of
from affiliates.models import Program


@admin.register(Program)
class ProgramAdmin(PortalAdmin[Program]):
    """One row: its list leads to it, and nothing is added or deleted."""

    list_display = ("name", "company_name", "currency", "time_zone")
    fieldsets = (
        (None, {"fields": ("name", "accent_colour", "currency", "time_zone")}),
        (
            "The company, as statements and notices name it",
            {"fields": ("company_name", "company_address", "company_email")},
        ),
        ("Leads", {"fields": ("protection_days", "untouched_days")}),
        ("Links", {"fields": ("company_site", "allowed_hosts", "cookie_days")}),
        (
            "Payouts and chargebacks",
            {
                "fields": (
                    "minimum_payout",
                    "chargeback_threshold",
                    "chargeback_window_days",
                    "unusual_change_percent",
                ),
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Program | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(page_of(Program.current()))
