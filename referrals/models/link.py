from django.db import models

from accounts.append_only import append_only
from affiliates.models import Partner


class Link(models.Model):
    """A partner's own address that leads visitors to the company: `/r/<code>`."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="links")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    destination = models.URLField()
    created_at = models.DateTimeField()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"/r/{self.code}"


class Click(models.Model):
    """Somebody followed a link; no address is kept."""

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="clicks")
    at = models.DateTimeField()
    referrer = models.CharField(max_length=200, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    seen_by_partner = "EXISTS (SELECT 1 FROM referrals_link l WHERE l.id = link_id)"

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.link} at {self.at:%Y-%m-%d %H:%M}"
