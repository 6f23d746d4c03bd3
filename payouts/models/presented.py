from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from payouts.models.payout import Payout


class ReferralReport(models.Model):
    """The detailed referral report that the partner presented for a payout's period (B)."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="referral_report")
    lines = models.JSONField(default=list)
    note = models.TextField(blank=True)
    presented_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    presented_at = models.DateTimeField()

    seen_by_partner = "EXISTS (SELECT 1 FROM payouts_payout p WHERE p.id = payout_id)"

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"Report of {self.payout}"


class PartnerInvoice(models.Model):
    """The partner's invoice for the commission (B). A wrong one is followed by another; the newest counts."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="partner_invoices")
    number = models.CharField(max_length=60)
    dated_on = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    presented_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    presented_at = models.DateTimeField()

    seen_by_partner = "EXISTS (SELECT 1 FROM payouts_payout p WHERE p.id = payout_id)"

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"Invoice {self.number} for {self.payout}"
