from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, badge, leads_to, link
from affiliates.admin.columns import money, month
from affiliates.models import Partner
from commissions.models import Commission, Period
from payouts.models import Payout, Statement


def _download(statement: Statement) -> str:
    if not statement.file:
        return ""
    address = reverse("admin:payouts_statement_download", args=[statement.pk])
    return format_html('<a href="{}">PDF</a>', address)


DOWNLOAD = Column("download", _download, "document")


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin[Statement]):
    list_display = (
        month("period_id", "period"),
        link("partner"),
        badge("state"),
        money("opening", is_summed=False),
        money("commissions"),
        money("adjustments"),
        money("payouts"),
        money("closing", is_summed=False),
        DOWNLOAD,
    )
    list_filter = ("state", "period", ("partner", Narrowed))
    list_select_related = ("partner",)
    search_fields = ("partner__name", "=partner__reference")
    fieldsets = (
        (None, {"fields": ("number", "partner", "period", "state", "dated_on", DOWNLOAD)}),
        (
            "What it says",
            {
                "fields": (
                    money("opening"),
                    money("commissions"),
                    money("adjustments"),
                    money("payouts"),
                    money("closing"),
                )
            },
        ),
        ("The file", {"fields": ("issued_at", "sha256", "sent_at", "tries", "error")}),
    )

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download)
        return [path("<int:pk>/download/", download, name="payouts_statement_download"), *super().get_urls()]

    def download(self, request: HttpRequest, pk: int) -> FileResponse:
        """Streams the document as it was stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        statement = Statement.objects.select_related("partner").filter(pk=pk).exclude(file="").first()
        if statement is None or not statement.file.storage.exists(statement.file.name or ""):
            raise Http404("There is no such document.")
        return FileResponse(
            statement.file.open("rb"),
            as_attachment=True,
            filename=f"{statement.number}.pdf",
            content_type="application/pdf",
        )


leads_to(Partner, Statement, partner__id__exact="pk")
leads_to(Period, Statement, period__month__exact="pk")
leads_to(Payout, Statement, label="statement", partner__id__exact="partner_id", period__month__exact="period_id")
leads_to(
    Statement, Commission, label="commissions of its period",
    partner__id__exact="partner_id", period__month__exact="period_id",
)  # fmt: skip
leads_to(Statement, Payout, label="payout", partner__id__exact="partner_id", period__month__exact="period_id")
