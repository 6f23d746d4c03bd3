from django.db import models

from accounts.append_only import append_only

LONGEST_SUBJECT = 120


class EventKind(models.TextChoices):
    """What can happen that programs are told of."""

    PARTNER_APPLIED = "partner.applied", "Somebody applied"
    PARTNER_APPROVED = "partner.approved", "A partner was approved"
    PARTNER_TERMINATED = "partner.terminated", "Notice of termination was given"
    AGREEMENT_ACCEPTED = "agreement.accepted", "The Agreement was accepted"
    LEAD_REGISTERED = "lead.registered", "A lead was registered"
    LEAD_MOVED = "lead.moved", "A lead moved"
    LEAD_CONFLICT_DECIDED = "lead.conflict_decided", "A registration under review was decided"
    CLIENT_WON = "client.won", "A client was won"
    CLIENT_CANCELLED = "client.cancelled", "A client cancelled"
    PAYMENT_PROBLEM = "payment.problem", "A client’s payment failed or is disputed"
    CHARGEBACK_OPENED = "chargeback.opened", "A client charged money back"
    CHARGEBACK_WON = "chargeback.won", "A chargeback was won"
    COMMISSION_POSTED = "commission.posted", "A month’s commission was posted"
    PERIOD_CLOSED = "period.closed", "A month was closed"
    PAYOUT_READY = "payout.ready", "A payout is ready"
    PAYOUT_APPROVED = "payout.approved", "A payout was approved"
    PAYOUT_PAID = "payout.paid", "A payout was paid"
    PAYOUT_FAILED = "payout.failed", "A payout failed"
    STATEMENT_ISSUED = "statement.issued", "A statement was issued"
    VIOLATION_OPENED = "violation.opened", "A breach was noted"
    VIOLATION_CURED = "violation.cured", "A breach was cured"
    TEST = "webhook.test", "A test"


# They concern no partner yet, or all of them: only the company's endpoints get them.
COMPANYS_ALONE = (EventKind.PARTNER_APPLIED, EventKind.PERIOD_CLOSED)


class Event(models.Model):
    """A business step that was taken, for programs; written in the transaction of the step itself.

    `subject` is like `lead 12`: what happens to one subject is told in its order. `data` says what a reader needs to
    know at once, in the words of the API. It holds nothing secret and nothing of other partners, since the partner
    whose number it carries reads it. This app stands below the partners, so it knows a partner by its number alone;
    without one an event is the company's.
    """

    kind = models.CharField(max_length=40, choices=EventKind.choices)
    partner_id = models.BigIntegerField("number of the partner", null=True, blank=True)
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("partner_id", "-id"), name="events_by_partner"),
            models.Index(fields=("at",), name="events_by_time"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=EventKind.values), name="event_kind_is_known"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def message_id(self) -> str:
        """Under which readers know it, however often it is sent."""
        return f"evt_{self.pk}"
