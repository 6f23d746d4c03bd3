import json
import uuid
from typing import cast

from django.conf import settings
from django.db import models

from accounts.sealed import seal, unseal
from affiliates.models.partner import Partner


class TaxFormKind(models.TextChoices):
    W9 = "W-9", "W-9"
    W8BEN = "W-8BEN", "W-8BEN"
    W8BENE = "W-8BEN-E", "W-8BEN-E"


class TaxForm(models.Model):
    """A tax form on file; the newest one of a partner counts. What it says is sealed, its number is shown masked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="tax_forms")
    kind = models.CharField(max_length=10, choices=TaxFormKind.choices)
    legal_name = models.CharField(max_length=200)
    signed_on = models.DateField()
    filed_at = models.DateTimeField()
    sealed_number = models.TextField(editable=False)
    masked_number = models.CharField("number", max_length=20, editable=False)
    sealed_answers = models.TextField(editable=False, blank=True, default="")

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-filed_at",)
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=TaxFormKind.values), name="tax_form_kind_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.partner}"

    def put_number(self, number: str) -> None:
        """This function will seal a taxpayer's number for this row and keep its last four characters."""
        self.sealed_number = seal(number, table=self._meta.db_table, column="sealed_number", row=self.pk)
        self.masked_number = f"••{number[-4:]}"

    def read_number(self) -> str:
        """:raises DetailsUnreadable: the stored value is not this row's"""
        return unseal(self.sealed_number, table=self._meta.db_table, column="sealed_number", row=self.pk)

    def put_answers(self, answers: dict[str, str]) -> None:
        """This function will seal what else the form was filled in with, by the names of its fields."""
        text = json.dumps(answers)
        self.sealed_answers = seal(text, table=self._meta.db_table, column="sealed_answers", row=self.pk)

    def read_answers(self) -> dict[str, str]:
        """:raises DetailsUnreadable: the stored value is not this row's"""
        if not self.sealed_answers:
            return {}
        text = unseal(self.sealed_answers, table=self._meta.db_table, column="sealed_answers", row=self.pk)
        return cast(dict[str, str], json.loads(text))


class PayoutMethodKind(models.TextChoices):
    ACH = "ach", "Bank account (ACH)"
    IBAN = "iban", "Bank account (IBAN)"
    PAYPAL = "paypal", "PayPal"
    WISE = "wise", "Wise"


SAVINGS = "savings "  # Begins the details of a bank account in the United States that is not a checking account.


class PayoutMethodQuerySet(models.QuerySet["PayoutMethod"]):
    def current(self) -> "PayoutMethodQuerySet":
        """The method of each partner that was not replaced."""
        return self.filter(replaced_at__isnull=True)


class PayoutMethod(models.Model):
    """Where a partner's money goes. A change is a new row that replaces the old one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payout_methods")
    kind = models.CharField(max_length=10, choices=PayoutMethodKind.choices)
    holder = models.CharField(max_length=200)
    sealed_details = models.TextField(editable=False)
    masked_details = models.CharField("details", max_length=60, editable=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    is_change = models.BooleanField(default=False, help_text="It replaced an earlier method.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = PayoutMethodQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("-entered_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("partner",),
                condition=models.Q(replaced_at__isnull=True),
                name="one_current_payout_method",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=PayoutMethodKind.values), name="payout_method_kind_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.masked_details}"

    def put_details(self, details: str) -> None:
        """This function will seal the account for this row and keep its last four characters.

        Of an e-mail address the first character and the host are kept, of a savings account that it is one.
        """
        self.sealed_details = seal(details, table=self._meta.db_table, column="sealed_details", row=self.pk)
        name, _, host = details.rpartition("@")
        of_savings = SAVINGS if details.startswith(SAVINGS) else ""
        self.masked_details = f"{name[0]}••@{host}"[:60] if name else f"{of_savings}••{details[-4:]}"

    def read_details(self) -> str:
        """:raises DetailsUnreadable: the stored value is not this row's"""
        return unseal(self.sealed_details, table=self._meta.db_table, column="sealed_details", row=self.pk)
