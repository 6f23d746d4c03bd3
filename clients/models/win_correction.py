from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from clients.models.client import Client
from referrals.models import Lead


class WinCorrection(models.Model):
    """A lead that was marked as won by mistake: its client was taken out, and the lead went back to sales."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="corrections")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="corrections")
    closed_on = models.DateField("closed on, as it was said")
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=~models.Q(reason=""), name="a_correction_says_why"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.lead} was not won"
