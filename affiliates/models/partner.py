from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Upper

from accounts.append_only import append_only
from affiliates.models.fact_batch import FactBatch

KEY_LENGTH = 64


class PartnerKind(models.TextChoices):
    AFFILIATE = "affiliate", "Affiliate"
    LEAD_REFERRAL = "lead_referral", "Lead referral"


class EndedBy(models.TextChoices):
    PARTNER = "partner", "The partner"
    COMPANY = "company", "The company"


class Partner(models.Model):
    """An organisation that refers clients.

    `batch` numbers the recording of the dates that money depends on; the trigger keeps each such state in
    `PartnerHistory`, whoever writes it and however. `changed_in` is the last recording that changed
    anything of it, if any did since it came.
    """

    reference = models.CharField("key", max_length=KEY_LENGTH, db_collation="C")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=PartnerKind.choices)
    email = models.EmailField("e-mail address")
    address = models.TextField(blank=True)
    joined_on = models.DateField()
    terminated_on = models.DateField(null=True, blank=True)
    terminated_by = models.CharField(max_length=10, choices=EndedBy.choices, blank=True)
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+")
    changed_in = models.ForeignKey(
        FactBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    seen_by_partner = "id = tributary_partner()"

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Upper("reference"), name="one_partner_per_key_whatever_its_case"),
            models.CheckConstraint(condition=models.Q(kind__in=PartnerKind.values), name="partner_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(terminated_by__in=["", *EndedBy.values]),
                name="partner_is_ended_by_somebody_known",
            ),
            models.CheckConstraint(
                condition=models.Q(terminated_on__isnull=True) | models.Q(terminated_on__gte=models.F("joined_on")),
                name="partner_ends_after_it_joined",
            ),
            models.CheckConstraint(
                condition=models.Q(terminated_by="") | models.Q(terminated_on__isnull=False),
                name="partner_ended_by_somebody_has_a_date",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="keeps_its_history",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("joined_on", "terminated_on"),
                func="""
                    IF TG_OP = 'INSERT' OR ROW(OLD.joined_on, OLD.terminated_on)
                            IS DISTINCT FROM ROW(NEW.joined_on, NEW.terminated_on) THEN
                        INSERT INTO affiliates_partnerhistory (partner_id, batch_id, joined_on, terminated_on)
                        VALUES (NEW.id, NEW.batch_id, NEW.joined_on, NEW.terminated_on);
                    END IF;
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.name

    def is_active(self, *, on: date) -> bool:
        """Whether the partnership has begun and not ended on a day; the day of termination is its last."""
        return self.joined_on <= on and not self.has_ended(on=on)

    def has_ended(self, *, on: date) -> bool:
        """Whether the partnership is over on a day: what was earned is still paid, the rest is there to read (10)."""
        return self.terminated_on is not None and self.terminated_on < on


class PartnerHistory(models.Model):
    """The dates of a partner as a batch left them: what a run that saw that batch reckoned with."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="history", db_index=False)
    batch = models.ForeignKey(FactBatch, on_delete=models.PROTECT, related_name="+")
    joined_on = models.DateField()
    terminated_on = models.DateField(null=True)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-batch_id",)
        verbose_name_plural = "partner history"
        constraints = (models.UniqueConstraint(fields=("partner", "batch"), name="one_partner_state_per_batch"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.partner} as of batch {self.batch_id}"


class MemberRole(models.TextChoices):
    OWNER = "owner", "Owner"
    MEMBER = "member", "Member"


class Membership(models.Model):
    """A person who acts for a partner."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("partner_id", "user_id")
        constraints = (
            models.UniqueConstraint(fields=("partner", "user"), name="one_membership_per_person_and_partner"),
            models.CheckConstraint(condition=models.Q(role__in=MemberRole.values), name="member_role_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.user} of {self.partner}"
