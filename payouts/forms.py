from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from affiliates.models import Partner
from affiliates.models.agreement import NOTICE_PERIOD
from affiliates.money import show_money
from parts.formats import MINUS, day, month_name
from parts.uploads import Kind, UploadField
from payouts.documents.banking_days import CARRIERS, first_banking_day, holidays_from
from payouts.documents.nacha import is_routing
from payouts.models import AccountKind, FileFormat, Payout
from payouts.models.presented import NUMBER_LENGTH

DRAW, UPLOAD = "draw", "upload"
OF_AN_UPLOAD = ("number", "dated_on", "amount", "file")
LONGEST_NOTE = 4000
LATEST_END = timedelta(days=365)
SHOWN_HOLIDAYS = timedelta(days=60)
LARGEST_ANSWER = 5 * 1024 * 1024
NO_AUTOFILL = {"autocomplete": "off"}
MISSING = {"required": "An invoice that you upload needs this."}
AMOUNT = "Write the amount in figures with a point, like 1234.50: no currency and no commas."


class PresentForm(forms.Form):
    """A note to the referral report, and the invoice: drawn by the portal or sent as a PDF."""

    note = forms.CharField(
        label="Note to the report",
        help_text="What finance should know: a client that changed, an introduction that stands behind one.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_NOTE,
        required=False,
    )
    how = forms.ChoiceField(
        label="Who makes the invoice",
        choices=[(DRAW, "Let the portal draw it from your details"), (UPLOAD, "Upload your own")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who makes the invoice."},
    )
    number = forms.CharField(
        label="Invoice number",
        max_length=NUMBER_LENGTH,
        error_messages={**MISSING, "max_length": f"A number has at most {NUMBER_LENGTH} signs."},
    )
    dated_on = forms.DateField(
        label="Invoice date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={**MISSING, "invalid": "Write the day like 2026-03-31."},
    )
    amount = forms.DecimalField(
        label="Amount",
        max_digits=18,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            **MISSING,
            "invalid": AMOUNT,
            "max_decimal_places": AMOUNT,
            "max_digits": AMOUNT,
            "max_whole_digits": AMOUNT,
        },
    )
    file = UploadField(label="Invoice as PDF", kinds=[Kind.PDF], error_messages=MISSING)

    use_required_attribute = False  # What an upload needs would keep the browser from sending a drawn one.

    def __init__(
        self,
        *args: Any,
        payout: Payout,
        currency: str,
        today: date,
        is_reported: bool,
        can_draw: bool,
        sends_own: bool,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.payout, self.today, self.can_draw = payout, today, can_draw
        self.owed = f"{show_money(payout.amount)} {currency}"
        self.fields["amount"].label = f"Amount in {currency}"
        self.fields["amount"].help_text = f"Exactly {self.owed}."
        if is_reported:
            del self.fields["note"]
        if can_draw:
            self.fields["how"].initial = UPLOAD if sends_own else DRAW
        else:
            self.fields["how"].widget, self.fields["how"].initial = forms.HiddenInput(), UPLOAD

    def clean_number(self) -> str:
        """Blanks around and between are made single ones, and what nobody sees is refused."""
        number = " ".join(str(self.cleaned_data["number"]).split())
        if not number.isprintable() or not any(sign.isalnum() for sign in number):
            raise forms.ValidationError("Write the number in letters, digits and signs, as it stands on the invoice.")
        return number

    def clean(self) -> dict[str, Any]:
        """What an upload needs is asked for only where one is sent."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("how") == DRAW:
            for name in OF_AN_UPLOAD:
                self.errors.pop(name, None)
            return cleaned
        amount, dated_on = cleaned.get("amount"), cleaned.get("dated_on")
        if amount is not None and amount != self.payout.amount:
            self.add_error("amount", f"The payout is {self.owed}; the invoice has to be for exactly this amount.")
        if dated_on and dated_on > self.today:
            self.add_error("dated_on", "The date is in the future. Date the invoice today or earlier.")
        if dated_on and dated_on < self.payout.period_id:
            month = month_name(self.payout.period_id)
            self.add_error("dated_on", f"The invoice is for {month}, so its date is not before that month.")
        return cleaned


class LastDayForm(forms.Form):
    """The day on which the partnership would end: three days from today at the soonest (10)."""

    effective_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day.", "invalid": "Write the day like 2026-03-31."},
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.soonest, self.latest = today + NOTICE_PERIOD, today + LATEST_END
        widget = self.fields["effective_on"].widget
        widget.attrs |= {"min": self.soonest.isoformat(), "max": self.latest.isoformat()}

    def clean_effective_on(self) -> date:
        chosen: date = self.cleaned_data["effective_on"]
        if chosen < self.soonest:
            raise forms.ValidationError(f"Notice takes three days: {day(self.soonest)} at the soonest.")
        if chosen > self.latest:
            raise forms.ValidationError(f"Choose a day within a year, {day(self.latest)} at the latest.")
        return chosen


class EndForm(LastDayForm):
    """Notice of termination: why, and the partner's own name typed as the confirmation."""

    reason = forms.CharField(
        label="Reason",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The company reads it, and it stays with the notice.",
        error_messages={"required": "Say in a few words why."},
    )
    partner_name = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type the partner's name to confirm."},
    )

    def __init__(self, *args: Any, partner: Partner, **options: Any) -> None:
        super().__init__(*args, **options)
        self.partner = partner
        self.fields["effective_on"].widget = forms.HiddenInput()
        self.fields["partner_name"].label = f"Type “{partner}” to confirm"

    def clean_partner_name(self) -> str:
        typed: str = self.cleaned_data["partner_name"]
        if _folded(typed) != _folded(self.partner.name):
            raise forms.ValidationError(f"It is not the partner's name. Type “{self.partner}”.")
        return typed


class CompanyEndForm(EndForm):
    """Notice of termination by the company, for a breach or without one."""

    violation = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].help_text = "The partner is told it, word for word, and it stays with the notice."


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


class ReasonForm(forms.Form):
    """Why a payout is held or cancelled; its partner reads it."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The partner is told, in these words.",
        error_messages={"required": "Say why, so that everybody who sees the payout understands."},
    )


class DayForm(forms.Form):
    """The day on which the bank paid, or sent money back."""

    on = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the day.", "invalid": "Write the day like 2026-03-31."},
    )

    def __init__(self, *args: Any, today: date, earliest: date | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today, self.earliest = today, earliest
        self.fields["on"].initial = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()
        if earliest:
            self.fields["on"].widget.attrs["min"] = earliest.isoformat()

    def clean_on(self) -> date:
        chosen: date = self.cleaned_data["on"]
        if chosen > self.today:
            raise forms.ValidationError(f"{day(chosen)} is still to come; choose today or an earlier day.")
        if self.earliest and chosen < self.earliest:
            raise forms.ValidationError(
                f"Before {day(self.earliest)} it was not approved or paid yet, so it was another payment."
            )
        return chosen


class ReturnForm(DayForm, ReasonForm):
    """Money that came back: on which day, and why."""

    field_order = ("on", "reason")


class NewFileForm(forms.Form):
    """The day on which a payment file's money is to move."""

    value_date = forms.DateField(
        label="Pay on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the day.", "invalid": "Write the day like 2026-03-31."},
    )

    def __init__(self, *args: Any, file_format: FileFormat, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value_date"].initial = first_banking_day(file_format, today + timedelta(days=1))
        self.fields["value_date"].widget.attrs["min"] = today.isoformat()
        kept = list(holidays_from(file_format, today, today + SHOWN_HOLIDAYS))
        told = "A day from Monday to Friday"
        if carrier := CARRIERS.get(file_format):
            named = ", ".join(f"{day(on)} ({name})" for on, name in kept)
            told += f" on which {carrier} works." + (f" Not {named}." if named else "")
        else:
            told += "."
        self.fields["value_date"].help_text = told


class AnswerForm(forms.Form):
    """What the bank said of the chosen payments of a file."""

    outcome = forms.ChoiceField(
        label="The bank",
        choices=[("paid", "paid them"), ("returned", "sent them back")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the bank said."},
    )
    on = forms.DateField(
        label="On",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the day.", "invalid": "Write the day like 2026-03-31."},
    )
    code = forms.CharField(label="Return code", max_length=10, required=False, help_text="Like R02.")
    reason = forms.CharField(max_length=500, required=False, help_text="Asked for where it was sent back.")

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["on"].initial = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("outcome") == "returned" and not str(cleaned.get("reason", "")).strip():
            self.add_error("reason", "Say why it came back; the partner is told.")
        return cleaned


class BankFileForm(forms.Form):
    """The bank's answer as a file."""

    file = forms.FileField(
        label="The bank’s file",
        help_text=(
            "A NACHA file of returns, a SEPA status report (pain.002), or a CSV with the columns payout, status, date "
            "and reason."
        ),
        error_messages={"required": "Choose the file.", "empty": "The file is empty."},
    )

    def clean_file(self) -> bytes:
        sent = self.cleaned_data["file"]
        if sent.size > LARGEST_ANSWER:
            raise forms.ValidationError("The file is larger than 5 MB; split it.")
        content: bytes = sent.read()
        return content


class AchAccountForm(forms.Form):
    """The company's account in the United States, and what its bank knows the company by."""

    holder = forms.CharField(label="Company, as its bank knows it", max_length=23)
    bank = forms.CharField(label="Bank", max_length=23, help_text="Its name, as it wants it in files.")
    company_id = forms.CharField(
        label="Company identification",
        min_length=10,
        max_length=10,
        help_text="Ten characters that the bank gave, often 1 and the EIN.",
    )
    routing = forms.CharField(label="Routing number", widget=forms.TextInput(attrs=NO_AUTOFILL))
    account = forms.CharField(
        label="Account number",
        max_length=17,
        help_text="Stored encrypted, and shown by its last four.",
        widget=forms.TextInput(attrs=NO_AUTOFILL),
    )

    def clean_routing(self) -> str:
        routing = "".join(str(self.cleaned_data["routing"]).split())
        if not is_routing(routing):
            raise forms.ValidationError("No bank has this routing number; look at it again, digit by digit.")
        return routing

    def clean_account(self) -> str:
        account = "".join(str(self.cleaned_data["account"]).split())
        if not (account.isascii() and account.isalnum()):
            raise forms.ValidationError("An account number has up to 17 letters and digits.")
        return account

    def clean_company_id(self) -> str:
        given: str = self.cleaned_data["company_id"].upper()
        if not (given.isascii() and given.isalnum()):
            raise forms.ValidationError("It has ten letters and digits, as the bank gave it.")
        return given

    def details(self) -> str:
        return f"{self.cleaned_data['routing']} {self.cleaned_data['account']}"


class SepaAccountForm(forms.Form):
    """The company's account in Europe."""

    holder = forms.CharField(label="Company, as its bank knows it", max_length=70)
    iban = forms.CharField(
        label="IBAN",
        max_length=40,
        help_text="Stored encrypted, and shown by its last four.",
        widget=forms.TextInput(attrs=NO_AUTOFILL),
    )
    bic = forms.CharField(label="BIC", max_length=11, required=False, help_text="Only where the bank asks for it.")

    def clean_iban(self) -> str:
        try:
            return str(IBAN(self.cleaned_data["iban"], validate_bban=True).compact)
        except SchwiftyException:
            raise forms.ValidationError("This is no IBAN; look at it again, character by character.") from None

    def clean_bic(self) -> str:
        try:
            return str(BIC(self.cleaned_data["bic"]).compact) if self.cleaned_data["bic"] else ""
        except SchwiftyException:
            raise forms.ValidationError("This is no BIC; it has eight or eleven letters and digits.") from None

    def details(self) -> str:
        return str(self.cleaned_data["iban"])


ACCOUNT_FORMS: dict[AccountKind, type[AchAccountForm] | type[SepaAccountForm]] = {
    AccountKind.ACH: AchAccountForm,
    AccountKind.SEPA: SepaAccountForm,
}


class CloseForm(forms.Form):
    """The total of a month, read back by whoever closes it."""

    seen = forms.CharField(widget=forms.HiddenInput)
    total = forms.CharField(
        label="The total that is posted",
        help_text="Read it back: write the posted total as it stands above.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )

    def __init__(self, *arguments: Any, posted: Decimal, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.posted = posted

    def clean_total(self) -> Decimal:
        """:raises ValidationError: it is no amount, or another one"""
        written = self.cleaned_data["total"].replace(MINUS, "-").replace(",", "").replace(" ", "")
        try:
            total = Decimal(written)
        except InvalidOperation:
            raise ValidationError("Write the amount in figures, like 1,234.50.") from None
        if not total.is_finite():
            raise ValidationError("Write the amount in figures, like 1,234.50.")
        if total != self.posted:
            raise ValidationError(
                f"The total that is posted is {show_money(self.posted)}. Look at it again before you close the month."
            )
        return total
