import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower, Upper

from accounts.append_only import append_only
from affiliates.models import FactBatch, Partner
from affiliates.models.partner import KEY_LENGTH
from referrals.models import Lead

MOST_CONTRACT_MONTHS = 120


class Client(models.Model):
    """A referred client; it belongs to exactly one partner at a time.

    `batch` numbers the recording of what money depends on; the trigger keeps each such state in
    `ClientHistory`, whoever writes it and however. `changed_in` is the last recording that changed
    anything of it, if any did since it came.
    """

    reference = models.CharField("key", max_length=KEY_LENGTH, db_collation="C")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="clients")
    lead = models.OneToOneField(Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="client")
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)
    closed_on = models.DateField()
    canceled_on = models.DateField("cancelled on", null=True, blank=True)
    contract_months = models.PositiveSmallIntegerField(
        "contract term in months", null=True, blank=True, help_text="1 is month to month, 3 a quarterly contract."
    )
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+", db_index=False)
    changed_in = models.ForeignKey(
        FactBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    seen_by_partner = "id IN (SELECT tributary_clients())"

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Upper("reference"), name="one_client_per_key_whatever_its_case"),
            models.CheckConstraint(
                condition=models.Q(canceled_on__isnull=True) | models.Q(canceled_on__gte=models.F("closed_on")),
                name="client_cancels_after_it_closed",
            ),
            models.CheckConstraint(
                condition=models.Q(contract_months__isnull=True)
                | models.Q(contract_months__range=(1, MOST_CONTRACT_MONTHS)),
                name="contract_is_one_to_120_months",
            ),
        )
        indexes = (
            models.Index(Lower("domain"), name="clients_by_domain"),
            GinIndex(fields=("name",), opclasses=("gin_trgm_ops",), name="clients_by_name_nearly"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="keeps_its_history",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("partner_id", "closed_on", "canceled_on"),
                func="""
                    IF TG_OP = 'INSERT' OR ROW(OLD.partner_id, OLD.closed_on, OLD.canceled_on)
                            IS DISTINCT FROM ROW(NEW.partner_id, NEW.closed_on, NEW.canceled_on) THEN
                        INSERT INTO clients_clienthistory (client_id, batch_id, partner_id, closed_on, canceled_on)
                        VALUES (NEW.id, NEW.batch_id, NEW.partner_id, NEW.closed_on, NEW.canceled_on);
                    END IF;
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.name


class ClientHistory(models.Model):
    """A client as a batch left it: what a run that saw that batch reckoned with."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="history", db_index=False)
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    closed_on = models.DateField()
    canceled_on = models.DateField("cancelled on", null=True)

    seen_by_partner = "client_id IN (SELECT tributary_clients())"

    class Meta:
        ordering = ("-batch_id",)
        verbose_name_plural = "client history"
        constraints = (models.UniqueConstraint(fields=("client", "batch"), name="one_client_state_per_batch"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.client} as of batch {self.batch_id}"
