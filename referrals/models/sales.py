from datetime import UTC, datetime, time
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from accounts.rights import Right
from affiliates.models import Partner
from referrals.models.lead import Lead


class Team(models.Model):
    """Sales reps who look at one board together."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=~models.Q(name=""), name="a_team_has_a_name"),)

    def __str__(self) -> str:
        return self.name


class RepQuerySet(models.QuerySet["Rep"]):
    def taking(self) -> "RepQuerySet":
        """Those who are given new leads: active as reps, still among the staff, and with the right to move leads."""
        held = models.Q(user__groups__permissions__codename=Right.MOVE_LEADS) | models.Q(
            user__user_permissions__codename=Right.MOVE_LEADS
        )
        may_move = self.model.objects.filter(held, pk=models.OuterRef("pk"))
        return self.filter(is_active=True, user__is_active=True).filter(
            models.Q(user__is_superuser=True) | models.Exists(may_move)
        )


class Rep(models.Model):
    """Somebody of the company who works on leads.

    `turn` is the number of the rep's last turn when leads were given one after the other: the lowest is next.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rep")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="reps")
    is_active = models.BooleanField("takes new leads", default=True)
    turn = models.PositiveBigIntegerField(default=0, editable=False)

    objects = RepQuerySet.as_manager()

    class Meta:
        ordering = ("user__name", "pk")

    def __str__(self) -> str:
        return self.user.get_full_name()

    @property
    def initials(self) -> str:
        """One or two letters that stand for the rep on a card."""
        words = str(self).split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class PartnerRep(models.Model):
    """The rep who gets a partner's leads before anybody else."""

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="own_rep")
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="partners")

    seen_by_partner = ""  # The company's alone.

    class Meta:
        ordering = ("partner__name", "pk")
        verbose_name = "partner's own rep"
        verbose_name_plural = "partners' own reps"

    def __str__(self) -> str:
        return f"{self.partner}: {self.rep}"


class LeadWork(models.Model):
    """What sales alone knows of a lead; partners cannot read this table, which every lead has one row of.

    `touched_at` is when sales last did something with it. `released_on` is the day on which sales let its
    protection go after it ran out.
    """

    lead = models.OneToOneField(Lead, primary_key=True, on_delete=models.PROTECT, related_name="work")
    owner = models.ForeignKey(Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="leads")
    expected_mrr = models.DecimalField(
        "expected MRR",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    next_step = models.CharField(max_length=200, blank=True)
    next_step_on = models.DateField(null=True, blank=True)
    touched_at = models.DateTimeField()
    stage_since = models.DateTimeField("at its stage since")
    released_on = models.DateField("protection released on", null=True, blank=True)

    class Meta:
        ordering = ("-lead_id",)
        verbose_name = "work on a lead"
        verbose_name_plural = "work on leads"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(expected_mrr__isnull=True) | models.Q(expected_mrr__gt=0),
                name="expected_mrr_is_more_than_nothing",
            ),
            models.CheckConstraint(
                condition=models.Q(next_step_on__isnull=True) | ~models.Q(next_step=""),
                name="a_day_for_the_next_step_names_the_step",
            ),
        )
        indexes = (
            models.Index(fields=("owner", "-lead"), name="leads_of_a_rep"),
            models.Index(fields=("stage_since",), name="leads_by_time_in_stage"),
            models.Index(fields=("touched_at",), name="leads_by_last_touch"),
        )

    def __str__(self) -> str:
        return f"work on {self.lead}"

    @classmethod
    def of(cls, lead: Lead) -> "LeadWork":
        """What sales knows of a lead; of one that has no row, that nobody touched it since it was registered."""
        found: LeadWork | None = getattr(lead, "work", None)
        if found is not None:
            return found
        since = datetime.combine(lead.registered_on, time(), tzinfo=UTC)
        return cls(lead=lead, touched_at=since, stage_since=since)
