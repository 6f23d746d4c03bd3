from datetime import date

from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from affiliates.models import Partner


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
# Appendix A: the perfect market is 5 to 100 agents, roughly 10 to 250 employees.
AGENTS = range(5, 101)
EMPLOYEES = range(10, 251)


class Channel(models.TextChoices):
    FORM = "form", "Registered in the portal"
    LINK = "link", "Partner's link"
    INTRODUCTION = "introduction", "Introduction by e-mail"


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self) -> "LeadQuerySet":
        """Those that sales still works on."""
        return self.exclude(stage__in=ENDED)

    def protected(self, *, on: date) -> "LeadQuerySet":
        """Open leads whose company is this partner's alone on a day (7)."""
        return self.open().filter(protected_until__gte=on)


class Lead(models.Model):
    """A company that a partner refers, from its registration to won or lost (3, A)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="leads")
    company = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)
    contact = models.CharField(max_length=200)
    email = models.EmailField("e-mail address")
    agents = models.PositiveIntegerField(null=True, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)
    channel = models.CharField(max_length=20, choices=Channel.choices, default=Channel.FORM)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.SUBMITTED)
    registered_on = models.DateField()
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    protected_until = models.DateField()
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
            models.CheckConstraint(condition=models.Q(is_attested=True), name="a_lead_is_attested"),
        )

    def __str__(self) -> str:
        return self.company

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
