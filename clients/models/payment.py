from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from accounts.append_only import append_only
from affiliates.models import FactBatch
from affiliates.models.partner import KEY_LENGTH
from clients.models.invoice import Invoice


class Payment(models.Model):
    """Money received for an invoice: a fact."""

    reference = models.CharField("key", max_length=KEY_LENGTH, db_collation="C")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    received_on = models.DateField()
    batch = models.ForeignKey(
        FactBatch, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    seen_by_partner = "EXISTS (SELECT 1 FROM clients_invoice i WHERE i.id = invoice_id)"

    class Meta:
        ordering = ("-id",)
        indexes = (BrinIndex(fields=("received_on",), name="payments_by_day"),)
        constraints = (
            models.UniqueConstraint(Upper("reference"), name="one_payment_per_key_whatever_its_case"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return self.reference


class ReversalKind(models.TextChoices):
    REFUND = "refund", "Refund"
    CHARGEBACK = "chargeback", "Chargeback"
    CHARGEBACK_WON = "chargeback_won", "Chargeback won back"


class Reversal(models.Model):
    """Money that went back to the client, or came again after a chargeback was won: a fact."""

    reference = models.CharField("key", max_length=KEY_LENGTH, db_collation="C")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="reversals")
    kind = models.CharField(max_length=20, choices=ReversalKind.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    occurred_on = models.DateField(db_index=True)
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    seen_by_partner = "EXISTS (SELECT 1 FROM clients_payment p WHERE p.id = payment_id)"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(Upper("reference"), name="one_reversal_per_key_whatever_its_case"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reversal_is_positive"),
            models.CheckConstraint(condition=Q(kind__in=ReversalKind.values), name="reversal_kind_is_known"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return self.reference

    @property
    def notice_key(self) -> str:
        """Under which key the partner is told of it, where it is a chargeback."""
        return f"chargeback:{self.reference}"
