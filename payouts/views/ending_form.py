from datetime import date, timedelta
from typing import Any

from django import forms

from affiliates.models import Partner
from affiliates.models.agreement import NOTICE_PERIOD
from parts.formats import day

LATEST = timedelta(days=365)


class LastDayForm(forms.Form):
    """The day on which the partnership would end: three days from today at the soonest (10)."""

    effective_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day.", "invalid": "Write the day like 2026-03-31."},
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.soonest, self.latest = today + NOTICE_PERIOD, today + LATEST
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


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
