from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.append_only import append_only
from affiliates.models import Partner
from clients.models.client import Client
from clients.models.invoice import Invoice

KEY_LENGTH = 120


class ProblemKind(models.TextChoices):
    """What can be wrong with a client's payment before money goes back; money that went back is a reversal."""

    FAILED = "failed", "Payment failed"
    DISPUTED = "disputed", "Payment disputed"


class PaymentProblem(models.Model):
    """A client's payment failed, or the client questions it: a fact that its partner is told of at once (B).

    It changes no commission: what is not paid does not earn, and what is charged back is recorded as such. `key`
    makes each problem recorded once, whoever reports it and how often. `partner` is whose the client was then.
    """

    key = models.CharField(max_length=KEY_LENGTH, unique=True, db_collation="C")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="payment_problems")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payment_problems")
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payment_problems"
    )
    kind = models.CharField(max_length=10, choices=ProblemKind.choices)
    occurred_on = models.DateField()
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=ProblemKind.values), name="payment_problem_kind_is_known"),
            models.CheckConstraint(condition=~Q(key=""), name="a_payment_problem_has_a_key"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.client}"

    @property
    def notice_key(self) -> str:
        """Under which key its partner is told of it."""
        return f"problem:{self.key}"
