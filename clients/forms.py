from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from clients.models import Client, Invoice, ProblemKind
from clients.models.client import MOST_CONTRACT_MONTHS
from clients.models.payment_problem import KEY_LENGTH
from clients.recording.columns import KEY, SAY_KEY

LONGEST_NOTE = 2000
LONGEST_DECISION = 4000
MONTH_TO_MONTH, QUARTERLY, SO_MANY = "1", "3", "months"


class ProblemForm(forms.Form):
    """A client's payment problem; client and invoice are named by their keys."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=KEY_LENGTH)
    client = forms.CharField(help_text="The client's billing key.")
    invoice = forms.CharField(required=False, help_text="The invoice's key, where it is about one.")
    kind = forms.ChoiceField(label="What happened", choices=ProblemKind.choices, widget=forms.RadioSelect)
    occurred_on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=LONGEST_NOTE,
        help_text="The partner reads it.",
    )

    def clean_client(self) -> Client:
        found = Client.objects.filter(reference__iexact=self.cleaned_data["client"]).first()
        if found is None:
            raise ValidationError("There is no client with this key.")
        return found

    def clean_invoice(self) -> Invoice | None:
        named = self.cleaned_data["invoice"]
        found = Invoice.objects.filter(reference__iexact=named).first() if named else None
        if named and found is None:
            raise ValidationError("There is no invoice with this key.")
        return found

    def clean_kind(self) -> ProblemKind:
        return ProblemKind(self.cleaned_data["kind"])


class DecisionForm(forms.Form):
    """What the program's managers make of repeated chargebacks."""

    decision = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_DECISION,
        help_text="What you found and what follows from it. It stays, with your name.",
    )

    def clean_decision(self) -> Any:
        return self.cleaned_data["decision"].strip()


class WinForm(forms.Form):
    """What a won lead becomes a client with."""

    closed_on = forms.DateField(
        label="Close date",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The day on which the company signed. The waiting period of the commission begins on it.",
        error_messages={"required": "Say when it closed."},
    )
    reference = forms.RegexField(
        label="Billing reference",
        regex=rf"^{KEY}$",
        help_text="The company’s key in billing, under which its invoices will come.",
        error_messages={"required": "Write the company’s key in billing.", "invalid": f"This does not do: {SAY_KEY}."},
    )
    term = forms.ChoiceField(
        label="Contract term",
        choices=((MONTH_TO_MONTH, "Month to month"), (QUARTERLY, "Quarterly"), (SO_MANY, "Another number of months")),
        widget=forms.RadioSelect,
        error_messages={"required": "Say how long the contract runs."},
    )
    months = forms.IntegerField(label="Number of months", required=False, min_value=1, max_value=MOST_CONTRACT_MONTHS)

    def clean(self) -> dict[str, Any]:
        """Make `contract_months` of what was chosen."""
        data = super().clean() or {}
        if data.get("term") == SO_MANY and not data.get("months") and "months" not in self.errors:
            self.add_error("months", "Write the number of months.")
        elif data.get("term"):
            data["contract_months"] = data.get("months") if data["term"] == SO_MANY else int(data["term"])
        return data


class CorrectWinForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_NOTE,
        help_text="The partner reads it.",
        error_messages={"required": "Write the reason."},
    )
