import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import Q

from accounts.append_only import append_only
from accounts.sealed import seal, unseal
from affiliates.models import PayoutMethod
from payouts.models.payout import Payout

PAYMENTS = "payments"  # The `upload_to` of payment files.


class AccountKind(models.TextChoices):
    ACH = "ach", "Bank account in the United States (ACH)"
    SEPA = "sepa", "Bank account in Europe (SEPA)"


class PayingAccountQuerySet(models.QuerySet["PayingAccount"]):
    def current(self) -> "PayingAccountQuerySet":
        """The account of each kind that was not replaced."""
        return self.filter(replaced_at__isnull=True)


class PayingAccount(models.Model):
    """The company's own account, which payment files pay from. A change is a new row that replaces the old one.

    `bank` is an ACH file's immediate destination by name, `company_id` what the bank knows the company by;
    the sealed details are `routing account` or an IBAN.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=AccountKind.choices)
    holder = models.CharField(max_length=70)
    bank = models.CharField(max_length=23, blank=True)
    company_id = models.CharField("company identification", max_length=10, blank=True)
    bic = models.CharField("BIC", max_length=11, blank=True)
    sealed_details = models.TextField(editable=False)
    masked_details = models.CharField("account", max_length=60, editable=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = PayingAccountQuerySet.as_manager()

    class Meta:
        ordering = ("-entered_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind",), condition=Q(replaced_at__isnull=True), name="one_current_paying_account_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="paying_account_kind_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.holder} {self.masked_details}"

    def put_details(self, details: str) -> None:
        """This function will seal the account for this row and keep its last four characters."""
        self.sealed_details = seal(details, table=self._meta.db_table, column="sealed_details", row=self.pk)
        self.masked_details = f"••{details[-4:]}"

    def read_details(self) -> str:
        """:raises DetailsUnreadable: the stored value is not this row's"""
        return unseal(self.sealed_details, table=self._meta.db_table, column="sealed_details", row=self.pk)


class FileFormat(models.TextChoices):
    NACHA = "nacha", "ACH (NACHA)"
    SEPA = "sepa", "SEPA (pain.001)"
    PAYPAL = "paypal", "PayPal (CSV)"
    WISE = "wise", "Wise (CSV)"


class PaymentFile(models.Model):
    """A file that tells a bank to pay payouts: written once, kept sealed, with the hash of what it says in plain.

    `message_id` is what a bank's answer names the whole file by, where its format has such a thing.
    """

    format = models.CharField(max_length=10, choices=FileFormat.choices)
    value_date = models.DateField()
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=18, decimal_places=2)
    account = models.ForeignKey(PayingAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="files")
    message_id = models.CharField("message", max_length=35, blank=True)
    file = models.FileField(upload_to=PAYMENTS, max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(format__in=FileFormat.values), name="payment_file_format_is_known"),
            models.CheckConstraint(condition=Q(count__gt=0, total__gt=0), name="a_payment_file_pays_something"),
            models.UniqueConstraint(fields=("sha256",), name="no_payment_file_is_written_twice"),
            models.UniqueConstraint(
                fields=("message_id",), condition=~Q(message_id=""), name="one_payment_file_per_message"
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"Payment file {self.pk}"

    @property
    def name(self) -> str:
        """What it is called when it is taken to the bank."""
        extension = {FileFormat.NACHA: "ach", FileFormat.SEPA: "xml"}.get(FileFormat(self.format), "csv")
        return f"payments-{self.pk}.{extension}"

    def put_content(self, content: str) -> None:
        """This function will seal what the file says; its hash, which is known by now, names the place."""
        sealed = seal(content, table=self._meta.db_table, column="file", row=self.sha256)
        self.file.save(f"{uuid.uuid4().hex}.sealed", ContentFile(sealed.encode()), save=False)

    def read_content(self) -> str:
        """:raises DetailsUnreadable: what is stored is not this file's"""
        with self.file.open("rb") as stored:
            return unseal(stored.read().decode(), table=self._meta.db_table, column="file", row=self.sha256)


class LineState(models.TextChoices):
    SENT = "sent", "With the bank"
    PAID = "paid", "Paid"
    RETURNED = "returned", "Returned"


IN_A_FILE = (LineState.SENT, LineState.PAID)


class PaymentLineQuerySet(models.QuerySet["PaymentLine"]):
    def standing(self) -> "PaymentLineQuerySet":
        """Those that pay, or have paid, their payouts."""
        return self.filter(state__in=IN_A_FILE)


class PaymentLine(models.Model):
    """A payout in a payment file, and what the bank said of it. A returned one leaves the payout free for another.

    `signature` is that of the approval that it pays, `reference` what the bank's answer names it by.
    """

    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="lines")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="payment_lines")
    method = models.ForeignKey(PayoutMethod, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    signature = models.CharField(max_length=64)
    reference = models.CharField(max_length=35)
    state = models.CharField(max_length=10, choices=LineState.choices, default=LineState.SENT)
    answered_on = models.DateField("on", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)

    objects = PaymentLineQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=LineState.values), name="payment_line_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_line_pays_something"),
            models.UniqueConstraint(
                fields=("payout",), condition=Q(state__in=IN_A_FILE), name="a_payout_is_in_one_payment_file"
            ),
            models.UniqueConstraint(fields=("file", "reference"), name="one_payment_line_per_reference"),
            models.CheckConstraint(
                condition=Q(state="sent", answered_on__isnull=True)
                | Q(state__in=("paid", "returned"), answered_on__isnull=False, answered_at__isnull=False),
                name="an_answer_has_its_day",
            ),
        )
        indexes = (models.Index(fields=("reference",), name="payment_lines_by_reference"),)

    def __str__(self) -> str:
        return f"{self.payout} in {self.file}"
