from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from referrals.models.lead import Lead


class LeadNote(models.Model):
    """What sales writes about a lead for colleagues; partners cannot read this table."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~models.Q(text=""), name="a_note_says_something"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.lead}: note"
