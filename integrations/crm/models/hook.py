from datetime import timedelta

from django.db import models
from django.db.models import Q

from integrations.crm.models.connection import Connection

MOST_BYTES = 1024 * 1024
KEPT = timedelta(days=30)


class Hook(models.Model):
    """A call of a CRM that proved to be its own, as it came, once; it says only which deals to read.

    It is evidence of nothing, since what counts is read from the CRM, so it is forgotten after a while.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="hooks")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    body = models.TextField()
    worked_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = "call of a CRM"
        verbose_name_plural = "calls of CRMs"
        indexes = (models.Index(fields=("id",), condition=Q(worked_at__isnull=True), name="crm_hooks_to_work"),)
        constraints = (models.UniqueConstraint(fields=("connection", "digest"), name="a_call_of_a_crm_is_kept_once"),)

    def __str__(self) -> str:
        return f"Call of {self.connection} {self.pk}"
