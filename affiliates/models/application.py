from datetime import timedelta

from django.conf import settings
from django.db import models

from affiliates.models.partner import Partner, PartnerKind

FORGOTTEN_AFTER = timedelta(days=14)  # An application whose address nobody confirmed; its link is older by then.


class ApplicationState(models.TextChoices):
    APPLIED = "applied", "E-mail not confirmed"
    VERIFIED = "verified", "To be decided"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"


class Application(models.Model):
    """Somebody asks to become a partner; staff decide once the e-mail address is confirmed."""

    kind = models.CharField(max_length=20, choices=PartnerKind.choices)
    company = models.CharField(max_length=200)
    site = models.URLField("website", max_length=300)
    name = models.CharField("contact", max_length=200)
    email = models.EmailField("e-mail address")
    audience = models.TextField()
    promotion = models.TextField("how they will promote")
    state = models.CharField(max_length=10, choices=ApplicationState.choices, default=ApplicationState.APPLIED)
    applied_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    partner = models.OneToOneField(Partner, null=True, on_delete=models.PROTECT, related_name="application")

    seen_by_partner = ""  # The company's alone; the partner that comes of it has its own rows.

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=ApplicationState.values), name="application_state_is_known"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=PartnerKind.values), name="application_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=ApplicationState.APPLIED) ^ models.Q(verified_at__isnull=False),
                name="a_verified_application_says_since_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=(ApplicationState.APPLIED, ApplicationState.VERIFIED))
                ^ models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="a_decided_application_says_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ApplicationState.APPROVED) ^ models.Q(partner__isnull=True),
                name="an_approved_application_has_its_partner",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ApplicationState.DECLINED) | ~models.Q(reason=""),
                name="a_declined_application_has_its_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.company} ({self.name})"
