from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Sum

from accounts.append_only import append_only
from affiliates.models import Partner
from commissions.models.period import Period


class EntryKind(models.TextChoices):
    COMMISSION = "commission", "Commission"
    ADJUSTMENT = "adjustment", "Adjustment"
    PAYOUT = "payout", "Payout"
    PAYOUT_RETURNED = "payout_returned", "Returned payout"


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def balance(self) -> Decimal:
        """The sum of these entries."""
        return self.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")


class LedgerEntry(models.Model):
    """What a partner's balance is made of. An entry is added once, by its key, and stays for good.

    Closing a period adds one commission entry for each partner: the sum of its posted commissions, which
    are the entry's lines. A correction is another entry.
    """

    key = models.CharField(max_length=120, unique=True, db_collation="C")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="ledger")
    period = models.ForeignKey(Period, null=True, blank=True, on_delete=models.PROTECT, related_name="ledger")
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    text = models.CharField(max_length=200)
    dated_on = models.DateField()
    recorded_at = models.DateTimeField()

    objects = LedgerEntryQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "ledger entries"
        indexes = (models.Index(fields=("dated_on",), name="ledger_by_day"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=EntryKind.values), name="ledger_kind_is_known"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_amount_is_not_zero"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.dated_on} {self.get_kind_display()} {self.amount:,}"


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def waiting(self) -> "AdjustmentQuerySet":
        """Those that a second person has to look at."""
        return self.filter(approved_at__isnull=True, dropped_at__isnull=True)

    def dropped(self) -> "AdjustmentQuerySet":
        """Those that were withdrawn or declined."""
        return self.filter(dropped_at__isnull=False)


class Adjustment(models.Model):
    """An amount by hand, with a reason: one person enters it, another one approves it.

    Until then it can be dropped, with a reason: withdrawn by who entered it, declined by anybody else. `pressed` is
    the form that it was entered with, which enters one however often its button is pressed.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="adjustments")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.TextField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    entry = models.OneToOneField(
        LedgerEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustment"
    )
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_because = models.TextField(blank=True, default="")
    pressed = models.UUIDField(null=True, unique=True, editable=False)

    objects = AdjustmentQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~models.Q(amount=0), name="adjustment_is_not_zero"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="adjustment_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("entered_by")),
                name="an_adjustment_is_approved_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=models.Q(dropped_at=None, dropped_by=None, dropped_because="")
                | (
                    models.Q(dropped_at__isnull=False, dropped_by__isnull=False, approved_at=None, entry=None)
                    & ~models.Q(dropped_because="")
                ),
                name="a_dropped_adjustment_says_who_and_why_and_counts_nowhere",
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount:,} for {self.partner}"

    @property
    def is_waiting(self) -> bool:
        """Whether a second person still has to look at it."""
        return self.approved_at is None and self.dropped_at is None

    @property
    def standing(self) -> str:
        """What became of it, in a word or two."""
        if self.dropped_at is not None:
            return "Withdrawn" if self.dropped_by_id == self.entered_by_id else "Declined"
        return "Approved" if self.approved_at is not None else "To be approved"
