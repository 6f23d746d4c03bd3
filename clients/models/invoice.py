from decimal import Decimal
from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Upper

from accounts.append_only import append_only
from affiliates.models import FactBatch
from affiliates.models.partner import KEY_LENGTH
from clients.models.category import Category, CategoryMapping
from clients.models.client import Client

MONEY: "models.DecimalField[Decimal, Decimal]" = models.DecimalField(max_digits=12, decimal_places=2)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def with_paid(self) -> Self:
        """Adds `paid`: the sum of each invoice's payments, 0 where there is none."""
        from clients.models.payment import Payment

        paid = Payment.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
        return self.annotate(
            paid=Coalesce(Subquery(paid.annotate(sum=Sum("amount")).values("sum")), Decimal(0), output_field=MONEY)
        )

    def unpaid(self) -> Self:
        """Those whose payments do not reach the total yet: not collected, and earning nothing so far."""
        return self.with_paid().filter(paid__lt=models.F("total"))

    def partly_paid(self) -> Self:
        """Those that received money and are not collected: they earn nothing until the rest is paid."""
        return self.with_paid().filter(paid__gt=0, paid__lt=models.F("total"))


class Invoice(models.Model):
    """An invoice of a referred client: a fact, with its lines. It is collected once its payments reach `total`."""

    reference = models.CharField("key", max_length=KEY_LENGTH, db_collation="C")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="invoices")
    issued_on = models.DateField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    # Written in one transaction with its batch, which nobody can delete: no row-by-row check is needed.
    batch = models.ForeignKey(
        FactBatch, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    objects = InvoiceQuerySet.as_manager()

    seen_by_partner = "client_id IN (SELECT tributary_clients())"

    class Meta:
        ordering = ("-id",)
        indexes = (BrinIndex(fields=("issued_on",), name="invoices_by_day"),)
        constraints = (
            models.UniqueConstraint(Upper("reference"), name="one_invoice_per_key_whatever_its_case"),
            models.CheckConstraint(condition=Q(total__gte=0), name="invoice_total_is_not_negative"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return self.reference


class InvoiceLineQuerySet(models.QuerySet["InvoiceLine"]):
    def unmapped(self) -> Self:
        """Lines whose category nobody knows yet: kept, earning nothing, for finance to map."""
        return self.exclude(category__in=Category.values).exclude(category__in=CategoryMapping.objects.values("word"))


class InvoiceLine(models.Model):
    """A line of an invoice. Subscription lines cover `service_months` months from that of `service_from`."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.IntegerField()
    category = models.CharField(max_length=64, db_collation="C")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    service_from = models.DateField(null=True, blank=True)
    service_months = models.SmallIntegerField(null=True, blank=True)

    objects = InvoiceLineQuerySet.as_manager()

    seen_by_partner = "EXISTS (SELECT 1 FROM clients_invoice i WHERE i.id = invoice_id)"

    class Meta:
        ordering = ("invoice_id", "number")
        indexes = (
            models.Index(
                fields=("category",), condition=~Q(category__in=Category.values), name="lines_of_unknown_words"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("invoice", "number"), name="one_line_per_number_in_an_invoice"),
            models.CheckConstraint(
                condition=~Q(category=Category.SUBSCRIPTION)
                | Q(service_from__isnull=False, service_months__isnull=False),
                name="subscription_says_its_months",
            ),
            models.CheckConstraint(
                condition=Q(service_months__isnull=True) | Q(service_months__range=(1, 120)),
                name="service_is_one_to_120_months",
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.number} {self.category}"
