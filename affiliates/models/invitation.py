import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from affiliates.models.partner import MemberRole, Partner

VALID_FOR = timedelta(days=14)


def hash_token(token: str) -> str:
    """What is kept of an invitation's token: who reads the table cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: datetime) -> "InvitationQuerySet":
        """Those that can still be accepted."""
        return self.not_ended().filter(expires_at__gt=at)

    def not_ended(self) -> "InvitationQuerySet":
        """Those that were neither accepted nor withdrawn, expired or not."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


class Invitation(models.Model):
    """An address is invited to act for a partner; the link in the e-mail carries the token."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail address")
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                "partner",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_invitation_per_partner_and_address",
            ),
            models.CheckConstraint(condition=models.Q(role__in=MemberRole.values), name="invited_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="an_accepted_invitation_is_not_withdrawn",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_accepted_invitation_says_by_whom",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} for {self.partner}"
