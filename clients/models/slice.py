from django.db import models

from accounts.append_only import append_only
from affiliates.models import FactBatch
from clients.models.client import Client
from clients.models.invoice import Invoice, InvoiceLine


class Slice(models.Model):
    """One month's share of a subscription line whose invoice is collected (RULES 2 and 3).

    Written once, when the payment that completes the invoice is recorded: the payments can never change
    afterwards, so neither can this. `known_from` is the day from which both the invoice and its last payment
    have happened. The engine reads these rows and hardly anything else. There are no row-by-row foreign
    keys: the rows come from one statement over the facts, and `check_period` proves them against the facts.
    """

    pk = models.CompositePrimaryKey("line", "service_month")
    line = models.ForeignKey(
        InvoiceLine, on_delete=models.PROTECT, related_name="slices", db_index=False, db_constraint=False
    )
    service_month = models.DateField()
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="slices", db_index=False, db_constraint=False
    )
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="slices", db_index=False, db_constraint=False
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    collected_on = models.DateField()
    known_from = models.DateField()
    batch = models.ForeignKey(
        FactBatch, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    seen_by_partner = "client_id IN (SELECT tributary_clients())"

    class Meta:
        indexes = (
            models.Index(fields=("client", "service_month"), name="slices_of_a_client"),
            models.Index(fields=("known_from",), name="slices_by_day"),
            models.Index(fields=("batch",), name="slices_by_batch"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"Line {self.line_id} in {self.service_month:%Y-%m}"
