from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper

from accounts.append_only import append_only
from affiliates.models import Partner
from referrals.companies import mail_domain, name_key
from referrals.models.lead_count import kept_counts


class Stage(models.TextChoices):
    SUBMITTED = "submitted", "Submitted"
    QUALIFIED = "qualified", "Qualified"
    DEMO_SCHEDULED = "demo_scheduled", "Demo scheduled"
    DEMO_DONE = "demo_done", "Demo done"
    PROPOSAL = "proposal", "Proposal"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    REJECTED = "rejected", "Rejected"


ENDED = (Stage.WON, Stage.LOST, Stage.REJECTED)
# Where a lead that came by e-mail may be before its partner has attested it: an e-mail attests nothing (14, A).
BEFORE_ATTESTED = (Stage.SUBMITTED, Stage.LOST, Stage.REJECTED)
# Appendix A: the perfect market is 5 to 100 agents, roughly 10 to 250 employees.
AGENTS = range(5, 101)
EMPLOYEES = range(10, 251)
OUTSIDE_PROFILE = (
    models.Q(agents__lt=AGENTS.start)
    | models.Q(agents__gte=AGENTS.stop)
    | models.Q(employees__lt=EMPLOYEES.start)
    | models.Q(employees__gte=EMPLOYEES.stop)
)


class Channel(models.TextChoices):
    FORM = "form", "Registered in the portal"
    FILE = "file", "Imported from a file"
    LINK = "link", "Partner's link"
    INTRODUCTION = "introduction", "Introduction by e-mail"


class Crm(models.TextChoices):
    """What the company keeps its customers in; the program sells with the first three (Appendix A)."""

    HUBSPOT = "hubspot", "HubSpot"
    PIPEDRIVE = "pipedrive", "Pipedrive"
    ZOHO = "zoho", "Zoho"
    OTHER = "other", "Another one"
    NONE = "none", "None"


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self) -> "LeadQuerySet":
        """Those that sales still works on."""
        return self.exclude(stage__in=ENDED)

    def protected(self, *, on: date) -> "LeadQuerySet":
        """Open leads whose company is this partner's alone on a day (7)."""
        return self.open().filter(protected_until__gte=on)

    def ran_out(self, *, on: date) -> "LeadQuerySet":
        """Open leads whose protection is over on a day, and which sales has not let go yet."""
        kept = models.Q(work__released_on=None) | models.Q(work__released_on__lte=models.F("protected_until"))
        return self.open().filter(kept, protected_until__lt=on)

    def outside_profile(self) -> "LeadQuerySet":
        """Those whose company is smaller or larger than the program sells to, see `Lead.is_outside_profile`."""
        return self.filter(OUTSIDE_PROFILE)

    def within_profile(self) -> "LeadQuerySet":
        """Those whose company is of the size that the program sells to, as far as is known."""
        return self.exclude(OUTSIDE_PROFILE)


class Lead(models.Model):
    """A company that a partner refers, from its registration to won or lost (3, A).

    `domain`, `mail_domain`, `email` and `name_key` are what it is recognised by. A lead that is not protected
    until any day is under review: something stands against it, see `Conflict`. `reviewed_at` is when the review
    ended in its partner's favour.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="leads")
    company = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, blank=True, editable=False, db_index=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    mail_domain = models.CharField(max_length=253, blank=True, editable=False, db_index=True)
    contact = models.CharField(max_length=200)
    email = models.EmailField("e-mail address")
    agents = models.PositiveIntegerField(null=True, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    crm = models.CharField("CRM", max_length=20, choices=Crm.choices, blank=True)
    note = models.TextField(blank=True)
    channel = models.CharField(max_length=20, choices=Channel.choices, default=Channel.FORM)
    link = models.ForeignKey("Link", null=True, blank=True, on_delete=models.PROTECT, related_name="leads")
    click = models.ForeignKey("Click", null=True, blank=True, on_delete=models.PROTECT, related_name="leads")
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.SUBMITTED)
    registered_on = models.DateField()
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    protected_until = models.DateField(null=True, blank=True)
    reviewed_at = models.DateTimeField("review ended", null=True, blank=True, editable=False)
    is_attested = models.BooleanField(
        help_text="The client is interested and not known to violate TCPA, FTC, FCC or DNC rules (14, A)."
    )

    objects = LeadQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(stage__in=Stage.values), name="lead_stage_is_known"),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="lead_channel_is_known"),
            models.CheckConstraint(condition=models.Q(crm__in=["", *Crm.values]), name="lead_crm_is_known"),
            models.CheckConstraint(
                condition=models.Q(is_attested=True)
                | models.Q(channel=Channel.INTRODUCTION, stage__in=BEFORE_ATTESTED),
                name="a_lead_is_attested_before_sales_moves_it",
            ),
        )
        indexes = (
            models.Index(Upper("email"), name="lead_by_email"),
            GinIndex(fields=("name_key",), opclasses=("gin_trgm_ops",), name="lead_by_name_nearly"),
            models.Index(fields=("partner", "-id"), name="lead_by_partner_newest"),
            models.Index(fields=("partner", "registered_on", "id"), name="lead_by_partner_and_day"),
            models.Index(fields=("partner", "stage", "id"), name="lead_by_partner_and_stage"),
            models.Index(
                fields=("stage", "-id"), condition=~models.Q(stage__in=ENDED), name="open_leads_by_stage_newest"
            ),
        )
        triggers = kept_counts()

    def __str__(self) -> str:
        return self.company

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps what the company is recognised by in step with what it is called."""
        self.take_keys()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "name_key", "mail_domain"}
        super().save(*args, **kwargs)

    def take_keys(self) -> None:
        """Derive what the company is recognised by; for those who write many leads at once, past `save`."""
        self.name_key, self.mail_domain = name_key(self.company), mail_domain(self.email)

    @property
    def has_ended(self) -> bool:
        return self.stage in ENDED

    @property
    def is_under_review(self) -> bool:
        """Whether sales still decides if the lead is this partner's (7)."""
        return self.protected_until is None and not self.has_ended

    def is_protected(self, *, on: date) -> bool:
        """Whether the company is this partner's alone on a day (7)."""
        return not self.has_ended and self.protected_until is not None and on <= self.protected_until

    def is_outside_profile(self) -> bool:
        """Whether the company is smaller or larger than the program sells to; sales reviews it then (A)."""
        return (self.agents is not None and self.agents not in AGENTS) or (
            self.employees is not None and self.employees not in EMPLOYEES
        )


class LeadStep(models.Model):
    """One move of a lead, with who, when and why."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="steps")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    seen_by_partner = "EXISTS (SELECT 1 FROM referrals_lead l WHERE l.id = lead_id)"

    class Meta:
        ordering = ("id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.lead}: {self.get_stage_display()}"
