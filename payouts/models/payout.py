from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.append_only import append_only
from affiliates.models import Partner
from commissions.models import LedgerEntry, Period


class PayoutState(models.TextChoices):
    WAITING = "waiting", "Waiting for the partner"
    READY = "ready", "Ready"
    APPROVED = "approved", "Approved"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


# Its amount is spoken for: the balance that is left for further payouts is less by so much.
OPEN = (PayoutState.WAITING, PayoutState.READY, PayoutState.APPROVED, PayoutState.HELD, PayoutState.FAILED)
BEFORE_APPROVAL = (PayoutState.WAITING, PayoutState.READY)


class PayoutQuerySet(models.QuerySet["Payout"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def before_payment(self) -> Self:
        """Those that their gates still concern; what is with the bank, they no longer stop."""
        waiting = self.filter(state__in=(*BEFORE_APPROVAL, PayoutState.APPROVED))
        return waiting.exclude(pk__in=self.with_the_bank())

    def with_the_bank(self) -> Self:
        """Those in a payment file that the bank has not answered."""
        return self.filter(state=PayoutState.APPROVED, payment_lines__state="sent")


class Payout(models.Model):
    """What a closed period owes a partner, on its way through the gates to the bank.

    `amount` is what the period opened and what the partner's invoice must say; `payable` is what approval
    found can be paid after `withheld`, and `signature` signs the exact content that was approved.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payouts")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="payouts")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    state = models.CharField(max_length=10, choices=PayoutState.choices, default=PayoutState.WAITING)
    opened_at = models.DateTimeField()
    computed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    payable = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    withheld = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal(0))
    signature = models.CharField(max_length=64, blank=True)
    paid_on = models.DateField(null=True, blank=True)
    entry = models.OneToOneField(LedgerEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="payout")

    objects = PayoutQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-period_id", "partner_id")
        indexes = (
            models.Index("state", F("period").desc(), F("id").desc(), name="payouts_by_state"),
            models.Index(fields=("paid_on",), name="payouts_by_day_of_payment"),
        )
        constraints = (
            models.UniqueConstraint(fields=("partner", "period"), name="one_payout_per_partner_and_period"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_is_positive"),
            models.CheckConstraint(condition=Q(state__in=PayoutState.values), name="payout_state_is_known"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(closed_by__isnull=True) | ~Q(approved_by=F("closed_by")),
                name="approver_is_not_closer",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(computed_by__isnull=True) | ~Q(approved_by=F("computed_by")),
                name="approver_did_not_compute",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "paid"))
                | Q(approved_by__isnull=False, payable__gt=0, approved_at__isnull=False),
                name="approved_by_somebody_for_some_amount",
            ),
            models.CheckConstraint(
                condition=Q(payable__isnull=True) | Q(payable__lte=F("amount")),
                name="no_more_is_paid_than_owed",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(entry__isnull=False, paid_on__isnull=False),
                name="paid_stands_in_the_ledger",
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner} for {self.period}"


class PayoutStep(models.Model):
    """One move of a payout, with who, when and why."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10, choices=PayoutState.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    seen_by_partner = "EXISTS (SELECT 1 FROM payouts_payout p WHERE p.id = payout_id)"

    class Meta:
        ordering = ("id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.payout}: {self.get_state_display()}"
