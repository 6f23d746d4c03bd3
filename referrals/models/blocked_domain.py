from django.conf import settings
from django.db import models


class BlockedDomain(models.Model):
    """A registrable domain whose company sales looks at before anybody is credited; partners cannot read this table."""

    domain = models.CharField(max_length=253, unique=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField("blocked")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("domain",)
        constraints = (
            models.CheckConstraint(condition=~models.Q(domain=""), name="a_blocked_domain_is_named"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_blocked_domain_says_why"),
        )

    def __str__(self) -> str:
        return self.domain
