from datetime import date
from typing import Any

from django import forms

from affiliates.money import show_money
from parts.uploads import Kind, UploadField
from payouts.models import Payout
from payouts.models.presented import NUMBER_LENGTH

DRAW, UPLOAD = "draw", "upload"
OF_AN_UPLOAD = ("number", "dated_on", "amount", "file")
LONGEST_NOTE = 4000
MISSING = {"required": "An invoice that you upload needs this."}


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
        label="Invoice",
        choices=[(DRAW, "Let the portal draw it from your details"), (UPLOAD, "Upload your own")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who makes the invoice."},
    )
    number = forms.CharField(label="Invoice number", max_length=NUMBER_LENGTH, error_messages=MISSING)
    dated_on = forms.DateField(
        label="Invoice date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=MISSING,
    )
    amount = forms.DecimalField(label="Amount", max_digits=18, decimal_places=2, error_messages=MISSING)
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
            self.fields["how"].initial = DRAW
        else:
            self.fields["how"].widget, self.fields["how"].initial = forms.HiddenInput(), UPLOAD

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
        return cleaned
