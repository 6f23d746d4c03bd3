from django.conf import settings
from django.db import models

from accounts.append_only import append_only


class AuditEntry(models.Model):
    """Who did what to which thing and when; written in the transaction of the step itself."""

    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"
        # The trail is searched newest first: by time, by person, and by how an action or a subject begins.
        indexes = (
            models.Index(fields=("at", "id"), name="audit_by_time"),
            models.Index(fields=("by", "at", "id"), name="audit_by_person"),
            models.Index(
                fields=("action", "at", "id"),
                name="audit_by_action",
                opclasses=("varchar_pattern_ops", "timestamptz_ops", "int8_ops"),
            ),
            models.Index(
                fields=("subject", "id"), name="audit_by_subject", opclasses=("varchar_pattern_ops", "int8_ops")
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by or 'the system'}: {self.action} {self.subject}"
