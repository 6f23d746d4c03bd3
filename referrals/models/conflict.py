from django.conf import settings
from django.db import models

from referrals.models.lead import Lead


class RecognisedBy(models.TextChoices):
    EMAIL = "email", "Same e-mail address"
    DOMAIN = "domain", "Same domain"
    NAME = "name", "Nearly the same name"


class ConflictKind(models.TextChoices):
    """What stands against a registration."""

    LEAD = "lead", "Another partner’s lead"
    CUSTOMER = "customer", "An existing customer"
    BLOCKED = "blocked", "A blocked domain"


class ConflictState(models.TextChoices):
    OPEN = "open", "To be decided"
    FIRST = "first", "Stays with the first partner"
    LATER = "later", "Goes to the later partner"
    OVER = "over", "Over: one of the leads ended or was let go"


class ConflictQuerySet(models.QuerySet["Conflict"]):
    def open(self) -> "ConflictQuerySet":
        """Those that wait for a decision."""
        return self.filter(state=ConflictState.OPEN)


class Conflict(models.Model):
    """A company that a partner registered while it was another one's, a customer, or blocked; sales decides (7).

    `first` is the other partner's lead; where there is none, `known_as` says which customer or domain it is.
    Partners do not see it: the later one sees that its lead is under review, the first one nothing.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="conflicts")
    kind = models.CharField(max_length=10, choices=ConflictKind.choices, default=ConflictKind.LEAD)
    first = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="conflicts_with_later"
    )
    known_as = models.CharField(max_length=300, blank=True)
    recognised_by = models.CharField(max_length=10, choices=RecognisedBy.choices)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ConflictState.choices, default=ConflictState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    objects = ConflictQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("-id",), condition=models.Q(state=ConflictState.OPEN), name="conflicts_to_decide"),
        )
        constraints = (
            models.UniqueConstraint(fields=("lead", "first"), name="one_conflict_between_two_leads"),
            models.CheckConstraint(
                condition=models.Q(kind=ConflictKind.LEAD, first__isnull=False, known_as="")
                | (
                    models.Q(kind__in=(ConflictKind.CUSTOMER, ConflictKind.BLOCKED), first__isnull=True)
                    & ~models.Q(known_as="")
                ),
                name="a_conflict_says_with_what",
            ),
            models.CheckConstraint(condition=~models.Q(lead=models.F("first")), name="a_conflict_is_between_two_leads"),
            models.CheckConstraint(
                condition=models.Q(recognised_by__in=RecognisedBy.values), name="conflict_is_recognised_by_something"
            ),
            models.CheckConstraint(condition=models.Q(state__in=ConflictState.values), name="conflict_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=ConflictState.OPEN, decided_at__isnull=True)
                | (~models.Q(state=ConflictState.OPEN) & models.Q(decided_at__isnull=False)),
                name="a_decided_conflict_says_when",
            ),
        )

    def __str__(self) -> str:
        return f"{self.lead}: {self.get_recognised_by_display().lower()}"
