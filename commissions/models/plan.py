from decimal import Decimal

from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from affiliates.models import FactBatch, Partner


class Plan(models.Model):
    """A commission schedule: its tiers say what share of a month's MRR is earned (B).

    A plan never changes, so that what it paid stays explained; other rates are another plan.
    """

    name = models.CharField(max_length=120, unique=True)
    is_standard = models.BooleanField(default=False, help_text="It is valid wherever no other plan was given.")

    seen_by_partner = "true"

    class Meta:
        ordering = ("-is_standard", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("is_standard",),
                condition=models.Q(is_standard=True),
                name="there_is_one_standard_plan",
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return self.name


class Tier(models.Model):
    """From a monthly MRR of `threshold` on, `rate` of the whole of it; the lowest tier takes all below."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tiers")
    threshold = models.DecimalField(max_digits=12, decimal_places=2)
    rate = models.DecimalField(max_digits=5, decimal_places=4)

    seen_by_partner = "true"

    class Meta:
        ordering = ("plan_id", "threshold")
        constraints = (
            models.UniqueConstraint(fields=("plan", "threshold"), name="one_tier_per_threshold"),
            models.CheckConstraint(condition=models.Q(threshold__gte=0), name="tier_threshold_is_not_negative"),
            models.CheckConstraint(condition=models.Q(rate__gte=0, rate__lte=Decimal(1)), name="tier_rate_is_a_share"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.rate:.0%} from {self.threshold:,}"


class PlanAssignment(models.Model):
    """A partner has a plan from a service month on, until a later assignment says otherwise.

    Of several for the same month the one recorded last holds. Nothing is overwritten.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="plan_assignments")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="assignments")
    first_month = models.DateField()
    reason = models.TextField(blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+")

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("partner_id", "first_month", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(first_month__day=1), name="a_plan_begins_on_the_first_of_a_month"
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.partner}: {self.plan} from {self.first_month:%Y-%m}"
