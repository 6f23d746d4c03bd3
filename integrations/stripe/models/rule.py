from django.conf import settings
from django.db import models
from django.db.models import Q

from clients.models.category import Category
from integrations.stripe.models.event import ID_LENGTH


class CategoryRule(models.Model):
    """What a product or a price of Stripe is for, as staff say; a price's rule goes before its product's."""

    stripe_id = models.CharField(max_length=ID_LENGTH, unique=True, db_collation="C")
    category = models.CharField(max_length=20, choices=Category.choices)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("stripe_id",)
        constraints = (
            models.CheckConstraint(condition=Q(category__in=Category.values), name="ruled_category_is_known"),
            models.CheckConstraint(condition=~Q(stripe_id=""), name="rule_names_a_product_or_price"),
        )

    def __str__(self) -> str:
        return f"{self.stripe_id} is {self.get_category_display()}"
