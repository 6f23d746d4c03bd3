from datetime import date
from typing import Any

from django import forms
from stdnum.us import ein

from payouts.models import Account, AccountCode, Filer

EARLIEST = date(2000, 1, 1)


class DayForm(forms.Form):
    """A day that is over, or today."""

    on = forms.DateField(
        label="On",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day like 2026-03-31.", "required": "Choose a day."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        """:raises ValidationError: nobody can know it yet, or the program was not there"""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("It lies in the future. Choose a day up to today.")
        if on < EARLIEST:
            raise forms.ValidationError(f"Choose a day from {EARLIEST.year} on.")
        return on


class AccountCodesForm(forms.Form):
    """A code and a name for each account; fields are named `expense_code`, `expense_name` and so on."""

    def __init__(self, *args: Any, codes: dict[Account, AccountCode], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for account in Account:
            known = codes[account]
            self.fields[f"{account}_code"] = forms.CharField(
                label=f"{account.label}: code", max_length=20, initial=known.code
            )
            self.fields[f"{account}_name"] = forms.CharField(
                label=f"{account.label}: name", max_length=100, initial=known.name
            )

    def codes(self) -> dict[Account, tuple[str, str]]:
        """What was entered, by account."""
        values = self.cleaned_data
        return {account: (values[f"{account}_code"], values[f"{account}_name"]) for account in Account}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen: set[str] = set()
        for account in Account:
            code = cleaned.get(f"{account}_code")
            if code and code in seen:
                self.add_error(f"{account}_code", "Another account has this code.")
            seen.add(code or "")
        return cleaned


class FilerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Filer
        fields = ("legal_name", "ein", "street", "city", "state", "zip_code", "phone")
        labels = {"state": "State", "zip_code": "ZIP code", "ein": "EIN"}
        help_texts = {"ein": "Like 12-3456789.", "state": "Like CA.", "phone": "Whom the IRS calls about the forms."}

    def clean_ein(self) -> str:
        """:raises ValidationError: the IRS gives out no such number"""
        digits = "".join(each for each in self.cleaned_data["ein"] if each.isdigit())
        if not ein.is_valid(digits):
            raise forms.ValidationError("This number is not given out; an EIN is like 12-3456789.")
        return str(ein.format(digits))
