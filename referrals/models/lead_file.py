from django.conf import settings
from django.db import models

from affiliates.models import Partner


class LeadFile(models.Model):
    """A file of leads that a partner brought: kept from its preview until its good rows are registered."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="lead_files")
    name = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    at = models.DateTimeField("brought at")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(null=True, blank=True)
    registered = models.PositiveIntegerField("leads registered", default=0)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(registered_at__isnull=True) | models.Q(text=""),
                name="a_registered_file_is_not_kept",
            ),
        )

    def __str__(self) -> str:
        return self.name
