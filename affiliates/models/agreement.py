import hashlib
from datetime import date, timedelta

from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from affiliates.models.partner import EndedBy, Partner
from affiliates.months import add_months
from parts.uploads import UPLOADS

NOTICE_PERIOD = timedelta(days=3)
CURE_PERIOD = timedelta(days=15)
NO_SOLICITING_MONTHS = 12


def no_soliciting_until(effective_on: date) -> date:
    """The last day on which neither side may solicit the other's people: one year after the end (15)."""
    return add_months(effective_on, NO_SOLICITING_MONTHS)


class AgreementVersion(models.Model):
    """A text of the Agreement; once written it stays as it is, and a change is the next version."""

    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    text = models.TextField()
    published_at = models.DateTimeField()

    seen_by_partner = "true"

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"Version {self.number}"

    @classmethod
    def current(cls) -> "AgreementVersion | None":
        """The version that partners are asked to accept: the last one published."""
        return cls.objects.order_by("-id").defer("text").first()

    def previous(self) -> "AgreementVersion | None":
        """The version before this one."""
        return AgreementVersion.objects.filter(pk__lt=self.pk).order_by("-id").first()

    @property
    def sha256(self) -> str:
        """The fingerprint of the text, exactly as it was published."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Acceptance(models.Model):
    """A named person accepted a version for a partner: the date of execution (10).

    `partner_name` and `email` are those of that day, so that the document of it never changes.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="acceptances")
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("typed name", max_length=200)
    partner_name = models.CharField("partner as it was called", max_length=200)
    email = models.EmailField("signed in as")
    at = models.DateTimeField()
    address = models.GenericIPAddressField("network address", null=True, blank=True)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("partner", "version"), name="one_acceptance_per_partner_and_version"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.partner} accepted {self.version}"


class TerminationNotice(models.Model):
    """Written notice by either side; it takes effect three days later at the soonest (10)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="termination_notices")
    given_by = models.CharField(max_length=10, choices=EndedBy.choices)
    given_on = models.DateField()
    effective_on = models.DateField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("partner",), name="one_termination_notice_per_partner"),
            models.CheckConstraint(
                condition=models.Q(effective_on__gte=models.F("given_on") + NOTICE_PERIOD),
                name="notice_of_termination_is_three_days",
            ),
            models.CheckConstraint(
                condition=models.Q(given_by__in=EndedBy.values), name="notice_is_given_by_somebody_known"
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.partner} ends on {self.effective_on}"


class ViolationState(models.TextChoices):
    OPEN = "open", "Open"
    CURED = "cured", "Cured"
    ENDED = "ended", "Ended in termination"


class ViolationQuerySet(models.QuerySet["Violation"]):
    def open(self) -> "ViolationQuerySet":
        return self.filter(state=ViolationState.OPEN)


class Violation(models.Model):
    """A breach that the company named; the partner has 15 days from the notice to cure it (10)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="violations")
    clause = models.CharField(max_length=20)
    evidence = models.TextField()
    notice_on = models.DateField()
    cure_by = models.DateField()
    state = models.CharField(max_length=10, choices=ViolationState.choices, default=ViolationState.OPEN)
    decided_on = models.DateField(null=True, blank=True)
    finding = models.TextField("what was found", blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ViolationQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=ViolationState.values), name="violation_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(cure_by__gte=models.F("notice_on") + CURE_PERIOD),
                name="a_violation_can_be_cured_for_fifteen_days",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ViolationState.OPEN) ^ models.Q(decided_on__isnull=False),
                name="a_decided_violation_has_its_date",
            ),
        )

    def __str__(self) -> str:
        return f"Clause {self.clause}: {self.partner}"

    def days_left(self, *, on: date) -> int:
        """How many days there are to cure it, that of the deadline included as the last: 0 on it, then negative."""
        return (self.cure_by - on).days


class ViolationFile(models.Model):
    """A file that proves a violation; `name` is what it was called. The partner is given notice with it."""

    violation = models.ForeignKey(Violation, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to=UPLOADS)
    name = models.CharField(max_length=120)

    seen_by_partner = "EXISTS (SELECT 1 FROM affiliates_violation v WHERE v.id = violation_id)"

    class Meta:
        ordering = ("id",)
        triggers = append_only()

    def __str__(self) -> str:
        return self.name
