from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from affiliates.models import FactBatch


class Category(models.TextChoices):
    """What an invoice line is for; only `subscription` earns (B)."""

    SUBSCRIPTION = "subscription", "Subscription"
    PHONE_NUMBERS = "phone_numbers", "Phone numbers"
    LOCAL_PRESENCE = "local_presence", "Local presence"
    TOLL_FREE = "toll_free", "Toll-free minutes"
    COMPLIANCE = "compliance", "Compliance fees"
    AUTOMATED_SMS = "automated_sms", "Automated SMS"
    OTHER_USAGE = "other_usage", "Other usage"
    ONE_TIME = "one_time", "One-time"
    TAX = "tax", "Tax"


class CategoryMapping(models.Model):
    """What a word that billing used for a category means here, decided by finance once."""

    word = models.CharField(max_length=64, unique=True, db_collation="C")
    category = models.CharField(max_length=20, choices=Category.choices)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+")

    seen_by_partner = "true"

    class Meta:
        ordering = ("word",)
        constraints = (
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="mapped_category_is_known"),
            models.CheckConstraint(
                condition=~models.Q(word__in=Category.values), name="a_known_category_needs_no_mapping"
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.word} is {self.get_category_display()}"
