from datetime import timedelta

from django.db import models

from referrals.models.lead import Lead
from referrals.models.link import Click, Link

CONFIRM_WITHIN = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=7)  # What a visitor entered whose address nobody confirmed.


class Enquiry(models.Model):
    """What a visitor asked in the form at a partner's link; it becomes a lead once the address is confirmed.

    `consent` is the sentence that the visitor agreed to. `lead` stays empty where the enquiry was confirmed and
    could not become one, because the partnership had ended meanwhile or the partner has the company already.
    """

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="enquiries")
    click = models.ForeignKey(Click, null=True, on_delete=models.PROTECT, related_name="+")
    company = models.CharField(max_length=200)
    contact = models.CharField(max_length=200)
    email = models.EmailField("e-mail address", db_index=True)
    agents = models.PositiveIntegerField(null=True, blank=True)
    consent = models.TextField()
    asked_at = models.DateTimeField()
    visitor = models.CharField(max_length=16, db_index=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    lead = models.OneToOneField(Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="enquiry")

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "enquiries"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(lead__isnull=True) | models.Q(confirmed_at__isnull=False),
                name="an_enquiry_is_confirmed_before_it_is_a_lead",
            ),
            models.CheckConstraint(condition=~models.Q(consent=""), name="an_enquiry_has_a_consent"),
        )

    def __str__(self) -> str:
        return f"{self.company} through {self.link}"
