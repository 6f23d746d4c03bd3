from django.conf import settings
from django.db import models

from accounts.append_only import append_only


class FactBatch(models.Model):
    """One transaction that recorded facts: partners, clients, invoices, payments, reversals or plans.

    Its number grows in the order of commits (`services/open_batch.py` sees to that), so "the facts that a
    run saw" is one number, and so is "newer than the run". `earliest` is the first date from which anything
    in the batch can matter: a run is older than its facts when a later batch reaches into its period.
    """

    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)
    earliest = models.DateField(null=True, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "fact batches"
        triggers = append_only()

    def __str__(self) -> str:
        return f"Batch {self.pk} from {self.source}"
