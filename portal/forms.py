from datetime import date
from typing import Any

from django import forms

from accounts.rights import Role
from affiliates.forms.month import MonthField

MOST_MONTHS = 120


class SpanForm(forms.Form):
    """Which months figures are about; both are there, and in their order."""

    since = MonthField(label="From")
    until = MonthField(label="To")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since: date | None = cleaned.get("since")
        until: date | None = cleaned.get("until")
        if since and until:
            if since > until:
                self.add_error("until", "It lies before the first month. Turn them around.")
            elif (until.year - since.year) * 12 + until.month - since.month >= MOST_MONTHS:
                self.add_error("until", f"That is more than {MOST_MONTHS} months. Choose fewer.")
        return cleaned


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=[(role.value, role.value) for role in Role],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # The roles that the page showed.
