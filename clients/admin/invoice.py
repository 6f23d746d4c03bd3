from itertools import groupby

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.admin_parts import Column, Narrowed, ReadOnlyAdmin, ReadOnlyInline, leads_to, link, page_of
from affiliates.admin.columns import money
from affiliates.models import Partner
from affiliates.money import show_money
from affiliates.months import show_month
from clients.models import Client, Invoice, InvoiceLine, Payment, Slice
from clients.models.category import Category

LABELS = dict(Category.choices)
CATEGORY = Column(
    "category_named",
    lambda line: LABELS.get(line.category, f"{line.category} (to be mapped)"),
    "category",
    "category",
)


def show_slices(slices: "QuerySet[Slice]") -> str:
    """This function will print slices as a table, a line after the other, each with its sum."""
    lines = []
    for line, rows in groupby(
        slices.order_by("line__number", "service_month").select_related("line"), lambda row: row.line
    ):
        months = [
            {
                "month": show_month(row.service_month),
                "amount": show_money(row.amount),
                "collected": row.collected_on,
            }
            for row in rows
        ]
        lines.append({"number": line.number, "url": page_of(line), "months": months, "sum": show_money(line.amount)})
    return render_to_string("admin/clients/slices.html", {"lines": lines})


class InvoiceLineInline(ReadOnlyInline[InvoiceLine, Invoice]):
    model = InvoiceLine
    fields = ("number", CATEGORY, money("amount"), "service_from", "service_months")
    show_change_link = True


class PaymentInline(ReadOnlyInline[Payment, Invoice]):
    model = Payment
    fields = ("reference", "received_on", money("amount"), link("batch", "recorded in"))
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("batch").order_by("received_on", "id")


class CollectedFilter(admin.SimpleListFilter):
    """Only on demand: it adds up the payments of each invoice that is listed."""

    title = "payment"
    parameter_name = "paid"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("partly", "Partly paid: earns nothing yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> QuerySet[Invoice]:
        if self.value() != "partly":
            return queryset
        return queryset.filter(pk__in=Invoice.objects.partly_paid().values("pk"))


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    list_display = ("reference", link("client"), link("client__partner"), "issued_on", money("total"))
    list_filter = (CollectedFilter, ("client", Narrowed), ("client__partner", Narrowed))
    list_select_related = ("client__partner",)
    search_fields = ("^reference", "client__name")
    search_help_text = "The beginning of an invoice's key, or a client's name"
    fields = ("reference", "client", "issued_on", money("total"), "paid", "batch", "slices")
    inlines = (InvoiceLineInline, PaymentInline)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Invoice | None:
        invoice = super().get_object(request, object_id, from_field)
        return invoice and Invoice.objects.with_paid().select_related("client", "batch").get(pk=invoice.pk)

    @admin.display(description="paid")
    def paid(self, invoice: Invoice) -> str:
        paid = getattr(invoice, "paid", None)
        return "" if paid is None else show_money(paid)

    @admin.display(description="monthly slices")
    def slices(self, invoice: Invoice) -> str:
        return show_slices(Slice.objects.filter(invoice=invoice))


class UnmappedFilter(admin.SimpleListFilter):
    title = "category known"
    parameter_name = "unmapped"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("1", "No: to be mapped")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InvoiceLine]) -> QuerySet[InvoiceLine]:
        if self.value() != "1":
            return queryset
        return queryset.filter(pk__in=InvoiceLine.objects.unmapped().values("pk"))


class CategoryFilter(admin.SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Category.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InvoiceLine]) -> QuerySet[InvoiceLine]:
        return queryset.filter(category=self.value()) if self.value() else queryset


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin[InvoiceLine]):
    list_display = (
        "id", link("invoice"), "number", link("invoice__client"), CATEGORY, money("amount"),
        "service_from", "service_months",
    )  # fmt: skip
    list_filter = (UnmappedFilter, CategoryFilter, ("invoice", Narrowed), ("invoice__client", Narrowed))
    list_select_related = ("invoice__client",)
    search_fields = ("^invoice__reference", "=category")
    search_help_text = "The beginning of an invoice's key, or a category's word"
    ordering = ("-id",)
    fields = ("invoice", "number", CATEGORY, money("amount"), "service_from", "service_months", "slices")

    @admin.display(description="monthly slices")
    def slices(self, line: InvoiceLine) -> str:
        return show_slices(Slice.objects.filter(line=line))


leads_to(Partner, Invoice, client__partner__id__exact="pk")
leads_to(Client, Invoice, client__id__exact="pk")
leads_to(Client, InvoiceLine, label="lines", invoice__client__id__exact="pk")
