from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, ReadOnlyInline, badge, leads_to, link
from affiliates.admin.columns import money, month
from affiliates.models import Partner
from clients.models import Client
from commissions.models import Commission, LedgerEntry, Period
from parts.uploads import serve_upload
from payouts.gates import gates
from payouts.models import InvoiceCounter, PartnerInvoice, Payout, PayoutStep, ReferralReport
from payouts.models.payout import BEFORE_APPROVAL, PayoutState

CHECKED = (*BEFORE_APPROVAL, PayoutState.HELD)
LINES = Column("report_lines", lambda report: f"{len(report.lines):,}", "lines")


def _download(invoice: PartnerInvoice) -> str:
    if not invoice.file:
        return ""
    return format_html('<a href="{}">PDF</a>', reverse("admin:payouts_partnerinvoice_download", args=[invoice.pk]))


DOWNLOAD = Column("download", _download, "document")


class PayoutStepInline(ReadOnlyInline[PayoutStep, Payout]):
    model = PayoutStep
    fields = ("at", badge("state"), link("by"), "reason")
    verbose_name_plural = "history"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutStep]:
        return super().get_queryset(request).select_related("by")


class ReferralReportInline(ReadOnlyInline[ReferralReport, Payout]):
    model = ReferralReport
    fields = ("presented_at", link("presented_by"), LINES, "note")
    show_change_link = True


class PartnerInvoiceInline(ReadOnlyInline[PartnerInvoice, Payout]):
    model = PartnerInvoice
    fields = ("number", "dated_on", money("amount"), DOWNLOAD, "is_drawn", "presented_at", link("presented_by"))
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnerInvoice]:
        return super().get_queryset(request).select_related("presented_by")


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin[Payout]):
    """Every move of a payout is a step of its own, with its own checks; here it is looked at."""

    list_display = (
        month("period_id", "period"),
        link("partner"),
        badge("state"),
        money("amount"),
        money("withheld"),
        money("payable"),
        link("approved_by"),
        "paid_on",
    )
    list_filter = ("state", "period", ("partner", Narrowed), ("entry", Narrowed))
    list_select_related = ("partner", "approved_by")
    search_fields = ("partner__name", "=partner__reference")
    fieldsets = (
        (
            None,
            {"fields": ("partner", "period", "state", money("amount"), money("withheld"), money("payable"))},
        ),
        ("What it waits for", {"fields": ("checklist",)}),
        (
            "Who stands behind it",
            {"fields": ("computed_by", "closed_by", "approved_by", "approved_at", "signature")},
        ),
        ("Payment", {"fields": ("opened_at", "paid_on", "entry")}),
    )
    inlines = (PayoutStepInline, ReferralReportInline, PartnerInvoiceInline)

    @admin.display(description="checklist")
    def checklist(self, payout: Payout) -> str:
        """The same list as the partner sees, while it is of any consequence."""
        listed = gates(payout, at=timezone.now()) if payout.state in CHECKED else ()
        return render_to_string("admin/payouts/checklist.html", {"gates": listed})


@admin.register(PayoutStep)
class PayoutStepAdmin(ReadOnlyAdmin[PayoutStep]):
    list_display = ("at", link("payout"), badge("state"), link("by"), "reason")
    list_filter = ("state", ("payout", Narrowed))
    list_select_related = ("payout__partner", "payout__period", "by")
    search_fields = ("payout__partner__name",)
    ordering = ("-id",)
    fields = ("payout", "state", "at", "by", "reason")


@admin.register(ReferralReport)
class ReferralReportAdmin(ReadOnlyAdmin[ReferralReport]):
    list_display = ("presented_at", link("payout"), LINES, link("presented_by"))
    list_filter = (("payout__partner", Narrowed),)
    list_select_related = ("payout__partner", "payout__period", "presented_by")
    search_fields = ("payout__partner__name",)
    fields = ("payout", "presented_at", "presented_by", "note", "lines")


@admin.register(PartnerInvoice)
class PartnerInvoiceAdmin(ReadOnlyAdmin[PartnerInvoice]):
    list_display = (
        "number",
        link("payout"),
        "dated_on",
        money("amount"),
        DOWNLOAD,
        "is_drawn",
        "presented_at",
        link("presented_by"),
    )
    list_filter = ("is_drawn", ("payout__partner", Narrowed))
    list_select_related = ("payout__partner", "payout__period", "presented_by")
    search_fields = ("number", "payout__partner__name")
    fields = (
        "number", "payout", "dated_on", money("amount"), DOWNLOAD, "sha256", "is_drawn", "presented_at", "presented_by",
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download)
        return [path("<int:pk>/download/", download, name="payouts_partnerinvoice_download"), *super().get_urls()]

    def download(self, request: HttpRequest, pk: int) -> FileResponse:
        """Streams the document as it was presented."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = get_object_or_404(PartnerInvoice.objects.exclude(file=""), pk=pk)
        return serve_upload(invoice.file, f"{invoice.number}.pdf")


@admin.register(InvoiceCounter)
class InvoiceCounterAdmin(ReadOnlyAdmin[InvoiceCounter]):
    """The number of the last invoice that the portal drew for each partner."""

    list_display = (link("partner"), "last")
    list_filter = (("partner", Narrowed),)
    list_select_related = ("partner",)
    search_fields = ("partner__name", "=partner__reference")
    fields = ("partner", "last")


leads_to(Partner, Payout, partner__id__exact="pk")
leads_to(Period, Payout, period__month__exact="pk")
leads_to(LedgerEntry, Payout, label="payout", entry__id__exact="pk")
leads_to(
    Payout, Commission, label="commissions of its period",
    partner__id__exact="partner_id", period__month__exact="period_id",
)  # fmt: skip
leads_to(Payout, LedgerEntry, label="the partner's ledger", partner__id__exact="partner_id")
leads_to(Payout, Client, label="the partner's clients", partner__id__exact="partner_id")
