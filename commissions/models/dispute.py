from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.append_only import append_only
from affiliates.models import Partner
from commissions.models.commission import Commission
from commissions.models.ledger import Adjustment
from parts.shapes import Tone
from parts.uploads import UPLOADS


class DisputeState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def open(self) -> "DisputeQuerySet":
        """Those that wait for finance."""
        return self.filter(state=DisputeState.OPEN)


class Dispute(models.Model):
    """A partner holds an amount of a closed month to be wrong; finance grants something or says why not.

    What is granted is an adjustment, entered by the one who answers and approved by somebody else. The line
    stays as it is. It has no row-by-row foreign key: those of a closed month can never be deleted, and a key
    would be looked up for each row of an open month that a run makes anew.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="disputes")
    commission = models.ForeignKey(
        Commission, on_delete=models.DO_NOTHING, related_name="disputes", db_constraint=False
    )
    comment = models.TextField()
    state = models.CharField(max_length=10, choices=DisputeState.choices, default=DisputeState.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    adjustment = models.OneToOneField(
        Adjustment, null=True, blank=True, on_delete=models.PROTECT, related_name="dispute"
    )

    objects = DisputeQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_is_known"),
            models.CheckConstraint(condition=~Q(comment=""), name="dispute_says_what_is_wrong"),
            models.CheckConstraint(
                condition=Q(state=DisputeState.OPEN, answer="", answered_by=None, answered_at=None)
                | (
                    ~Q(state=DisputeState.OPEN)
                    & ~Q(answer="")
                    & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
                name="an_answered_dispute_says_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(state=DisputeState.ACCEPTED, adjustment__isnull=False)
                | (~Q(state=DisputeState.ACCEPTED) & Q(adjustment__isnull=True)),
                name="an_accepted_dispute_has_its_adjustment",
            ),
            models.UniqueConstraint(
                fields=("commission",), condition=Q(state=DisputeState.OPEN), name="one_open_dispute_per_commission"
            ),
        )

    def __str__(self) -> str:
        return f"Dispute {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == DisputeState.OPEN

    @property
    def tone(self) -> Tone:
        """How its state is to be read."""
        return {DisputeState.ACCEPTED: Tone.GOOD, DisputeState.DECLINED: Tone.NEUTRAL}.get(
            DisputeState(self.state), Tone.WAITING
        )


class DisputeFile(models.Model):
    """A file that the partner sent with a dispute; `name` is what it was called."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to=UPLOADS)
    name = models.CharField(max_length=120)

    seen_by_partner = "EXISTS (SELECT 1 FROM commissions_dispute d WHERE d.id = dispute_id)"

    class Meta:
        ordering = ("id",)
        triggers = append_only()

    def __str__(self) -> str:
        return self.name
