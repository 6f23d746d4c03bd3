from django.db import models

from accounts.append_only import append_only
from accounts.models.audit_entry import AuditEntry


class AuditSeal(models.Model):
    """One link of the chain through the audit trail: the hash of an entry and of the link before it.

    Entries are sealed within a minute after their transaction, in the order in which they became visible. In
    the transaction itself every step of the business would have to wait for every other.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        triggers = append_only()
        constraints = (models.CheckConstraint(condition=models.Q(number__gt=0), name="seals_are_numbered_from_one"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.hash}"
