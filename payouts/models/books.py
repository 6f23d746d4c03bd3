from datetime import date
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from accounts.append_only import append_only
from affiliates.models import Partner


class Account(models.TextChoices):
    """The accounts of the books that the program's entries go to."""

    EXPENSE = "expense", "Commission expense"
    ADJUSTMENTS = "adjustments", "Adjustments"
    PAYABLE = "payable", "Commissions payable"
    BANK = "bank", "Bank"


class AccountCodeQuerySet(models.QuerySet["AccountCode"]):
    def of(self, month: date) -> dict[Account, "AccountCode"]:
        """The code of each account that holds for a month: the one given for the latest month up to it."""
        known = self.filter(first_month__lte=month).order_by("account", "-first_month", "-id").distinct("account")
        return {Account(code.account): code for code in known}


class AccountCode(models.Model):
    """What an account is called in the company's own books from a month on. Nothing is overwritten.

    A new code begins with the first open month, so that the journal of a closed one stays as it was exported.
    """

    account = models.CharField(max_length=20, choices=Account.choices)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    first_month = models.DateField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    objects = AccountCodeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(account__in=Account.values), name="account_is_known"),
            models.CheckConstraint(
                condition=models.Q(first_month__day=1), name="an_account_code_begins_on_the_first_of_a_month"
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Filer(models.Model):
    """The company as the IRS knows it, one row: whom its 1099 forms come from."""

    legal_name = models.CharField(max_length=80)
    ein = models.CharField("EIN", max_length=10)
    street = models.CharField("street address", max_length=70)
    city = models.CharField(max_length=40)
    state = models.CharField(max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters, like CA")])
    zip_code = models.CharField(
        "ZIP code",
        max_length=10,
        validators=[RegexValidator(r"^\d{5}(-\d{4})?$", "Five digits, or nine like 94105-1234")],
    )
    phone = models.CharField(
        max_length=20, validators=[RegexValidator(r"^\D*(\d\D*){10}$", "Ten digits, like 415-555-0100")]
    )

    class Meta:
        verbose_name = verbose_name_plural = "filer of tax forms"
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_filer"),)

    def __str__(self) -> str:
        return self.legal_name

    @classmethod
    def current(cls) -> Self | None:
        """The one filer, once somebody has entered it."""
        return cls.objects.filter(pk=1).first()


class TaxFile(models.Model):
    """A file of 1099-NEC forms that somebody took for the IRS: what it said of whom. The file itself is not kept.

    Once it is noted as filed, a payout that came back or was paid since shows by its lines what is to be corrected.
    """

    year = models.PositiveSmallIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("year", "-id"), name="tax_files_of_a_year"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"1099-NEC file {self.pk} for {self.year}"


class TaxFileLine(models.Model):
    """What a file said that a partner was paid in its year."""

    file = models.ForeignKey(TaxFile, on_delete=models.PROTECT, related_name="lines")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=2)

    seen_by_partner = ""  # Finance's alone.

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("file", "partner"), name="a_tax_file_names_a_partner_once"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.partner} in {self.file}"


class TaxFiling(models.Model):
    """A file of 1099-NEC forms reached the IRS: from then on what it said is what the IRS was told."""

    file = models.OneToOneField(TaxFile, on_delete=models.PROTECT, related_name="filing")
    filed_on = models.DateField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.file}, filed on {self.filed_on}"
