from typing import Any

from django import forms

from affiliates.months import parse_month


class MonthField(forms.CharField):
    """A month as a browser's month input writes it, `2026-03`; the cleaned value is its first day."""

    widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_month(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from error
