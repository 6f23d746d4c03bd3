from django.conf import settings
from django.db import models

from referrals.models.lead import Lead


class Demo(models.Model):
    """When a lead is shown the product, and whether its partner joins; a partner sees those that it joins (A)."""

    lead = models.OneToOneField(Lead, primary_key=True, on_delete=models.PROTECT, related_name="demo")
    at = models.DateTimeField("date and time")
    partner_joins = models.BooleanField(default=False)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()

    seen_by_partner = "partner_joins AND EXISTS (SELECT 1 FROM referrals_lead l WHERE l.id = lead_id)"

    class Meta:
        ordering = ("-lead_id",)

    def __str__(self) -> str:
        return f"demo for {self.lead}"
