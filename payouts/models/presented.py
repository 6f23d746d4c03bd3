import re
import unicodedata

from django.conf import settings
from django.db import models

from accounts.append_only import append_only
from affiliates.models import Partner
from affiliates.models.partner import KEY_LENGTH
from parts.uploads import UPLOADS
from payouts.models.payout import Payout

NUMBER_LENGTH = KEY_LENGTH + 16
ZEROS_IN_FRONT = re.compile(r"(?<!\d)0+(?=\d)")


def drawn_number(partner: Partner, place: int) -> str:
    """The number of the invoice that the portal draws for a partner in this place, from 1: `ACME-0007`."""
    return f"{partner.reference}-{place:04d}"


def is_like_drawn(number: str, partner: Partner) -> bool:
    """Whether an invoice's number is one that the portal would draw for the partner, now or later."""
    return re.fullmatch(re.escape(plain_number(partner.reference)) + r"-\d+", plain_number(number)) is not None


def plain_number(number: str) -> str:
    """What tells an invoice's number from others: case, blanks and zeros in front of a figure do not."""
    return ZEROS_IN_FRONT.sub("", "".join(unicodedata.normalize("NFKC", number).casefold().split()))


class ReferralReport(models.Model):
    """The detailed referral report that the partner presented for a payout's period (B)."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="referral_report")
    lines = models.JSONField(default=list)
    note = models.TextField(blank=True)
    presented_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    presented_at = models.DateTimeField()

    seen_by_partner = "EXISTS (SELECT 1 FROM payouts_payout p WHERE p.id = payout_id)"

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"Report of {self.payout}"


class PartnerInvoice(models.Model):
    """The partner's invoice for the commission (B). A wrong one is followed by another; the newest counts.

    Its document is the partner's own, or drawn by the portal from the partner's details; either is stored once.
    """

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="partner_invoices")
    number = models.CharField(max_length=NUMBER_LENGTH)
    dated_on = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    presented_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    presented_at = models.DateTimeField()
    file = models.FileField("document", upload_to=UPLOADS, max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    is_drawn = models.BooleanField("drawn by the portal", default=False)

    seen_by_partner = "EXISTS (SELECT 1 FROM payouts_payout p WHERE p.id = payout_id)"

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("payout",), condition=models.Q(is_drawn=True), name="one_drawn_invoice_per_payout"
            ),
            # The number begins with the partner's key, so that it is the partner's own.
            models.UniqueConstraint(
                fields=("number",), condition=models.Q(is_drawn=True), name="no_drawn_number_twice"
            ),
            models.CheckConstraint(
                condition=models.Q(file="", sha256="", is_drawn=False) | (~models.Q(file="") & ~models.Q(sha256="")),
                name="a_document_has_its_hash_and_what_is_drawn_has_a_document",
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"Invoice {self.number} for {self.payout}"


class InvoiceCounter(models.Model):
    """How many invoices the portal has drawn for a partner: whoever draws the next one locks this row first."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.PROTECT, related_name="invoice_counter")
    last = models.PositiveIntegerField(default=0)

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("partner_id",)

    def __str__(self) -> str:
        return f"{self.last} for {self.partner}"
