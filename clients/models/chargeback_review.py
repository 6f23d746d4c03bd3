from django.conf import settings
from django.db import models

from affiliates.models import Partner
from clients.models.payment import Reversal


class ChargebackReview(models.Model):
    """Repeated chargebacks from a partner's clients, for the program's managers to look at (B).

    Raised by the chargeback that made the count reach the program's threshold within its window.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="chargeback_reviews")
    raised_by = models.OneToOneField(Reversal, on_delete=models.PROTECT, related_name="review")
    chargebacks = models.PositiveIntegerField()
    raised_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    decision = models.TextField(blank=True)

    seen_by_partner = ""  # The managers' alone.

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None, decision="")
                | (models.Q(decided_at__isnull=False, decided_by__isnull=False) & ~models.Q(decision="")),
                name="a_decided_review_says_who_when_and_why",
            ),
        )

    def __str__(self) -> str:
        return f"{self.chargebacks} chargebacks from clients of {self.partner}"
