from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.stripe.models.event import ID_LENGTH


class FindingKind(models.TextChoices):
    """Why something of a referred client is kept and not recorded."""

    REFUSED = "refused", "Refused"
    CURRENCY = "currency", "Other currency"
    NEGATIVE = "negative", "Negative invoice"
    LINES = "lines", "Lines missing"
    WAITING = "waiting", "Waiting"
    RETURNED = "returned", "Refund came back"
    DIFFERS = "differs", "Differs"


class StripeFinding(models.Model):
    """Something of a referred client that is kept and not recorded, and what to do about it.

    Worked out anew whenever its invoice is worked; it goes by itself once its reason is gone. Many reasons stay for
    good: once a person has looked at it, it is settled, until it says something else.
    """

    about = models.CharField(max_length=ID_LENGTH, db_collation="C")
    kind = models.CharField(max_length=10, choices=FindingKind.choices)
    subject = models.CharField(max_length=ID_LENGTH, db_collation="C")
    customer = models.CharField(max_length=ID_LENGTH, db_collation="C", db_index=True)
    says = models.TextField()
    to_do = models.TextField()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("about", "subject", "kind"), name="one_stripe_finding_per_reason"),
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="kind_of_a_finding_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
