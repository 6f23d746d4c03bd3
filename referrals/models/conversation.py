from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from referrals.models.lead import Lead


class LeadMessage(models.Model):
    """A question of the partner to sales about a lead, or what sales answers."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="messages")
    is_from_sales = models.BooleanField("from sales")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    seen_by_partner = "EXISTS (SELECT 1 FROM referrals_lead l WHERE l.id = lead_id)"

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~models.Q(text=""), name="a_message_says_something"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.lead}: {'answer' if self.is_from_sales else 'question'}"


class Wish(models.TextChoices):
    EXTENSION = "extension", "Longer protection"
    DEMO = "demo", "An invitation to the demo"


class RequestState(models.TextChoices):
    OPEN = "open", "Waits for sales"
    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"


class LeadRequest(models.Model):
    """What a partner asks of sales for a lead: a longer protection (7), or to attend the demo (A)."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="requests")
    wish = models.CharField(max_length=20, choices=Wish.choices)
    text = models.TextField("what the partner says", blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    answer = models.TextField("what sales says", blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    seen_by_partner = "EXISTS (SELECT 1 FROM referrals_lead l WHERE l.id = lead_id)"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(wish__in=Wish.values), name="lead_request_wish_is_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=RequestState.values), name="lead_request_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state=RequestState.OPEN, answered_at__isnull=True)
                | (~models.Q(state=RequestState.OPEN) & models.Q(answered_at__isnull=False)),
                name="an_answered_request_says_when",
            ),
            models.UniqueConstraint(
                fields=("lead", "wish"),
                condition=models.Q(state=RequestState.OPEN),
                name="one_open_request_of_a_kind_per_lead",
            ),
        )

    def __str__(self) -> str:
        return f"{self.lead}: {self.get_wish_display().lower()}"
